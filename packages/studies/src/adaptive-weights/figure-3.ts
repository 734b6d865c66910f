import { compareRows, relate, type Told } from "../engine/tableFindings.js";
import { curvesPicture } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { all, judge } from "../engine/verdict.js";
import { bases } from "./table-1.js";
import { cifar100, stl10 } from "./tableData.js";
import { columns, FAIR, paper, quick } from "./tableSettings.js";

/** The first evaluation says little. */
const FIRST = 1;

/** A lower FID at every evaluation from the second on. */
function throughout(reading: TableReading): Told {
  const cases = reading.data.flatMap(({ name, title }) => {
    const looks = reading.looks(name, ["aw-autogan", "autogan"], "fid");
    return Array.from({ length: Math.max(0, looks - FIRST) }, (_, i) => {
      const at = (row: string) => reading.at(name, row, "fid", FIRST + i);
      return [
        `${title}, evaluation ${FIRST + i + 1}`,
        relate("lower", at("aw-autogan"), at("autogan")),
      ] as const;
    });
  });
  return { here: `${cases.length} evaluations`, verdict: judge(all(cases)) };
}

export default defineTableStudy({
  name: "adaptive-weights-figure-3",
  summary: "Inception Score and FID over training of AutoGAN without and with adaptive weights",
  paper: "adaptive-weights",
  shows: "figure 3",
  claims: ["A11"],
  seeds: 3,
  paces: [quick, paper],
  // At the quick pace one data set alone: it would stand in the others' place again.
  data: [cifar10, ...[cifar100, stl10].map(({ quick: _, ...data }) => data)],
  rows: () => bases.map(({ paper: _, ...row }) => row),
  columns,
  choices: [
    FAIR,
    "The trainings are those of table 1; the figure is of AutoGAN's first 40 epochs, and SN-GAN's curves are drawn beside.",
  ],
  findings: (reading) => [
    {
      claim: "A11, faster",
      paper: "aw-AutoGAN converges faster on all data sets; here: a smaller area under the logarithm of FID",
      ...compareRows(reading, {
        relation: "lower",
        pick: (table, data, row) => table.area(data, row, "fid"),
        pairs: [["aw-autogan", "autogan"]],
        digits: 3,
      }),
    },
    { claim: "A11, throughout", paper: "'consistently'", ...throughout(reading) },
  ],
  pictures: (reading) => {
    const rows = bases.map(({ name }) => name);
    return [
      ...curvesPicture(reading, "fid", { rows, title: "FID", name: "fid" }),
      ...curvesPicture(reading, "is", { rows, title: "Inception Score", name: "inception-score" }),
    ];
  },
});
