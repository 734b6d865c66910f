/** Mean and sample standard deviation (of n - 1) of repeated measurements. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly std: number;
}

/** NaN for nothing; a deviation of 0 for a single value. */
export function spread(values: readonly number[]): Spread {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, std: count > 1 ? Math.sqrt(squares / (count - 1)) : 0 };
}

/** Mean and deviation as text; a single value alone, "-" for none. */
export const showSpread = ({ count, mean, std }: Spread, digits: number): string =>
  count === 0 ? "-" : count === 1 ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;

/** How many standard errors the mean of `a` lies above that of `b`; undefined with fewer than two values of either. */
export function standardErrorsApart(a: Spread, b: Spread): number | undefined {
  if (a.count < 2 || b.count < 2) return undefined;
  const error = Math.sqrt(a.std ** 2 / a.count + b.std ** 2 / b.count);
  const difference = a.mean - b.mean;
  if (error === 0) return difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
  return difference / error;
}

/** A table with its columns in line, the first to the left. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? "").length)));
  return [head, ...rows]
    .map((row) =>
      widths
        .map((width, i) => (i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The same in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
