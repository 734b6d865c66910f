import type { Sampler } from "@gantry/gan";
import type { CommandOption } from "../command.js";
import { UsageProblem } from "../errors.js";
import { numberFrom, wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { type ImportOptions, importOption } from "../parts.js";
import { count as countOf } from "../render/format.js";
import { parseRun } from "../settings.js";

/** Options of whatever draws from a run's generator. */
export interface DrawingOptions extends ImportOptions {
  readonly count?: string;
  readonly out?: string;
  readonly seed?: string;
  readonly class?: string;
  readonly truncation?: string;
  readonly psi?: string;
  readonly noise?: string;
  readonly standingStatistics?: string;
  readonly weights?: "ema" | "raw";
  readonly threads?: string;
}

/** How a generator is sampled; also of `eval`. */
export const generatorOptions: readonly CommandOption[] = [
  {
    flags: "--standing-statistics <n>",
    description:
      "make batch norm's statistics anew of n batches, as BigGAN's paper does of typically 100; default as the run keeps them",
  },
  {
    flags: "--weights <which>",
    description: "of a run: averaged (ema, default where it has them) or raw",
    choices: ["ema", "raw"],
  },
];

export const drawingOptions: readonly CommandOption[] = [
  { flags: "--seed <n>", description: "of the latents; default 0" },
  {
    flags: "--class <classes>",
    description:
      "of these classes, a row for each: numbers from 0, ranges or names, as 3 or 0-4 or cat,dog; default all",
  },
  {
    flags: "--truncation <t>",
    description: "draw numbers of a latent beyond t anew: likelier images, fewer kinds (BigGAN)",
  },
  {
    flags: "--psi <p>",
    description: "intermediate latents p times as far from their mean: the same trade (StyleGAN); default 1",
  },
  {
    flags: "--noise <f>",
    description: "the fixed noise of G's layers times f, 0 for none (StyleGAN); default 1",
  },
  ...generatorOptions,
  { flags: "--threads <n>", description: "threads an operator may use" },
  importOption,
];

/**
 * Those options as numbers.
 * @throws UsageProblem for what is none
 */
export function readDrawing(options: DrawingOptions) {
  return {
    count: wholeNumber("--count", options.count, 1, 100_000_000),
    seed: wholeNumber("--seed", options.seed, 0, 2 ** 53 - 1) ?? 0,
    class: options.class,
    truncation: numberFrom("--truncation", options.truncation, 0.01),
    // Further out than that there are no images of any generator.
    psi: numberFrom("--psi", options.psi, -100, 100),
    noise: numberFrom("--noise", options.noise, 0, 100),
    standing: wholeNumber("--standing-statistics", options.standingStatistics, 1, 100_000),
    weights: options.weights,
    threads: wholeNumber("--threads", options.threads, 1, 4096),
  } as const;
}

export type Drawing = ReturnType<typeof readDrawing>;

/**
 * Opens a run's generator.
 * @param name `RUN`, `RUN@STEP` or `RUN@best`
 * @param judge whether its discriminator is wanted too
 */
export async function openSampler(
  name: string,
  output: Output,
  options: ImportOptions,
  drawing: Drawing,
  judge = false,
): Promise<Sampler> {
  const { importParts, Sampler, useThreads } = await import("@gantry/gan");
  // By hand alone: whoever looks at a run runs no code of it.
  await importParts(options.import ?? []);
  const { path, iteration } = await parseRun(name);
  const { dataProgress } = await import("../training.js");
  const { weights, psi, noise, truncation, standing } = drawing;
  const context = dataProgress(output);
  const sampler = await Sampler.open(path, {
    iteration,
    weights,
    psi,
    noise,
    truncation,
    standing,
    judge,
    context,
  });
  if (drawing.threads !== undefined) useThreads(drawing.threads);
  return sampler;
}

/**
 * The classes that are asked for, or all there are; undefined for a generator without.
 * @throws UsageProblem where some are asked for and there are none, and for those that there are not
 */
export async function chosenClasses(
  { classes, classNames, codes }: Sampler,
  asked: string | undefined,
): Promise<readonly number[] | undefined> {
  if (classes === undefined) {
    if (asked === undefined) return undefined;
    throw new UsageProblem(
      codes.length > 0
        ? "--class: this run's generator takes no classes; what its codes found is drawn by --vary"
        : "--class: this run's generator takes no classes; train one that does, as 'gantry train cgan' or 'gantry train biggan'",
    );
  }
  if (asked === undefined) return Array.from({ length: classes }, (_, i) => i);
  const { parseClasses } = await import("@gantry/gan");
  return parseClasses(asked, classes, classNames);
}

/** `runs/a at iteration 100, averaged weights, truncated at 0.5`. */
export function describeSampler(sampler: Sampler, { psi, noise, standing }: Drawing): string {
  const { run, iteration, weights, truncation } = sampler;
  return [
    `${run.path} at iteration ${countOf(iteration)}`,
    weights === "ema" ? "averaged weights" : "weights as trained",
    ...(Number.isFinite(truncation) ? [`truncated at ${truncation}`] : []),
    ...(psi === undefined ? [] : [`psi ${psi}`]),
    ...(noise === undefined ? [] : [noise === 0 ? "no noise" : `noise times ${noise}`]),
    ...(standing === undefined ? [] : [`standing statistics of ${standing} batches`]),
  ].join(", ");
}
