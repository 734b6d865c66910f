import { compareRows, last } from "../engine/tableFindings.js";
import { curvesPicture } from "../engine/tablePictures.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { columns, FAIR, pair, paper, quick } from "./tableSettings.js";

const rows = [
  ...pair("sngan", "aw-sngan", {}, {}).map(({ paper: _, ...row }) => row),
  {
    name: "aw-sngan-raw",
    summary: "with adaptive weights that are not normalised",
    recipe: "aw-sngan",
    settings: { "terms.adaptive-weights.variant": "raw" },
  },
];

export default defineTableStudy({
  name: "adaptive-weights-raw",
  summary: "adaptive weights with and without normalised gradients",
  paper: "adaptive-weights",
  shows: "appendix B, algorithm 2",
  claims: ["A16"],
  seeds: 3,
  paces: [quick, paper],
  data: [cifar10],
  rows: () => rows,
  columns,
  choices: [
    FAIR,
    "Appendix B is not at hand, and its numbers are not beside. The trainings without the term and with algorithm 1 are those of table 1.",
  ],
  findings: (reading) => [
    {
      claim: "A16, comparable",
      paper: "without normalisation it performs comparably; here: FID within 5 %",
      ...compareRows(reading, {
        relation: "same",
        pick: last("fid"),
        pairs: [["aw-sngan-raw", "aw-sngan"]],
      }),
    },
    {
      claim: "A16, faster",
      paper: "with it, it is faster; here: a smaller area under the logarithm of FID",
      ...compareRows(reading, {
        relation: "lower",
        pick: (table, data, row) => table.area(data, row, "fid"),
        pairs: [["aw-sngan", "aw-sngan-raw"]],
        digits: 3,
      }),
    },
  ],
  pictures: (reading) =>
    curvesPicture(reading, "fid", { rows: rows.map(({ name }) => name), title: "FID", name: "fid" }),
});
