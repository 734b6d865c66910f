import type { History, Reading } from "./history.js";

/** Readings in a row that must agree: one alone is chance. */
export const LEAST = 3;

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
