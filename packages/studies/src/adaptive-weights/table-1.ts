import { samplePictures } from "../engine/tablePictures.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { untestable } from "../engine/verdict.js";
import { columns, FAIR, improves, pair, paper, quick, SECOND_HAND } from "./tableSettings.js";

export const bases = [
  ...pair("sngan", "aw-sngan", { cifar10: ["8.22 ± 0.05", "21.7"] }, { cifar10: ["8.53", "12.32"] }),
  ...pair("autogan", "aw-autogan", { cifar10: ["8.55 ± 0.10", "12.42"] }, { cifar10: ["9.01", "11.82"] }),
];

export default defineTableStudy({
  name: "adaptive-weights-table-1",
  summary: "SN-GAN and AutoGAN on CIFAR-10 without and with adaptive weights",
  paper: "adaptive-weights",
  shows: "table 1",
  claims: ["A8"],
  seeds: 3,
  paces: [quick, paper],
  data: [cifar10],
  rows: () => bases,
  columns,
  choices: [FAIR, SECOND_HAND],
  findings: (reading) => [
    ...improves(
      reading,
      "A8",
      ["sngan", "autogan"],
      [
        "both improve significantly (second-hand: 8.53, 9.01)",
        "both improve significantly (second-hand: 12.32, 11.82)",
      ],
    ),
    {
      claim: "A8, above the others",
      paper: "aw-AutoGAN's Inception Score is above all but StyleGAN2's, with 5.4 million parameters",
      here: "-",
      verdict: untestable("the others' trainings are not repeated, and their scores are through Inception"),
    },
  ],
  pictures: (reading) => samplePictures(reading),
});
