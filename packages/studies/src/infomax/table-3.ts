import { showSpread, spread } from "@gantry/gan/sweep";
import type { Row } from "../engine/table.js";
import { compareRows, last, logDeviation, overRows, type Told } from "../engine/tableFindings.js";
import { samplePictures } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { about, all, judge, lower } from "../engine/verdict.js";
import { method, paper, printed, quick, stl10 } from "./settings.js";

const METHODS = ["sngan", "infomax-gan"] as const;
type Method = (typeof METHODS)[number];

/** The table: FID on CIFAR-10 and STL-10 of SNGAN, then of InfoMax-GAN. */
const SETTINGS: readonly (readonly [
  name: string,
  betas: readonly [number, number],
  steps: number,
  sngan: readonly [string, string],
  infomax: readonly [string, string],
])[] = [
  ["b0-n1", [0, 0.9], 1, ["164.74 ± 0.42", "267.10 ± 0.20"], ["24.42 ± 0.18", "54.29 ± 0.13"]],
  ["b0-n2", [0, 0.9], 2, ["20.87 ± 0.19", "46.65 ± 0.18"], ["18.08 ± 0.27", "38.96 ± 0.31"]],
  ["b0-n5", [0, 0.9], 5, ["18.63 ± 0.22", "40.48 ± 0.07"], ["17.14 ± 0.20", "37.49 ± 0.05"]],
  ["b5-n1", [0.5, 0.999], 1, ["73.07 ± 0.20", "134.51 ± 0.37"], ["20.58 ± 0.10", "62.28 ± 0.07"]],
  ["b5-n2", [0.5, 0.999], 2, ["18.74 ± 0.24", "40.67 ± 0.29"], ["17.19 ± 0.32", "40.54 ± 0.20"]],
  ["b5-n5", [0.5, 0.999], 5, ["21.10 ± 0.89", "84.20 ± 0.67"], ["18.39 ± 0.04", "75.72 ± 0.19"]],
];
/** At the quick pace those of the paper's own betas. */
const settingsOf = (pace: string) => SETTINGS.filter(([name]) => pace === "paper" || name.startsWith("b0"));
const namesOf = (pace: string) => settingsOf(pace).map(([name]) => name);

const rowOf = (name: string, recipe: Method) => `${recipe}-${name}`;

/** Each seed's standard deviation of the logarithm of FID over the settings. */
const variation = (reading: TableReading, data: string, recipe: Method): number[] => {
  const rows = namesOf(reading.pace).map((name) => rowOf(name, recipe));
  return overRows(reading, data, rows, "fid", logDeviation);
};

const seconds = (reading: TableReading, data: string, row: string): number[] =>
  reading.runs(data, row).flatMap((run) => run.seconds ?? []);

const betasOf = (pace: string) => (pace === "paper" ? ["b0", "b5"] : ["b0"]);

/** A better FID with two steps of D than SNGAN's with five, in half the time: at all betas. */
function halfTheTime(reading: TableReading): Told {
  const cases = reading.data.flatMap(({ name, title }) =>
    betasOf(reading.pace).map((betas) => {
      const [few, many] = [rowOf(`${betas}-n2`, "infomax-gan"), rowOf(`${betas}-n5`, "sngan")];
      const [a, b] = [reading.last(name, few, "fid"), reading.last(name, many, "fid")];
      const [short, long] = [seconds(reading, name, few), spread(seconds(reading, name, many))];
      const ratios = short.map((value) => value / long.mean);
      return { label: `${title}, ${betas}`, a, b, ratios };
    }),
  );
  return {
    here: cases
      .map(
        ({ label, a, b, ratios }) =>
          `${label}: ${showSpread(spread(a), 1)} against ${showSpread(spread(b), 1)}, in ${showSpread(spread(ratios), 2)} of the time`,
      )
      .join("; "),
    verdict: judge(
      all(
        cases.flatMap(({ label, a, b, ratios }) => [
          [`${label}, FID`, lower(a, b)],
          [`${label}, time`, about(ratios, 0.5, 1.3)],
        ]),
      ),
    ),
  };
}

export default defineTableStudy({
  name: "infomax-table-3",
  summary: "FID over Adam's betas (b0: 0, 0.9; b5: 0.5, 0.999) and steps of D (n1, n2, n5)",
  paper: "infomax",
  shows: "table 3",
  claims: ["I11", "I12", "I13"],
  seeds: 3,
  paces: [quick, paper],
  data: [cifar10, stl10],
  rows: (pace) =>
    METHODS.flatMap((recipe) =>
      settingsOf(pace).map(([name, betas, steps, sngan, infomax]): Row => {
        const [one, other] = recipe === "sngan" ? sngan : infomax;
        return {
          name: rowOf(name, recipe),
          summary: `${recipe}, betas ${betas.join(", ")}, ${steps} steps of D`,
          ...method(pace, recipe, {
            "optimizers.default.betas": [...betas],
            "schedule.discriminatorSteps": steps,
          }),
          paper: printed({ cifar10: [one], stl10: [other] }),
        };
      }),
    ),
  columns: [{ metric: "fid", title: "FID", digits: 2 }],
  choices: [
    "Iterations count steps of G, so that n1 has a fifth of n5's steps of D, as in the paper. Times are of the clock, with two trainings and their evaluations side by side.",
    "At the quick pace three of the six settings are tried: those of betas (0, 0.9).",
    "SNGAN's failures with one step of D come late in 100,000 iterations: a short training may not see them.",
  ],
  findings: (reading) => [
    {
      claim: "I11",
      paper: "lower FID than SNGAN in all six settings (n1: 24.42 against 164.74)",
      ...compareRows(reading, {
        relation: "lower",
        pick: last("fid"),
        pairs: namesOf(reading.pace).map(
          (name) => [rowOf(name, "infomax-gan"), rowOf(name, "sngan")] as const,
        ),
        digits: 1,
      }),
    },
    {
      claim: "I12",
      paper: "FID varies much less over the settings; here: the deviation of its logarithm over those tried",
      ...compareRows(reading, {
        relation: "lower",
        pick: (table, data, row) => variation(table, data, row as Method),
        pairs: [["infomax-gan", "sngan"]],
      }),
    },
    {
      claim: "I13",
      paper: "with n2 a better FID than SNGAN with n5, in about half the time",
      ...halfTheTime(reading),
    },
  ],
  // Where the paper has the greatest difference.
  pictures: (reading) =>
    samplePictures(
      reading,
      METHODS.map((recipe) => rowOf("b0-n1", recipe)),
    ),
});
