import { samplePictures } from "../engine/tablePictures.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { cifar100 } from "./tableData.js";
import { columns, FAIR, improves, pair, paper, quick, SECOND_HAND } from "./tableSettings.js";

export default defineTableStudy({
  name: "adaptive-weights-table-4",
  summary: "class-conditional SN-GAN and BigGAN without and with adaptive weights",
  paper: "adaptive-weights",
  shows: "table 4",
  claims: ["A12"],
  seeds: 3,
  paces: [
    { ...quick, summary: quick.summary.replace("90", "60"), settings: { ...quick.settings, steps: 60 } },
    paper,
  ],
  // At the quick pace one data set alone: it would stand in CIFAR-100's place a second time.
  data: [cifar10, { name: cifar100.name, summary: cifar100.summary, paper: cifar100.paper }],
  rows: () => [
    ...pair("sngan-projection", "aw-sngan-projection", {}, { cifar10: ["9.0", "8.03"] }),
    ...pair("biggan", "aw-biggan", {}, { cifar10: ["9.52", "6.89"], cifar100: ["11.22", "10.23"] }),
  ],
  columns,
  choices: [
    FAIR,
    SECOND_HAND,
    "BigGAN judges reals and fakes apart on both sides, as their gradients are weighed apart; its own code judges them together.",
  ],
  findings: (reading) =>
    improves(
      reading,
      "A12",
      ["sngan-projection", "biggan"],
      [
        "both improve significantly",
        "both improve significantly (second-hand, with the weights: 8.03, 6.89)",
      ],
    ),
  pictures: (reading) => samplePictures(reading),
});
