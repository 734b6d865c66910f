import { defineFinding } from "../finding.js";
import { eachImage } from "../pixels.js";

/** Standard deviation of an image's bytes below which it is a plain surface. */
const PLAIN = 3;
const THRESHOLD = 0.2;

export default defineFinding({
  name: "one-colour",
  summary: "many images are of almost one colour",
  cause:
    "Files that were not decoded as they should be, scans of empty pages, or images scaled twice (0 to 1 taken for 0 to 255).",
  examine({ dataset, looked }) {
    if (dataset.kind !== "images") return undefined;
    let plain = 0;
    for (const image of eachImage(dataset, looked)) if (deviationOf(image) < PLAIN) plain++;
    const value = plain / looked.length;
    return value <= THRESHOLD
      ? undefined
      : {
          began: 0,
          measured: "share of the images that are of almost one colour",
          value,
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});

function deviationOf(image: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < image.length; i++) {
    const value = image[i]!;
    sum += value;
    squares += value * value;
  }
  const mean = sum / image.length;
  return Math.sqrt(Math.max(0, squares / image.length - mean * mean));
}
