// What the tables of Intervention GAN have in common.
import type { Composition, Settings, TableData, TablePace } from "../engine/table.js";
import { digitsFor } from "../engine/tableSets.js";

export const quick: TablePace = {
  name: "quick",
  summary:
    "8 channels for 64, 32 pixels for 64, 200 iterations, one step of E for 10, 1000 samples; rates and weights as the paper",
  settings: { "net.channels": 8, steps: 200, threads: 1, "intervals.checkpoint": 50 },
  evaluation: { every: 50, metrics: "fid", samples: 1000 },
};

export const paper: TablePace = {
  name: "paper",
  summary: "the paper's networks at 64 pixels, the public code's 400 epochs, FID every 10 of them",
  settings: {},
  evaluation: { every: { epochs: 10 }, metrics: "fid", samples: 10_000 },
};

const encoderSteps = (pace: "quick" | "paper"): Settings =>
  pace === "quick" ? { "terms.intervention.encoderSteps": 1 } : {};

/** IVDCGAN or IVLSGAN at a pace. */
export const intervention = (
  pace: "quick" | "paper",
  recipe: "ivdcgan" | "ivlsgan",
  settings: Settings = {},
): Composition => ({ recipe, settings: { ...encoderSteps(pace), ...settings } });

/** A baseline with the paper's table 5. */
export const baseline = (recipe: "dcgan" | "lsgan" | "wgan-gp" | "reg-gan"): Composition => ({
  recipe,
  preset: "intervention-gan",
});

export const cifar10: TableData = {
  name: "cifar10",
  summary: "CIFAR-10",
  quick: digitsFor("CIFAR-10", 32),
  paper: { data: { name: "cifar10", size: 64 }, network: "inception-2015" },
};

export const STEPS_OF_E =
  "The paper does not say how often E steps in an iteration; its public code takes ten, and the quick pace one. Rates are of its table 5.";
