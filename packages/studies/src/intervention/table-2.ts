import { showSpread, spread } from "@gantry/gan/sweep";
import type { Finding } from "../engine/page.js";
import type { Settings, TableData } from "../engine/table.js";
import { best, compareRows, type Told } from "../engine/tableFindings.js";
import { samplePictures } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { below, exactly, judge, soShort } from "../engine/verdict.js";
import { baseline, intervention, paper, quick, STEPS_OF_E } from "./settings.js";

const stacked: TableData = {
  name: "stacked-mnist",
  summary: "stacked MNIST",
  quick: { data: { name: "stacked-mnist", size: 32 }, network: "digits-cnn", resize: "lanczos3" },
  paper: {
    data: { name: "stacked-mnist", size: 64 },
    network: "digits-cnn",
    resize: "lanczos3",
    settings: { steps: 100_000 },
  },
};

const MODES = 1000;
const printed = (modes: string, kl: string) => ({ "stacked-mnist": { modes, "modes-kl": kl } });
const modes = best("modes", "higher");

/** The public code's noise on stacked MNIST. */
const noise: Settings = {
  "terms.instance-noise.sigma": {
    from: 0.03,
    to: 0.005,
    over: { epochs: 100 },
    shape: "steps",
    between: [[50, 0.01]],
  },
};
/** VEEGAN's and PacGAN's own. */
const theirRate: Settings = { "optimizers.default.learningRate": 2e-4 };

/** All 1000 modes in every training; below them a short training says nothing. */
function all1000(reading: TableReading, row: string): Told {
  const found = modes(reading, stacked.name, row);
  const here = `${row}: ${showSpread(spread(found), 1)} modes at best`;
  if (found.length > 1 && found.every((value) => value === MODES))
    return { here, verdict: exactly(true, "all 1000 in every training") };
  if (reading.pace === "paper") {
    const verdict = judge(below(found, MODES));
    const isBelow = verdict.word === "holds";
    return { here, verdict: { word: isBelow ? "does not hold" : "undecided", why: verdict.why } };
  }
  return { here, verdict: { word: "undecided", why: "so short a training does not tell" } };
}

/** That both find all there is cannot be seen before either does. */
function comparable(reading: TableReading): Finding {
  const told = compareRows(reading, {
    relation: "same",
    pick: modes,
    pairs: [
      ["ivlsgan", "pac-dcgan"],
      ["ivdcgan", "pac-dcgan"],
    ],
    digits: 1,
  });
  const verdict = reading.pace === "paper" ? told.verdict : soShort(told.verdict);
  return { claim: "V9", paper: "comparable with PacDCGAN; here: within 5 % of its modes", ...told, verdict };
}

export default defineTableStudy({
  name: "intervention-table-2",
  summary: "modes of stacked MNIST: IVDCGAN and IVLSGAN against five others",
  paper: "intervention",
  shows: "table 2, with figure 6",
  claims: ["V8", "V9", "V10"],
  seeds: 3,
  paces: [
    {
      ...quick,
      summary: `${quick.summary}; unrolled GAN 100 of them, as each of its costs ten of the others'`,
      evaluation: { every: 100, metrics: "coverage", samples: 3000 },
    },
    {
      ...paper,
      summary: "the paper's networks at 64 pixels, 100,000 iterations, 20,000 samples every 5000",
      evaluation: { every: 5000, metrics: "coverage", samples: 20_000 },
    },
  ],
  data: [stacked],
  rows: (pace) => [
    { name: "dcgan", summary: "DCGAN", ...baseline("dcgan"), paper: printed("78.9", "4.50") },
    {
      name: "veegan",
      summary: "VEEGAN's losses on DCGAN's networks",
      ...baseline("dcgan"),
      with: ["log-ratio", "veegan"],
      settings: theirRate,
      paper: printed("150.0", "2.95"),
    },
    {
      name: "unrolled",
      summary: "unrolled GAN, five steps, on DCGAN's networks",
      ...baseline("dcgan"),
      with: ["unrolled:steps=5"],
      settings: pace === "quick" ? { steps: 100 } : {},
      paper: printed("48.7", "4.32"),
    },
    {
      name: "pac-dcgan",
      summary: "PacDCGAN2 on DCGAN's networks: 64 packs of two",
      ...baseline("dcgan"),
      with: ["packing:degree=2"],
      settings: { ...theirRate, batch: 128 },
      paper: printed("1000", "0.06"),
    },
    { name: "lsgan", summary: "LSGAN", ...baseline("lsgan"), paper: printed("53", "3.88") },
    {
      name: "ivlsgan",
      summary: "LSGAN with interventions",
      ...intervention(pace, "ivlsgan", noise),
      paper: printed("1000", "0.07"),
    },
    {
      name: "ivdcgan",
      summary: "DCGAN with interventions",
      ...intervention(pace, "ivdcgan", noise),
      paper: printed("1000", "0.08"),
    },
    {
      name: "real",
      summary: "real triples: what a perfect generator could reach",
      ...baseline("dcgan"),
      real: true,
    },
  ],
  columns: [
    { metric: "modes", title: "most modes", digits: 1, how: "best", better: "higher" },
    { metric: "modes-kl", title: "least KL", digits: 2, how: "best" },
  ],
  choices: [
    STEPS_OF_E,
    "The paper copied its first four rows from others, who have other networks and 28 pixels; here all have DCGAN's, and VEEGAN and PacDCGAN their own rate of 2e-4.",
    "The best over training counts: the authors' public logs have IVLSGAN at 1000 modes until epoch 70 and collapsed after, and IVDCGAN at 7 to 36 throughout.",
    "Real triples are judged as the samples are. Of 20,000 they would have all 1000 modes and a KL of about 0.026.",
  ],
  findings: (reading) => [
    { claim: "V8, IVLSGAN", paper: "all 1000 modes, KL 0.07", ...all1000(reading, "ivlsgan") },
    { claim: "V8, IVDCGAN", paper: "all 1000 modes, KL 0.08", ...all1000(reading, "ivdcgan") },
    {
      claim: "V8, against others",
      paper: "far more modes than VEEGAN (150) and unrolled GAN (48.7)",
      ...compareRows(reading, {
        relation: "higher",
        pick: modes,
        pairs: ["ivlsgan", "ivdcgan"].flatMap((iv) =>
          ["veegan", "unrolled"].map((each) => [iv, each] as const),
        ),
        digits: 1,
      }),
    },
    comparable(reading),
    {
      claim: "V10",
      paper: "more diverse than LSGAN's; here: more modes",
      ...compareRows(reading, { relation: "higher", pick: modes, pairs: [["ivlsgan", "lsgan"]], digits: 1 }),
    },
  ],
  pictures: (reading) => samplePictures(reading, ["lsgan", "ivlsgan"]),
});
