import type { JsonObject } from "../../core/base/json.js";
import type { OptimizerConfig } from "../../core/config/schema.js";

/** A discriminator, and how it is trained. */
export interface JudgeSettings {
  /** Network family, with those of its options that are not left at their defaults. */
  readonly family: string;
  readonly options: JsonObject;
  readonly optimizer: OptimizerConfig;
  /** Images of each kind in a step. */
  readonly batch: number;
}
