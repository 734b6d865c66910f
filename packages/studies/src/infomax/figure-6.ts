import { showSpread, spread } from "@gantry/gan/sweep";
import { compareRows, last, type Told } from "../engine/tableFindings.js";
import { againstPicture } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { below, best, judge } from "../engine/verdict.js";
import { method, paper, quick } from "./settings.js";

/** alpha = beta. The figure's own points are not in the text. */
const EQUAL = {
  quick: [0, 0.2, 1],
  paper: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
} as const;
/** alpha and beta around 0.2. */
const AROUND = {
  quick: [
    [0.2, 0],
    [0, 0.2],
  ],
  paper: [
    [0.2, 0],
    [0.2, 0.1],
    [0, 0.2],
    [0.1, 0.2],
  ],
} as const;
/** Weights between 0 and 0.2 for one of the two. */
const FEW = { quick: [0, 0.2], paper: [0, 0.1, 0.2] } as const;

const rowOf = (alpha: number, beta: number) => `a${alpha}-b${beta}`;

/** Each seed's slope of FID over beta at alpha 0.2, by least squares: of three alike apart the middle one has no say. */
function slopes(reading: TableReading, data: string): number[] {
  const [none, whole] = [0, 0.2].map((beta) => reading.last(data, rowOf(0.2, beta), "fid"));
  const seeds = Math.min(none!.length, whole!.length);
  return Array.from({ length: seeds }, (_, seed) => (whole![seed]! - none![seed]!) / 0.2);
}

const told = (values: readonly number[]) => showSpread(spread(values), 1);

function bestOfAll(reading: TableReading): Told {
  const points = EQUAL[reading.pace as "quick" | "paper"];
  const fid = (at: number) => reading.last("cifar10", rowOf(at, at), "fid");
  const others = points.filter((at) => at !== 0.2).map((at) => [String(at), fid(at)] as const);
  return {
    here: points.map((at) => `${at}: ${told(fid(at))}`).join("; "),
    verdict: judge(best(fid(0.2), others)),
  };
}

export default defineTableStudy({
  name: "infomax-figure-6",
  summary: "FID over alpha = beta, and around 0.2",
  paper: "infomax",
  shows: "figure 6",
  claims: ["I17", "I18", "I19"],
  seeds: 3,
  paces: [quick, paper],
  data: [cifar10],
  rows: (pace) =>
    [...EQUAL[pace].map((at) => [at, at] as const), ...AROUND[pace]].map(([alpha, beta]) => ({
      name: rowOf(alpha, beta),
      summary: `alpha ${alpha}, beta ${beta}`,
      // Without either weight it is SNGAN.
      ...(alpha === 0 && beta === 0
        ? method(pace, "sngan")
        : method(pace, "infomax-gan", { "terms.infomax.alpha": alpha, "terms.infomax.beta": beta })),
    })),
  columns: [{ metric: "fid", title: "FID", digits: 2 }],
  choices: [
    "With beta 0 the critics have no loss of D to learn from and stay as they were drawn: G then learns against random critics.",
    "The figure's values are not in the text, so none stand beside.",
  ],
  findings: (reading) => {
    const trend = slopes(reading, "cifar10");
    return [
      { claim: "I17", paper: "alpha = beta = 0.2 is the best from 0 to 1", ...bestOfAll(reading) },
      {
        claim: "I18",
        paper: "with alpha 0.2 FID gets worse as beta falls",
        here: `FID changes by ${told(trend)} for each 1 of beta`,
        verdict: judge(below(trend, 0)),
      },
      {
        claim: "I19",
        paper: "D's part alone improves FID, and G's part (alpha 0.1, 0.2) further",
        ...compareRows(reading, {
          relation: "lower",
          pick: last("fid"),
          pairs: [
            [rowOf(0, 0.2), rowOf(0, 0)],
            ...(reading.pace === "paper" ? ([[rowOf(0.1, 0.2), rowOf(0, 0.2)]] as const) : []),
            [rowOf(0.2, 0.2), rowOf(0, 0.2)],
          ],
          digits: 1,
        }),
      },
    ];
  },
  pictures: (reading) => {
    const pace = reading.pace as "quick" | "paper";
    const points = EQUAL[pace];
    return againstPicture(reading, "fid", {
      series: [
        { label: "alpha = beta", points: points.map((at) => [at, rowOf(at, at)]) },
        { label: "beta, alpha 0.2", points: FEW[pace].map((at) => [at, rowOf(0.2, at)]) },
        { label: "alpha, beta 0.2", points: FEW[pace].map((at) => [at, rowOf(at, 0.2)]) },
      ],
      xLabel: "weight",
      title: "FID",
      name: "fid-over-weights",
    });
  },
});
