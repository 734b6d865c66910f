import { samplePictures } from "../engine/tablePictures.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { stl10 } from "./tableData.js";
import { columns, FAIR, improves, pair, paper, quick, SECOND_HAND } from "./tableSettings.js";

export default defineTableStudy({
  name: "adaptive-weights-table-2",
  summary: "SN-GAN and AutoGAN on STL-10 without and with adaptive weights",
  paper: "adaptive-weights",
  shows: "table 2",
  claims: ["A9"],
  seeds: 3,
  paces: [
    { ...quick, summary: quick.summary.replace("90", "60"), settings: { ...quick.settings, steps: 60 } },
    paper,
  ],
  data: [stl10],
  rows: () => [
    ...pair("sngan", "aw-sngan", { stl10: ["9.10 ± 0.04", "40.1 ± 0.50"] }, {}),
    ...pair("autogan", "aw-autogan", { stl10: ["9.16 ± 0.12", "31.01"] }, {}),
  ],
  columns,
  choices: [
    FAIR,
    SECOND_HAND,
    "At the quick pace a verdict is of MNIST at 48 pixels, unless --data stl10=PATH names the images.",
  ],
  findings: (reading) =>
    improves(
      reading,
      "A9",
      ["sngan", "autogan"],
      [
        "both improve significantly; aw-SN-GAN is highest",
        "both improve significantly; aw-AutoGAN is lowest",
      ],
    ),
  pictures: (reading) => samplePictures(reading),
});
