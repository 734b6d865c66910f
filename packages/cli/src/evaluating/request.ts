import type { EvaluationRequest } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import { numberFrom, wholeNumber } from "../numbers.js";
import type { ImportOptions } from "../parts.js";
import { dataOf, type MovedDataOptions, parseRun } from "../settings.js";

/** What `eval` is given. */
export interface EvaluationOptions extends MovedDataOptions, ImportOptions {
  readonly against?: string;
  readonly metrics?: string;
  readonly samples?: string;
  readonly realSamples?: string;
  readonly repeats?: string;
  readonly seed?: string;
  readonly network?: string;
  readonly weights?: "ema" | "raw";
  readonly truncation?: string;
  readonly psi?: string;
  readonly standingStatistics?: string;
  readonly test?: string;
  readonly resize?: NonNullable<EvaluationRequest["resize"]>;
  readonly colour?: "refuse" | "luma";
  readonly range?: "clip" | "stretch";
  readonly rounding?: "nearest" | "floor";
  readonly out?: string;
  readonly list?: boolean;
}

/** What the command line asks for; of several values of truncation or psi the first. */
export async function requestOf(what: string, options: EvaluationOptions): Promise<EvaluationRequest> {
  const { parseAgainst, parseMetrics, parseReference, parseSubject } = await import("@gantry/gan");
  const subject = await parseSubject(what);
  if (options.weights !== undefined && subject.kind !== "run") {
    const { path } = await parseRun(what);
    throw new UsageProblem(`--weights chooses among a run's, and ${path} is no run (it has no config.json)`);
  }
  const trade = tradeOffOf(options);
  const standing = wholeNumber("--standing-statistics", options.standingStatistics, 1, 100_000);
  for (const [flag, given] of [
    ["--truncation", options.truncation],
    ["--psi", options.psi],
    ["--standing-statistics", options.standingStatistics],
  ] as const)
    if (given !== undefined && subject.kind !== "run")
      throw new UsageProblem(`${flag} is of a run, whose generator makes the samples; leave it out`);
  const data = await dataOf(options);
  if (data !== undefined && subject.kind !== "run")
    throw new UsageProblem(
      `--${options.data === undefined ? "labels" : "data"} is of a run that is evaluated; what it is compared with is --against`,
    );
  const { range, rounding } = options;
  return {
    subject:
      subject.kind === "run"
        ? { ...subject, weights: options.weights, ...trade.single, standing, data }
        : subject,
    against: options.against === undefined ? undefined : await parseAgainst(options.against),
    test: options.test === undefined ? undefined : await parseReference(options.test),
    metrics: options.metrics === undefined ? undefined : parseMetrics(options.metrics),
    samples: wholeNumber("--samples", options.samples, 1, 10_000_000),
    realSamples: wholeNumber("--real-samples", options.realSamples, 1),
    repeats: wholeNumber("--repeats", options.repeats, 1, 10_000),
    seed: wholeNumber("--seed", options.seed, 0),
    network: options.network,
    quantisation: {
      ...(range === undefined ? {} : { range }),
      ...(rounding === undefined ? {} : { rounding }),
    },
    ...(options.resize === undefined ? {} : { resize: options.resize }),
    ...(options.colour === undefined ? {} : { colour: options.colour }),
  };
}

/** Values of truncation and psi: one of each at most, or several of one, which make a curve. */
export interface TradeOffRequest {
  readonly single: { readonly truncation?: number | undefined; readonly psi?: number | undefined };
  readonly curve:
    | { readonly by: "truncation" | "psi"; readonly values: readonly (number | null)[] }
    | undefined;
}

/** @throws UsageProblem for what are no values, for one given twice, and for several of both */
export function tradeOffOf({ truncation, psi }: EvaluationOptions): TradeOffRequest {
  const values = {
    truncation: valuesOf("--truncation", truncation, (flag, word) =>
      word === "none" ? null : (numberFrom(flag, word, 0.01) as number),
    ),
    // Further out than that there are no images of any generator.
    psi: valuesOf("--psi", psi, (flag, word) => numberFrom(flag, word, -100, 100) as number),
  };
  const several = (["truncation", "psi"] as const).filter((by) => values[by].length > 1);
  if (several.length > 1)
    throw new UsageProblem(
      "--truncation and --psi have several values each; a curve goes through those of one",
    );
  const [by] = several;
  const one = (name: "truncation" | "psi") => (name === by ? undefined : (values[name][0] ?? undefined));
  return {
    single: { truncation: one("truncation"), psi: one("psi") },
    curve: by && { by, values: values[by] },
  };
}

function valuesOf<T extends number | null>(
  flag: string,
  text: string | undefined,
  read: (flag: string, word: string) => T,
): T[] {
  if (text === undefined) return [];
  const values = text.split(",").map((word) => read(flag, word.trim()));
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined)
    throw new UsageProblem(`${flag} ${text}: ${twice ?? "none"} is given twice; give it once`);
  return values;
}
