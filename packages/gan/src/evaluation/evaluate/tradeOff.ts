import { svgToPng, writeFileAtomically } from "@gantry/formats";
import { UsageError } from "../../core/base/errors.js";
import { type TradeOffPlot, tradeOffPicture } from "../../core/figures/tradeOff.js";
import { type EvaluationContext, type EvaluationProgress, evaluate } from "./evaluate.js";
import type { EvaluationReport } from "./report.js";
import type { EvaluationRequest, RunSubject } from "./request.js";

/** What trades variety for quality: BigGAN's threshold for latents, or StyleGAN's factor for intermediate ones. */
export type TradeOffBy = "truncation" | "psi";

/** One evaluation for each of several values. Plain JSON. */
export interface TradeOff {
  readonly format: 1;
  readonly by: TradeOffBy;
  /** In the order in which they were given; null: no truncation. */
  readonly values: readonly (number | null)[];
  /** One for each value. */
  readonly reports: readonly EvaluationReport[];
}

/** Scores of which one is drawn against the other, quality upwards: BigGAN's figure 16, and what else comes in such pairs. */
const PAIRS = [
  ["is", "fid"],
  ["recall", "precision"],
  ["coverage", "density"],
  ["modes", "high-quality"],
] as const;

/**
 * Evaluates a run once for each value, all else being equal: latents of the same seeds.
 * @param request of a run
 * @throws UsageError as evaluate(), for the first value before the long work
 */
export async function evaluateTradeOff(
  request: EvaluationRequest & { readonly subject: RunSubject },
  by: TradeOffBy,
  values: readonly (number | null)[],
  context: EvaluationContext = {},
): Promise<TradeOff> {
  if (values.length < 2) throw new UsageError(`a curve is of two values of ${by} or more`);
  const reports: EvaluationReport[] = [];
  for (const value of values) {
    const onProgress = (progress: EvaluationProgress) =>
      context.onProgress?.({ ...progress, what: `${by} ${value ?? "none"}: ${progress.what}` });
    const subject = { ...request.subject, [by]: value ?? undefined };
    reports.push(await evaluate({ ...request, subject }, { ...context, onProgress }));
  }
  return { format: 1, by, values, reports };
}

/** Plots of one score against the other where they come in pairs, and else of each score over the value. */
export function tradeOffPlots({ by, values, reports }: TradeOff): TradeOffPlot[] {
  const labels = values.map((value) => (value === null ? "none" : String(value)));
  const scoresOf = (name: string) =>
    reports.map(({ scores }) => scores.find((score) => score.name === name)?.value ?? Number.NaN);
  const names = (reports[0]?.scores ?? []).map(({ name }) => name);
  /** `fid[net]` of `fid`, seen through the network `[net]`. */
  const pairs = PAIRS.flatMap(([x, y]) =>
    names
      .filter((name) => name === x || name.startsWith(`${x}[`))
      .map((name) => [name, `${y}${name.slice(x.length)}`] as const)
      .filter(([, other]) => names.includes(other)),
  );
  if (pairs.length > 0)
    return pairs.map(([x, y]) => ({ xLabel: x, yLabel: y, x: scoresOf(x), y: scoresOf(y), labels }));
  // What is not truncated stands beyond the largest value.
  const beyond = 1.25 * Math.max(...values.map((value) => value ?? 0));
  return names.map((name) => ({
    xLabel: by,
    yLabel: name,
    x: values.map((value) => value ?? beyond),
    y: scoresOf(name),
    labels,
  }));
}

/**
 * Writes a curve as FILE.json and its picture as FILE.png.
 * @param file without its ending
 * @throws FormatError where it cannot be written
 */
export async function writeTradeOff(file: string, curve: TradeOff): Promise<void> {
  const text = `${JSON.stringify(curve, undefined, 2)}\n`;
  await writeFileAtomically(`${file}.json`, new TextEncoder().encode(text));
  await writeFileAtomically(`${file}.png`, await svgToPng(tradeOffPicture(tradeOffPlots(curve))));
}
