import { type Dataset, Random } from "../../../core/data/index.js";
import { defineFinding } from "../finding.js";
import { eachImage } from "../pixels.js";

/** Images that are looked at, half to learn the classes' means from, half to tell by them; of no more numbers in all than these. */
const MOST = 2000;
const NUMBERS = 8_000_000;
/** How many standard deviations above chance the right answers must be: labels that say nothing are below in 9,999 of 10,000. */
const THRESHOLD = 4;

export default defineFinding({
  name: "broken-labels",
  summary: "labels say nothing about the images",
  cause: "The file of labels is in another order than the images, or of other images.",
  examine({ dataset, looked, config }) {
    if (dataset.kind !== "images" || !takesLabels(config)) return undefined;
    const size = dataset.shape.reduce((product, length) => product * length, 1);
    const every = Math.max(1, Math.ceil(looked.length / Math.min(MOST, NUMBERS / size)));
    const found = excess(
      dataset,
      looked.filter((_, i) => i % every === 0),
    );
    return found === undefined || found >= THRESHOLD
      ? undefined
      : {
          began: 0,
          measured:
            "right answers of a classifier by the classes' mean images, in standard deviations above chance",
          value: found,
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [],
});

/** Labels that nobody looks at do no harm. */
const takesLabels = ({ conditional, terms }: { conditional: boolean; terms: object }): boolean =>
  conditional || "auxiliary-classifier" in terms;

/** How far above chance images of the second half are told by the means of the first; undefined where there is too little to tell. */
function excess(dataset: Dataset, looked: readonly number[]): number | undefined {
  const labels = dataset.labels(looked);
  const { classes } = dataset;
  if (labels === undefined || classes === undefined || classes.length < 2) return undefined;
  const images = [...eachImage(dataset, looked)].map((image) => Float32Array.from(image));
  // By chance: where classes follow each other in turn, every second image is of half of them.
  const random = new Random(1);
  const halves = images.map(() => random.integer(2));
  const learnt = (i: number) => halves[i] === 0;
  const means = new Map<number, { sum: Float64Array; count: number }>();
  for (const [i, image] of images.entries()) {
    if (!learnt(i)) continue;
    const label = labels[i]!;
    const mean = means.get(label) ?? { sum: new Float64Array(image.length), count: 0 };
    for (let at = 0; at < image.length; at++) mean.sum[at]! += image[at]!;
    mean.count++;
    means.set(label, mean);
  }
  for (const { sum, count } of means.values()) for (let at = 0; at < sum.length; at++) sum[at]! /= count;
  const shares = new Map<number, number>();
  let [right, told] = [0, 0];
  const guesses = new Map<number, number>();
  for (const [i, image] of images.entries()) {
    if (learnt(i)) continue;
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [label, { sum }] of means) {
      let squares = 0;
      for (let at = 0; at < sum.length; at++) squares += (image[at]! - sum[at]!) ** 2;
      if (squares < least) [best, least] = [label, squares];
    }
    const label = labels[i]!;
    if (best === label) right++;
    told++;
    shares.set(label, (shares.get(label) ?? 0) + 1);
    guesses.set(best, (guesses.get(best) ?? 0) + 1);
  }
  if (means.size < 2 || told < 50 * means.size) return undefined;
  // What as many guesses of each class would get right by chance.
  let chance = 0;
  for (const [label, count] of guesses) chance += (count / told) * ((shares.get(label) ?? 0) / told);
  return (right - told * chance) / Math.sqrt(told * chance * (1 - chance));
}
