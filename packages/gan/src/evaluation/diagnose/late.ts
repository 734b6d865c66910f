import type { Evidence } from "./finding.js";
import { type Entry, type History, type Reading, streak } from "./history.js";

/** Readings in a row that must agree: one alone is chance. */
const LEAST = 3;

/** Iterations a training may take to begin, whatever its length. */
const SLOWEST = 1000;

/** Readings of after the beginning, in which nothing is like anything yet: a fifth of the training, or 1000 iterations. */
export const begun = ({ readings, config }: History): readonly Reading[] => {
  const beginning = Math.min(config.steps / 5, SLOWEST);
  return readings.filter(({ iteration }) => iteration > beginning);
};

/** The readings in which a training should have come to something: those of its second half, or of after 5000 iterations. */
export const settled = ({ readings, config }: History): readonly Reading[] => {
  const half = Math.min(config.steps / 2, 5 * SLOWEST);
  return readings.filter(({ iteration }) => iteration > half);
};

/** How many must agree: of a run of which only some checkpoints are left, all of them. */
const leastOf = ({ isSparse = false, readings }: History): number =>
  isSparse ? Math.max(1, Math.min(LEAST, readings.length)) : LEAST;

/**
 * A number that has been on the wrong side of its threshold without a break up to now, often enough.
 * @param entries ascending; NaN where it says nothing
 */
export function lasting(
  history: History,
  entries: readonly Entry[],
  { measured, threshold, trouble }: Pick<Evidence, "measured" | "threshold" | "trouble">,
): Evidence | undefined {
  const holds = ({ value }: Entry) => (trouble === "below" ? value < threshold : value > threshold);
  const held = streak(entries, holds, leastOf(history));
  const [first] = held;
  return first === undefined
    ? undefined
    : {
        began: first.iteration,
        measured,
        value: held.at(-1)!.value,
        threshold,
        trouble,
        curve: entries,
      };
}
