import { compareRows, relate, type Told } from "../engine/tableFindings.js";
import { curvesPicture } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { all, judge } from "../engine/verdict.js";
import { fiveData, method, paper, quick, SAME_FOR_ALL } from "./settings.js";

/** The first evaluations say little; at the quick pace there are three in all. */
const firstOf = (pace: string): number => (pace === "quick" ? 1 : 4);

/** A lower FID at every evaluation that counts. */
function throughout(reading: TableReading): Told {
  const first = firstOf(reading.pace);
  const cases = reading.data.flatMap(({ name, title }) => {
    const looks = reading.looks(name, ["infomax-gan", "sngan"], "fid");
    return Array.from({ length: Math.max(0, looks - first) }, (_, i) => {
      const at = (row: string) => reading.at(name, row, "fid", first + i);
      return [
        `${title}, evaluation ${first + i + 1}`,
        relate("lower", at("infomax-gan"), at("sngan")),
      ] as const;
    });
  });
  return { here: `${cases.length} evaluations`, verdict: judge(all(cases)) };
}

export default defineTableStudy({
  name: "infomax-figure-4",
  summary: "FID over training of SNGAN, SSGAN and InfoMax-GAN",
  paper: "infomax",
  shows: "figure 4",
  claims: ["I14"],
  seeds: 3,
  paces: [quick, paper],
  data: fiveData,
  rows: (pace) =>
    (["sngan", "ssgan", "infomax-gan"] as const).map((recipe) => ({
      name: recipe,
      summary: recipe,
      ...method(pace, recipe),
    })),
  columns: [{ metric: "fid", title: "FID at the end", digits: 2 }],
  choices: [
    SAME_FOR_ALL,
    "The trainings are those of table 1. The rows of the figure are not all named in the text: SSGAN is drawn, and not judged.",
  ],
  findings: (reading) => [
    {
      claim: "I14, faster",
      paper: "converges faster than SNGAN; here: a smaller area under the logarithm of FID",
      ...compareRows(reading, {
        relation: "lower",
        pick: (table, data, row) => table.area(data, row, "fid"),
        pairs: [["infomax-gan", "sngan"]],
        digits: 3,
      }),
    },
    { claim: "I14, throughout", paper: "improves FID throughout training", ...throughout(reading) },
  ],
  pictures: (reading) =>
    curvesPicture(reading, "fid", { rows: ["sngan", "ssgan", "infomax-gan"], title: "FID" }),
});
