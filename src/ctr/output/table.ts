/** How wide columns are, in characters: as Go's text/tabwriter makes them. */
export interface Columns {
  readonly minWidth: number;
  readonly padding: number;
}

const wide: Columns = { minWidth: 20, padding: 3 };

/** Rows in columns, a line each. The last cell of a row is not padded. */
export function table(rows: readonly (readonly string[])[], { minWidth, padding }: Columns = wide): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? minWidth, printable(cell).length + padding);
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? printable(cell) : printable(cell).padEnd(widths[column] ?? 0),
      )
      .join("");
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** What a daemon says goes to a terminal: nothing in it may be an order to the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
