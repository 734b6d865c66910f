import { compareRows, last } from "../engine/tableFindings.js";
import { againstPicture } from "../engine/tablePictures.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { dimensions, method, paper, printed, quick } from "./settings.js";

/** R over the depth of D's map, with the paper's FID. */
const SIZES = [
  [2, "17.07 ± 0.25"],
  [4, "17.21 ± 0.15"],
  [8, "17.14 ± 0.20"],
  [16, "17.80 ± 0.05"],
  [32, "17.38 ± 0.11"],
] as const;

/** At the quick pace both ends and the paper's choice. */
const sizesOf = (pace: string) =>
  SIZES.filter(([relative]) => pace === "paper" || [2, 8, 32].includes(relative));

const rowOf = (relative: number) => `x${relative}`;

export default defineTableStudy({
  name: "infomax-table-4",
  summary: "FID over R, the dimension of the critics, as a multiple of D's channels",
  paper: "infomax",
  shows: "table 4",
  claims: ["I16"],
  seeds: 3,
  paces: [quick, paper],
  data: [cifar10],
  rows: (pace) =>
    sizesOf(pace).map(([relative, fid]) => ({
      name: rowOf(relative),
      summary: `R = ${dimensions(pace, relative)}`,
      ...method(pace, "infomax-gan", { "terms.infomax.criticUnits": dimensions(pace, relative) }),
      paper: printed({ cifar10: [fid] }),
    })),
  columns: [{ metric: "fid", title: "FID", digits: 2 }],
  choices: [
    "No effect is taken as every two within 5 % of their FID; the paper's own range is 4 %, and its R = 2048 is told from its R = 256.",
  ],
  findings: (reading) => [
    {
      claim: "I16",
      paper: "FID does not depend on R: 17.07 to 17.80",
      ...compareRows(reading, {
        relation: "same",
        pick: last("fid"),
        pairs: sizesOf(reading.pace).flatMap(([a], i, all) =>
          all.slice(i + 1).map(([b]) => [rowOf(a), rowOf(b)] as const),
        ),
        digits: 1,
      }),
    },
  ],
  pictures: (reading) =>
    againstPicture(reading, "fid", {
      series: [
        {
          label: "InfoMax-GAN",
          points: sizesOf(reading.pace).map(([relative]) => [relative, rowOf(relative)]),
        },
      ],
      xLabel: "R / channels of D",
      title: "FID",
      name: "fid-over-r",
    }),
});
