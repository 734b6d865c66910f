import { DivergedError } from "../core/base/errors.js";
import { shortForm } from "../core/base/schedule.js";
import { shellWord } from "../core/base/shellWord.js";
import type { Config } from "../core/config/schema.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import type { RunDirectory } from "../core/run/directory.js";

/** How much lower the learning rates are that are proposed. */
const LOWER = 10;

/**
 * The error with a command that goes on from before it, with lower learning rates.
 * @param begun whether an iteration was done: of a run that failed in its first, nothing is left
 */
export async function adviseAfter(
  error: DivergedError,
  run: RunDirectory,
  config: Config,
  begun: boolean,
): Promise<DivergedError> {
  const rates = Object.entries(config.optimizers)
    .map(([player, { learningRate }]) => {
      const lower = (rate: number) => Number((rate / LOWER).toPrecision(3));
      const rate =
        typeof learningRate === "number"
          ? lower(learningRate)
          : { ...learningRate, from: lower(learningRate.from), to: lower(learningRate.to) };
      return `--set ${shellWord(`optimizers.${player}.learningRate=${shortForm(rate)}`)}`;
    })
    .join(" ");
  // None of them has diverged: it would not have been saved.
  const newest = (await listCheckpoints(run.checkpoints)).at(-1);
  const from = shellWord(newest === undefined ? run.path : `${run.path}@${newest}`);
  const advice = begun
    ? `go on from before with lower learning rates: gantry fork ${from} ${rates}`
    : `give the same command with lower learning rates: ${rates}`;
  return new DivergedError(`${error.message}; ${advice}`, error.iteration, { cause: error });
}
