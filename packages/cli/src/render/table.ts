/** A cell of a table; the best of its column is marked. */
export type Cell = string | { readonly text: string; readonly best: boolean };

/** Characters of a cell; longer ones are cut, but for the first of a row, which tells it from the others. */
const WIDEST = 48;

const textOf = (cell: Cell | undefined, column: number): string => {
  const text = typeof cell === "object" ? `${cell.text}${cell.best ? " *" : ""}` : (cell ?? "");
  return column > 0 && text.length > WIDEST ? `${text.slice(0, WIDEST - 3)}...` : text;
};

/**
 * A table with its columns in line, the first to the left. Where it is wider than `width`, it goes on below with the
 * first column repeated.
 * @param good the look of a column's best
 * @returns lines
 */
export function tableBlocks(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number,
  good: (text: string) => string,
): string[] {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => textOf(row[i], i).length)));
  const blocks: number[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (let i = 1; i < head.length; i++) {
    if (used + 2 + widths[i]! > width) {
      blocks.push([]);
      used = widths[0]!;
    }
    blocks.at(-1)!.push(i);
    used += 2 + widths[i]!;
  }
  const line = (row: readonly Cell[], columns: readonly number[]) =>
    columns
      .reduce((text, i) => {
        const cell = row[i];
        const padded = textOf(cell, i).padStart(widths[i]!);
        return `${text}  ${typeof cell === "object" && cell.best ? good(padded) : padded}`;
      }, textOf(row[0], 0).padEnd(widths[0]!))
      .trimEnd();
  return blocks.flatMap((columns, block) => [
    ...(block === 0 ? [] : [""]),
    ...[head, ...rows].map((row) => line(row, columns)),
  ]);
}
