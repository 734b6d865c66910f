import { UsageError } from "../core/base/errors.js";
import type { Halving } from "./sweep.js";

/**
 * Rounds of successive halving: until one setting is left, or as many as are wished.
 * @param settings how many there are in the beginning
 */
function roundsOf({ by, rounds }: Halving, settings: number): number {
  if (rounds !== undefined) return rounds;
  let needed = 1;
  for (let left = settings; left > 1; left = Math.ceil(left / by)) needed++;
  return needed;
}

/**
 * The iterations that a training has come to at the end of each round: each `by` times those before, the last all.
 * @throws UsageError where there are fewer iterations than that takes
 */
export function rungsOf(halving: Halving, settings: number, steps: number): number[] {
  const rounds = roundsOf(halving, settings);
  const first = Math.floor(steps / halving.by ** (rounds - 1));
  if (first < 1)
    throw new UsageError(
      `successive halving of ${settings} settings by ${halving.by} takes ${halving.by ** (rounds - 1)} iterations or more, and ${steps} are planned`,
    );
  return Array.from({ length: rounds }, (_, i) => (i === rounds - 1 ? steps : first * halving.by ** i));
}

/** How many of `count` settings go on. */
export const goingOn = (count: number, { by }: Halving): number => Math.ceil(count / by);
