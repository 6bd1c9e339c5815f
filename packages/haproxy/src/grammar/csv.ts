/** Rows of a CSV text by RFC 4180: fields in quotes may hold commas, line feeds and doubled quotes. */
export function* readRows(text: string): Generator<string> {
  const quotes = new Quotes(text);
  for (let start = 0; start < text.length; ) {
    // A line feed ends a row unless it stands within quotes.
    let end = lineEnd(text, start);
    while (end < text.length && quotes.upTo(end) % 2 === 1) end = lineEnd(text, end + 1);
    if (end > start) yield text.slice(start, end);
    start = end + 1;
  }
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

/** Counts quotes from the start, moving only forward: each character is looked at once, however long the text. */
class Quotes {
  readonly #text: string;
  #next: number;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
    this.#next = text.indexOf('"');
  }

  upTo(end: number): number {
    while (this.#next >= 0 && this.#next < end) {
      this.#count++;
      this.#next = this.#text.indexOf('"', this.#next + 1);
    }
    return this.#count;
  }
}

/** Fields of one row. */
export function readFields(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const fields: string[] = [];
  for (let at = 0; at <= row.length; ) {
    const { field, end } = row[at] === '"' ? quoted(row, at) : plain(row, at);
    fields.push(field);
    at = end + 1;
  }
  return fields;
}

const plain = (row: string, at: number) => {
  const comma = row.indexOf(',', at);
  const end = comma < 0 ? row.length : comma;
  return { field: row.slice(at, end), end };
};

function quoted(row: string, at: number) {
  let close = row.indexOf('"', at + 1);
  while (close >= 0 && row[close + 1] === '"') close = row.indexOf('"', close + 2);
  if (close < 0) close = row.length;
  const comma = row.indexOf(',', close);
  return { field: row.slice(at + 1, close).replaceAll('""', '"'), end: comma < 0 ? row.length : comma };
}
