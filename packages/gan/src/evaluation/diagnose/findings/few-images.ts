import { defineFinding } from "../finding.js";

/** Numbers in the data for each weight of D, below which D can know the data by heart. */
const THRESHOLD = 1;
/** Of so few D knows every one, however small it is. */
const FEW = 500;

const AUGMENTED = ["diff-augment", "ada", "apa", "consistency", "lecam"];

export default defineFinding({
  name: "few-images",
  summary: "too few images for the network: D can learn them by heart",
  cause:
    "D has more weights than the data have numbers: it learns each image by heart, and calls every other fake.",
  examine({ dataset: { kind, count, shape }, config, discriminatorWeights }) {
    const isHelped = Object.entries(config.terms).some(([name, { term = name }]) => AUGMENTED.includes(term));
    if (kind !== "images" || isHelped) return undefined;
    const numbers = count * shape.reduce((product, size) => product * size, 1);
    const value = numbers / discriminatorWeights;
    if (count < FEW) return { began: 0, measured: "images", value: count, threshold: FEW, trouble: "below" };
    return value >= THRESHOLD
      ? undefined
      : {
          began: 0,
          measured: "numbers in the data for each weight of D",
          value,
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [{ meaning: "D sees each image in many ways", with: ["diff-augment"], from: "start" }],
});
