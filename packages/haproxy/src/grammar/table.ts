/** Reads a column of a row by name; `''` where this version has no such column. */
export type TableRow = (column: string) => string;

/** A table as `show servers state` prints it: a header after `# `, then words between spaces. Undefined without header. */
export function readTable(text: string): TableRow[] | undefined {
  const [head = '', ...lines] = text.split('\n');
  if (!head.startsWith('# ')) return undefined;
  const columns = new Map(
    head
      .slice(2)
      .split(' ')
      .map((column, at) => [column, at]),
  );
  return lines.filter(Boolean).map((row) => {
    const fields = row.split(' ');
    return (column) => fields[columns.get(column) ?? -1] ?? '';
  });
}
