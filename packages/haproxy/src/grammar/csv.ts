/** Rows of a CSV text by RFC 4180: fields in quotes may hold commas, line feeds and doubled quotes. */
export function* readRows(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = endOfRow(text, start);
    if (end > start) yield text.slice(start, end);
    start = end + 1;
  }
}

/** A line feed ends a row unless it stands within quotes; the scan is skipped where a line has none. */
function endOfRow(text: string, start: number): number {
  let end = lineEnd(text, start);
  for (let quotes = countQuotes(text, start, end); quotes % 2 === 1 && end < text.length; ) {
    const next = lineEnd(text, end + 1);
    quotes += countQuotes(text, end, next);
    end = next;
  }
  return end;
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

function countQuotes(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('"', from); at >= 0 && at < to; at = text.indexOf('"', at + 1)) count++;
  return count;
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
