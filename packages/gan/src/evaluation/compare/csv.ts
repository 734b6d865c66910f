import type { Comparison } from "./compare.js";
import { plainValue } from "./groups.js";

/**
 * The scores of each group as CSV (RFC 4180, but for line feeds alone): the settings in which groups differ by their paths, then
 * `metric`, `mean`, `sd` (empty for one seed) and `n`. A setting that a group does not have is empty.
 */
export function comparisonCsv({ groups }: Comparison): string {
  const paths = Object.keys(groups[0]?.settings ?? {});
  const rows = groups.flatMap(({ settings, scores }) =>
    scores.map(({ name, mean, deviation, count }) => [
      ...paths.map((path) => plainValue(settings[path] ?? null)),
      name,
      String(mean),
      deviation === null ? "" : String(deviation),
      String(count),
    ]),
  );
  return [[...paths, "metric", "mean", "sd", "n"], ...rows]
    .map((row) => `${row.map(quoted).join(",")}\n`)
    .join("");
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
