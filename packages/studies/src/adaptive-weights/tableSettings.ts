// What the tables of the Adaptive Weighted Discriminator have in common.

import type { Finding } from "../engine/page.js";
import type { Row, TablePace } from "../engine/table.js";
import { best, compareRows } from "../engine/tableFindings.js";
import type { TableReading } from "../engine/tableReading.js";

export const quick: TablePace = {
  name: "quick",
  summary:
    "8 channels, batches of 32 in D and 64 in G, 90 iterations for some 50,000, an average over some 20 of them, 2000 samples; all else as the paper",
  settings: {
    "net.channels": 8,
    batch: 32,
    "schedule.generatorBatch": 64,
    steps: 90,
    // 0.999 would lag behind most of so short a training.
    "average.decay": 0.95,
    "average.start": 0,
    threads: 1,
    "intervals.checkpoint": 30,
  },
  evaluation: { every: 30, metrics: "fid,is", samples: 2000 },
};

export const paper: TablePace = {
  name: "paper",
  summary: "the paper's networks and epochs, scores of 50,000 samples every 5 epochs",
  settings: {},
  evaluation: { every: { epochs: 5 }, metrics: "fid,is", samples: 50_000 },
};

/** Inception Score and FID by data, as printed. */
type Printed = Readonly<Record<string, readonly [is: string, fid: string]>>;

const paperOf = (printed: Printed): NonNullable<Row["paper"]> =>
  Object.fromEntries(Object.entries(printed).map(([data, [is, fid]]) => [data, { is, fid }]));

/** A base without and with the adaptive weights: the same composition but for the term. */
export const pair = (base: string, recipe: string, plain: Printed, weighted: Printed): Row[] => [
  {
    name: base,
    summary: "the base, with the same schedule",
    recipe,
    without: ["adaptive-weights"],
    paper: paperOf(plain),
  },
  { name: `aw-${base}`, summary: "with adaptive weights", recipe, paper: paperOf(weighted) },
];

export const columns = [
  { metric: "is", title: "best IS", digits: 2, how: "best", better: "higher" },
  { metric: "fid", title: "best FID", digits: 2, how: "best" },
] as const;

/** Better scores with the weights than without, of each base. */
export const improves = (
  reading: TableReading,
  claim: string,
  bases: readonly string[],
  says: readonly [is: string, fid: string],
): Finding[] =>
  (["is", "fid"] as const).map((metric, i) => {
    const relation = metric === "is" ? "higher" : "lower";
    return {
      claim: `${claim}, ${metric === "is" ? "Inception Score" : "FID"}`,
      paper: says[i]!,
      ...compareRows(reading, {
        relation,
        pick: best(metric, relation),
        pairs: bases.map((base) => [`aw-${base}`, base] as const),
      }),
    };
  });

export const FAIR =
  "Both sides have the same batches of D and G, averaged weights, and a rate that falls to 0: the paper lets the rate fall with its weights alone, and takes its bases' numbers from other codes. The best over training counts, as in the paper.";

export const SECOND_HAND =
  "The body of this table is not in the text at hand: numbers beside are second-hand (web pages, and the public codes of the bases), and a dash is one that is not known. SN-GAN's 21.7 is not of the same code: with averaged weights and without the method that code has 14.21.";
