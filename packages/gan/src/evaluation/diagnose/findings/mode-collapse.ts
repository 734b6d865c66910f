import { defineFinding } from "../finding.js";
import { entriesOf, type History } from "../history.js";
import { begun, lasting } from "../late.js";
import { modeRegularizer, packing, slowerDiscriminator, spectralNorm } from "../remedies.js";

/** How far apart samples are, as a share of reals, where they are one picture with small changes. */
const APART = 0.25;
/** Likewise how far each is from its nearest other: a few pictures, each made again and again. In a beginning these are close. */
const NEAREST = 0.1;
/** What grows so much from one reading to the next, and the next, is a beginning. */
const GROWTH = 1.05;

function collapsed(history: History, signal: string, threshold: number, measured: string) {
  const all = entriesOf(begun(history), (signals) => signals[signal]);
  const last = all.slice(-3);
  const isBeginning =
    last.length === 3 &&
    last.every(({ value }, i) => i === 0 || (value > GROWTH * last[i - 1]!.value && value > threshold / 5));
  return isBeginning ? undefined : lasting(history, all, { measured, threshold, trouble: "below" });
}

export default defineFinding({
  name: "mode-collapse",
  summary: "samples are alike: G makes one picture, or a few",
  cause:
    "G has found one output that D takes for real and makes nothing else, since D judges each sample alone; often rates that are too high, " +
    "or a D that has won and teaches nothing any more.",
  find: (history) =>
    collapsed(
      history,
      "spread/pixels",
      APART,
      "distance between samples, as a share of that between as many reals",
    ) ??
    collapsed(
      history,
      "nearest/pixels",
      NEAREST,
      "distance from a sample to the nearest other, as a share of what it is among as many reals",
    ),
  remedies: [spectralNorm, slowerDiscriminator, packing, modeRegularizer],
});
