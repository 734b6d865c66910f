// What the tables of InfoMax-GAN have in common.
import type { Composition, Settings, TableData, TablePace } from "../engine/table.js";
import { cifar10, cifar100AtPaper, stl10AtPaper } from "../engine/tableSets.js";

/** Channels of D's first block at the quick pace; G has twice as many. The paper has 128. */
const QUICK_CHANNELS = 8;
/** R is 8 times D's channels, as 1024 is of 128. */
const RELATIVE_R = 8;

/** A minute for each training: the very beginning of one. */
const QUICK_STEPS = 150;
const QUICK_BATCH = 32;

export const quick: TablePace = {
  name: "quick",
  summary: `8 channels for 128, batches of ${QUICK_BATCH} for 64, ${QUICK_STEPS} iterations for 100,000, 2000 samples; all else as the paper`,
  settings: {
    "net.channels": QUICK_CHANNELS,
    batch: QUICK_BATCH,
    steps: QUICK_STEPS,
    threads: 1,
    "intervals.checkpoint": 50,
  },
  evaluation: { every: 50, metrics: "fid,kid:subsets=10,subsetSize=500,is", samples: 2000 },
};

export const paper: TablePace = {
  name: "paper",
  summary: "the paper's networks and iterations, FID of 50,000 samples",
  settings: {},
  evaluation: { every: 5000, metrics: "fid,kid:subsets=10,subsetSize=5000,is", samples: 50_000 },
};

/** R at a pace, so many times as large as D's map is deep. */
export const dimensions = (pace: "quick" | "paper", relative = RELATIVE_R): number =>
  relative * (pace === "quick" ? QUICK_CHANNELS : 128);

/** A recipe of the paper at a pace; critics are as narrow as the networks. */
export const method = (pace: "quick" | "paper", recipe: string, settings: Settings = {}): Composition => ({
  recipe,
  settings: recipe.includes("infomax")
    ? { "terms.infomax.criticUnits": dimensions(pace), ...settings }
    : settings,
});

export const stl10: TableData = {
  name: "stl10",
  summary: "STL-10",
  paper: stl10AtPaper,
};

/** The five of tables 1 and 2. Schedules: appendix A.2 as the recipes have it. */
export const fiveData: readonly TableData[] = [
  cifar10,
  {
    name: "cifar100",
    summary: "CIFAR-100",
    paper: cifar100AtPaper,
  },
  stl10,
  {
    name: "celeba",
    summary: "CelebA",
    paper: {
      data: { name: "celeba", size: 128 },
      network: "inception-2015",
      settings: { "schedule.discriminatorSteps": 2, "schedule.decay": "none" },
    },
  },
  {
    name: "imagenet",
    summary: "ImageNet",
    paper: {
      data: { name: "imagenet", size: 128 },
      network: "inception-2015",
      settings: { "schedule.decay": "none", steps: 450_000 },
    },
  },
];

/** The paper's FID, KID and Inception Score of one row, by data. */
export const printed = (
  scores: Readonly<Record<string, readonly [fid: string, kid?: string, is?: string]>>,
): Record<string, Record<string, string>> =>
  Object.fromEntries(
    Object.entries(scores).map(([data, [fid, kid, is]]) => [
      data,
      { fid, ...(kid === undefined ? {} : { kid }), ...(is === undefined ? {} : { is }) },
    ]),
  );

export const SAME_FOR_ALL =
  "Settings are the paper's and the same for all rows: Adam 2e-4 with (0, 0.9), batches of 64 (32 at the quick pace), 5 steps of D, the rate falling to 0, alpha = beta = 0.2. " +
  "R is 8 times D's channels at both paces.";
