import type { EvaluationReport, TradeOff } from "@gantry/gan";
import { amount, count, scalar, shape, wrap } from "./format.js";
import type { Style } from "./style.js";
import { tableBlocks } from "./table.js";

type Side = EvaluationReport["subject"];

/** `runs/a at iteration 100, averaged weights: 10,000 images of 1x28x28`. */
function describeSide({ kind, name, samples, of, shape: extents, details }: Side): string {
  const { path, iteration, weights, split } = details;
  const called =
    kind === "run"
      ? `${path} at iteration ${count(Number(iteration))}, ${weights === "ema" ? "averaged weights" : "weights as trained"}${mannerOf(details)}`
      : `${name}${typeof split === "string" ? ` (${split})` : ""}`;
  const items = extents.length === 3 ? `images of ${shape(extents)}` : "points";
  const part = of === null || of === samples ? "" : ` of ${count(of)}`;
  return `${called}: ${part === "" ? amount(samples, items) : `${count(samples)}${part} ${items}`}`;
}

/** How the samples of a run were made, where that is not as in training: `, truncated at 0.5`. */
const mannerOf = ({ truncation, psi, standing }: Side["details"]): string =>
  [
    ...(truncation === undefined ? [] : [`, truncated at ${truncation}`]),
    ...(psi === undefined ? [] : [`, psi ${psi}`]),
    ...(standing === undefined ? [] : [`, standing statistics of ${standing} batches`]),
  ].join("");

/** What was measured on what, a table of scores, and by which conventions. */
export function describeReport(report: EvaluationReport, style: Style, width: number): string {
  const { subject, against, test, networks, repeats, scores, definitions } = report;
  const lines = [style.bold(describeSide(subject))];
  if (against !== null) lines.push(`against ${describeSide(against)}`);
  if (test !== null) lines.push(`held-out ${describeSide(test)}`);
  for (const { name, accuracy } of networks)
    lines.push(
      `seen through ${name}${accuracy === null ? "" : `, which names ${(100 * accuracy).toFixed(2)} % of its test images rightly`}`,
    );
  const rows = scores.map(({ name, value, deviation, repeatDeviation, better }) => [
    name,
    scalar(value),
    ...(repeats > 1 ? [repeatDeviation === null ? "-" : `± ${scalar(repeatDeviation)}`] : []),
    deviation === null ? "-" : `± ${scalar(deviation)}`,
    better,
  ]);
  const head = ["score", "value", ...(repeats > 1 ? [`${repeats} repeats`] : []), "within", "better"];
  lines.push("", ...tableBlocks(head, rows, width, style.good));
  const conventions = Object.entries(definitions).flatMap(([name, { options }]) => {
    const parts = Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    return parts.length === 0 ? [] : [`${name}: ${parts.join(", ")}`];
  });
  const cautions = new Map<string, string[]>();
  for (const { name, note } of scores)
    if (note !== undefined) cautions.set(note, [...(cautions.get(note) ?? []), name]);
  if (cautions.size > 0) lines.push("");
  for (const [note, names] of cautions) lines.push(...wrap(`Note: ${names.join(", ")}: ${note}.`, width));
  const notes = [
    `Within: standard deviation over the metric's own subsets or splits${repeats > 1 ? " (first repeat); repeats: standard deviation over repeats, - where nothing is drawn" : ""}.`,
    ...conventions,
  ];
  return [...lines, "", ...notes.flatMap((note) => wrap(note, width).map(style.dim))].join("\n");
}

/** A row for each value, a column for each score; the best of each column is marked. */
export function describeTradeOff({ by, values, reports }: TradeOff, style: Style, width: number): string {
  const [first] = reports as readonly [EvaluationReport, ...EvaluationReport[]];
  const scores = first.scores.map(({ name, better }, place) => {
    const found = reports.map((report) => report.scores[place]?.value ?? Number.NaN);
    const best = better === "lower" ? Math.min(...found) : Math.max(...found);
    return { name, better, found, best };
  });
  const rows = values.map((value, i) => [
    value === null ? "none" : String(value),
    ...scores.map(({ found, best }) => ({ text: scalar(found[i] as number), best: found[i] === best })),
  ]);
  const head = [
    by,
    ...scores.map(({ name, better }) => `${name} ${better === "lower" ? "\u2193" : "\u2191"}`),
  ];
  return [
    style.bold(
      describeSide({ ...first.subject, details: { ...first.subject.details, [by]: undefined as never } }),
    ),
    ...(first.against === null ? [] : [`against ${describeSide(first.against)}`]),
    "",
    ...tableBlocks(head, rows, width, style.good),
    style.dim("* the best"),
  ].join("\n");
}
