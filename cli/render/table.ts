/** Columns of equal width, two blanks between them. `painted` colors a cell after it was measured. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  painted: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[], row: number) =>
    cells
      .map((cell, column) => {
        const isLast = column === cells.length - 1;
        return painted(cell, row, column) + (isLast ? '' : ' '.repeat(widths[column]! - cell.length));
      })
      .join('  ')
      .trimEnd();
  return [line(head, -1), ...rows.map(line)];
}

/** At most so many characters, the last of them `…` where something was cut. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}
