import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { shellWord } from "../core/base/shellWord.js";
import { validateConfig } from "../core/config/config.js";
import { openRunData } from "../core/config/data.js";
import type { DataContext } from "../core/data/index.js";
import { readState } from "../core/run/checkpoints.js";
import { withOtherData } from "../core/run/data.js";
import { type CheckpointChoice, RunDirectory } from "../core/run/directory.js";
import { terms as termRegistry } from "../core/terms/registry.js";
import { loadCheckpoint } from "./checkpoint.js";
import { Trainer } from "./trainer.js";

export interface ProbeOptions {
  /** The checkpoint; default the newest. */
  readonly iteration?: CheckpointChoice | undefined;
  /** Iterations that are looked at. Default 20. */
  readonly iterations?: number | undefined;
  /** Where the run's data is now, or other data: `{ path }` or `{ name }`. */
  readonly data?: JsonObject | undefined;
  readonly context?: Partial<DataContext>;
}

/** What the iterations after a checkpoint showed of the discriminator. */
export interface Probe {
  /** Of the checkpoint. */
  readonly iteration: number;
  /**
   * One value an iteration, by name: `angle/real-fake` and the like in degrees, `probability/...` mean sigmoids of the
   * scores, `before/...` and `after/...` mean raw scores of the same samples around D's update, `gap/before` and
   * `gap/after` the real ones less the fake ones.
   */
  readonly series: Readonly<Record<string, readonly number[]>>;
}

/** The term that measures; with equal weights it changes no bit of the training. */
const TERM = "adaptive-weights";
const PLAYER = "discriminator";
const ROWS = /^(angle|probability|before|after|weights)\//;
const REAL_FAKE = "angle/real-fake";

/**
 * Gradient angles and score gaps of a run: trains on from a checkpoint for a few iterations, in memory only, with the
 * gradients of D's loss on reals and on fakes taken apart. Nothing is written. Source: Zadorozhnyy, Cheng, Ye 2021
 * (Adaptive Weighted Discriminator), figures 4 and 5.
 * @throws UsageError for no run, no such checkpoint, or a composition whose loss does not split into real and fake
 */
export async function probeRun(path: string, options: ProbeOptions = {}): Promise<Probe> {
  const run = await (await RunDirectory.open(path)).checkedBy(validateConfig);
  const { folder, iteration } = await run.checkpoint(options.iteration);
  const { iterations = 20, context } = options;
  const config =
    options.data === undefined ? run.config : await withOtherData(run.config, options.data, run.record.data);
  for (const [name, { term = name }] of Object.entries(config.terms)) {
    const { kind, separable } = await termRegistry.get(term);
    if (kind === "adversarial" && !separable)
      throw new UsageError(
        `${path}: its loss, ${name}, compares reals with fakes and does not split into real and fake, so that there are no two gradients to compare`,
      );
  }
  const dataset = await openRunData(config, run.config, `probe ${shellWord(path)}`, context);
  const own = Object.entries(config.terms).some(([name, { term = name }]) => term === TERM);
  const terms = own ? config.terms : { ...config.terms, [TERM]: { variant: "equal" } };
  const trainer = await Trainer.create(
    await validateConfig({
      ...config,
      terms,
      // Rates that fall to 0 must not fall below.
      steps: Math.max(config.steps, iteration + iterations),
      intervals: { ...config.intervals, log: 1 },
      evaluation: null,
    }),
    context,
    dataset,
  );
  try {
    const isSame = ((await readState(folder)).loader?.dataset ?? dataset.digest) === dataset.digest;
    await loadCheckpoint(trainer, folder, isSame || options.data === undefined ? "same" : "other");
    const series: Record<string, number[]> = {};
    const add = (name: string, value: number) => {
      series[name] ??= [];
      series[name].push(value);
    };
    for await (const { scalars = {} } of trainer.run(iteration + iterations)) {
      for (const [name, value] of Object.entries(scalars)) {
        const row = name.slice(PLAYER.length + 1);
        // What weighs nothing has no weights, and its sum is turned no way.
        const isOfWeights = /^weights\//.test(row) || (/^angle\//.test(row) && row !== REAL_FAKE);
        if (name.startsWith(`${PLAYER}/`) && ROWS.test(row) && (own || !isOfWeights)) add(row, value);
      }
      for (const when of ["before", "after"]) {
        const [real, fake] = ["real", "fake"].map((side) => scalars[`${PLAYER}/${when}/${side}`]);
        if (real !== undefined && fake !== undefined) add(`gap/${when}`, real - fake);
      }
      context?.signal?.throwIfAborted();
    }
    if (series["gap/before"] === undefined)
      throw new UsageError(
        `${path}: its discriminator has no adversarial loss that splits into real and fake, so that there are no two gradients to compare`,
      );
    return { iteration, series };
  } finally {
    await trainer.close();
  }
}
