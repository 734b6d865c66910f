import { defineFinding } from "../finding.js";
import { eachImage } from "../pixels.js";

/** Of the 255 steps from black to white, how many images that fill half of the range take. */
const NARROW = 128;
/** The root mean square of coordinates that networks begin at is about 1. */
const LARGEST = 10;
const SMALLEST = 0.05;
/** Share of a set's values that are left out at either end. */
const ENDS = 0.005;

export default defineFinding({
  name: "value-range",
  summary: "values are not in the range that networks are made for",
  cause:
    "Images of 0 to 1, of fewer bits or of another unit, read as bytes; points in their own unit. G begins around 0 and makes images between -1 and 1.",
  examine({ dataset, looked }) {
    if (dataset.kind === "points") {
      let squares = 0;
      const values = dataset.read(looked);
      for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
      const value = Math.sqrt(squares / values.length);
      if (value >= SMALLEST && value <= LARGEST) return undefined;
      const isLarge = value > LARGEST;
      return {
        began: 0,
        measured: "root mean square of the points' coordinates",
        value,
        threshold: isLarge ? LARGEST : SMALLEST,
        trouble: isLarge ? "above" : "below",
      };
    }
    const counts = new Float64Array(256);
    for (const image of eachImage(dataset, looked))
      for (let i = 0; i < image.length; i++) counts[image[i]!]! += 1;
    const value = widthOf(counts);
    return value >= NARROW
      ? undefined
      : {
          began: 0,
          measured: "steps of 255 between the darkest and the brightest of all pixels",
          value,
          threshold: NARROW,
          trouble: "below",
        };
  },
  remedies: [],
});

/** How far the values reach, without the few at either end. */
function widthOf(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const from = (order: readonly number[]) => {
    let sum = 0;
    return order.find((value) => {
      sum += counts[value]!;
      return sum > ENDS * total;
    })!;
  };
  const values = [...counts.keys()];
  return from(values.toReversed()) - from(values);
}
