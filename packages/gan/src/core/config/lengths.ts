import { UsageError } from "../base/errors.js";
import { finalValue } from "../base/schedule.js";
import type { Config } from "./schema.js";

/** How long to train, by what D sees of the data. */
export type Length = { readonly epochs: number } | { readonly kimg: number };

/**
 * Iterations in which D sees the data so many times, or so many thousands of reals: at least one. D's steps as they are in the
 * end.
 * @param items of the data set
 * @throws UsageError where that is more than any training has
 */
export function stepsFor({ batch, schedule }: Config, items: number, length: Length): number {
  const reals = "epochs" in length ? length.epochs * items : length.kimg * 1000;
  const steps = Math.max(1, Math.round(reals / (batch * finalValue(schedule.discriminatorSteps))));
  if (steps > 1e9) throw new UsageError(`that is ${steps} iterations; at most 1,000,000,000`);
  return steps;
}
