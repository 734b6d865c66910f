import { samplePictures } from "../engine/tablePictures.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { AT_THE_END, mnist } from "./tableSettings.js";

/** lambda_1 = lambda_2. The figure's own values are not in the text. */
const WEIGHTS = [0, 0.05, 0.1, 0.2, 0.5] as const;
const rowOf = (weight: number) => `lambda-${weight}`;
const evaluation = { every: AT_THE_END, metrics: "mode", samples: 10_000 };

export default defineTableStudy({
  name: "mode-regularized-figure-4",
  summary: "samples of MNIST for several weights of the regularizers",
  paper: "mode-regularized",
  shows: "figure 4",
  claims: [],
  seeds: 1,
  paces: [
    {
      name: "quick",
      summary: "a network of the grid, narrowed, 600 iterations",
      settings: {
        steps: 600,
        batch: 64,
        threads: 1,
        "net.generatorSize": 200,
        "net.discriminatorSize": 128,
        "net.encoderHidden": [200, 200],
        "intervals.checkpoint": 300,
      },
      evaluation: { ...evaluation, samples: 2000 },
    },
    { name: "paper", summary: "a network of the grid, 25,000 iterations", settings: {}, evaluation },
  ],
  data: [mnist],
  rows: () =>
    WEIGHTS.map((weight) => ({
      name: rowOf(weight),
      summary: `lambda_1 = lambda_2 = ${weight}`,
      // Without either it is the plain GAN.
      ...(weight === 0
        ? { recipe: "gan-mnist" }
        : {
            recipe: "reg-gan-mnist",
            settings: {
              "terms.reconstruction.weight": weight,
              "terms.mode-regularizer.weight": weight,
            },
          }),
    })),
  columns: [{ metric: "mode", title: "MODE score", digits: 2, better: "higher" }],
  choices: [
    "The figure claims nothing, and neither its architecture nor its values are in the text: the setting is the recipe's.",
  ],
  findings: () => [],
  pictures: (reading) => samplePictures(reading),
});
