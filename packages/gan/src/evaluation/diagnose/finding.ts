import { type Named, Registry } from "../../core/base/registry.js";
import type { Config } from "../../core/config/schema.js";
import type { Dataset } from "../../core/data/dataset.js";
import type { Remedy } from "./advice.js";
import type { Entry, History } from "./history.js";

/** Why a finding is one: a number against its threshold. */
export interface Evidence {
  /** The iteration it began, as far as was looked; 0 of the data. */
  readonly began: number;
  /** What was measured, in words, as `distance between nearest samples, of reals'`. */
  readonly measured: string;
  readonly value: number;
  readonly threshold: number;
  /** On which side of the threshold the trouble lies. */
  readonly trouble: "below" | "above";
  /** What was measured over the training, for a picture. */
  readonly curve?: readonly Entry[];
}

/** A data set before its first iteration, and what is to be trained on it. */
export interface DataExamined {
  readonly dataset: Dataset;
  readonly config: Config;
  /** Items that were looked at, numbered as in the data set: all of a small one, evenly spread ones of a large one. */
  readonly looked: readonly number[];
  /** Weights of the discriminator. */
  readonly discriminatorWeights: number;
}

/** Something that goes wrong with GANs, and how it is told. One file in findings/. */
export interface Finding extends Named {
  /** What usually causes it, in a sentence or two. */
  readonly cause: string;
  /** In training: whether it is there now. Looks at the history's end. */
  readonly find?: (history: History) => Evidence | undefined;
  /** Before the first iteration: whether the data has it. */
  readonly examine?: (data: DataExamined) => Evidence | undefined;
  /** What helps, the best first; of these the ones that fit a composition are given. */
  readonly remedies: readonly Remedy[];
}

/** Lets TypeScript check a finding's shape. */
export const defineFinding = (finding: Finding): Finding => finding;

export const findings = new Registry<Finding>("finding", new URL("./findings/", import.meta.url), {
  marks: ["remedies"],
  needs: { name: "text", summary: "text", cause: "text", remedies: "list" },
});
