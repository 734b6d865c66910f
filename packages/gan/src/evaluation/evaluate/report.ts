import { readFile } from "node:fs/promises";
import { FormatError, writeFileAtomically } from "@gantry/formats";
import { UsageError } from "../../core/base/errors.js";
import { isObject, type JsonObject } from "../../core/base/json.js";
import type { Score } from "../metrics/metric.js";

/** A metric's score over all repeats; `value` is their mean, `deviation` (over its own subsets) the first repeat's. */
export interface ReportedScore extends Score {
  /** One a repeat; a single one where nothing is drawn, neither samples nor by the metric. */
  readonly values: readonly number[];
  /** Standard deviation of `values` (of n - 1); null for one value: one repeat, or a score that repeats cannot change. */
  readonly repeatDeviation: number | null;
  /** What the metric drew by, one a repeat; null where it draws nothing. `seed` is the first. */
  readonly seeds: readonly number[] | null;
}

/** One side of an evaluation. */
export interface SideReport {
  readonly kind: "run" | "data set" | "file" | "generator";
  readonly name: string;
  /** Samples used, of how many; `of` is null where they are made as they are asked for. */
  readonly samples: number;
  readonly of: number | null;
  /** Of one sample: images [C,H,W], points [D]. */
  readonly shape: readonly number[];
  /** What else names it: path, iteration, weights, digest, options. */
  readonly details: JsonObject;
}

/** What an evaluation found, and all that is needed to do it again. Plain JSON: `report.json`. */
export interface EvaluationReport {
  readonly format: 1;
  readonly subject: SideReport;
  /** Null where nothing was compared with. */
  readonly against: SideReport | null;
  readonly test: SideReport | null;
  /** The feature networks looked through, with the start of their weights' checksum. */
  readonly networks: readonly {
    readonly name: string;
    readonly weights: string;
    readonly source: string;
    /** Of a classifier trained here, on its test images; null for others. */
    readonly accuracy: number | null;
  }[];
  readonly repeats: number;
  /** Repeat r drew latents and samples by seed + r. */
  readonly seed: number;
  readonly scores: readonly ReportedScore[];
  /** Of every metric: what it is, whose definition, and its options, defaults filled in. */
  readonly definitions: Readonly<Record<string, { summary: string; source: string; options: JsonObject }>>;
  readonly versions: { readonly gantry: string; readonly torch: string; readonly node: string };
  readonly created: string;
  /** Wall time. */
  readonly seconds: number;
}

/**
 * Writes a report, whole or not at all.
 * @throws FormatError where it cannot be written
 */
export async function writeReport(path: string, report: EvaluationReport): Promise<void> {
  await writeFileAtomically(path, new TextEncoder().encode(`${JSON.stringify(report, undefined, 2)}\n`));
}

/** @throws FormatError for a file that cannot be read or is damaged; UsageError for one that is no report */
export async function readReport(path: string): Promise<EvaluationReport> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new FormatError("is missing, or not readable as JSON", { file: path, cause });
  }
  const { format, scores } = (value ?? {}) as Partial<EvaluationReport>;
  if (format !== 1 || !Array.isArray(scores) || !scores.every(isObject))
    throw new UsageError(`${path} is not a report of an evaluation`);
  return value as EvaluationReport;
}

/** One score out of what each repeat gave for it. */
export function overRepeats(scores: readonly Score[]): ReportedScore {
  const [first] = scores as [Score];
  const values = scores.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const seeds = scores.flatMap(({ seed }) => (seed === null ? [] : [seed]));
  return {
    ...first,
    value: mean,
    values,
    repeatDeviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    seeds: seeds.length === 0 ? null : seeds,
  };
}
