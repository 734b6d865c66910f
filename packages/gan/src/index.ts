/** GAN training, comparison and diagnosis. */

/** What options are described by, so that a part of one's own needs no other package. */
export { z } from "zod";
export * from "./compare/index.js";
export * from "./config/config.js";
export { describeOptions, type OptionDescription } from "./config/describe.js";
export type { KnownFamilies, KnownTerms } from "./config/known_gen.js";
export { type Json, type JsonObject, merge } from "./config/merge.js";
export { defineConfig, type Project, type ProjectConfig, readProject } from "./config/project.js";
export { defineRecipe, type Recipe, recipes } from "./config/recipe.js";
export { configSchema, type OptimizerConfig } from "./config/schema.js";
export * from "./config/setting.js";
export type { Added, SettingsByPath, TermName, TermOptions, TermSettings } from "./config/typed.js";
export * from "./convert/mimicry.js";
export * from "./convert/run.js";
export * from "./data/index.js";
export { DivergedError, GantryError, RunError, UsageError } from "./errors.js";
export * from "./evaluate/index.js";
export * from "./figures/lines.js";
export * from "./figures/panels.js";
export * from "./figures/scatter.js";
export * from "./game/adversarial.js";
export * from "./game/game.js";
export * from "./game/gradient.js";
export * from "./game/intervention.js";
export * from "./game/plan.js";
export * from "./game/play.js";
export type * from "./game/sample.js";
export { leaf, slopes } from "./game/slope.js";
export * from "./game/term.js";
export * from "./metrics/features/classifier.js";
export * from "./metrics/features/extractor.js";
export * from "./metrics/features/images.js";
export * from "./metrics/features/inception.js";
export * from "./metrics/features/network.js";
export {
  fetchInception,
  inceptionFetchPlan,
  openInception,
} from "./metrics/features/networks/inception-2015.js";
export { tensorflowResize } from "./metrics/features/tensorflowResize.js";
export { frechetDistance } from "./metrics/frechet.js";
export { type InceptionScoreOptions, inceptionScores } from "./metrics/inceptionScore.js";
export { type KernelOptions, kernelDiscrepancies } from "./metrics/kernelInception.js";
export * from "./metrics/metric.js";
export { estimateMissingModes, type MissingModes, type MissingModesOptions } from "./metrics/missingModes.js";
export { type CoverageScores, labelsOf, modeCoverage, partsOf } from "./metrics/modeCoverage.js";
export { meanProbabilities, modeScores } from "./metrics/modeScore.js";
export { Moments } from "./metrics/moments.js";
export { NumpyRandomState } from "./metrics/numpyRandom.js";
export * from "./metrics/points.js";
export {
  type NeighbourOptions,
  type NeighbourScores,
  precisionRecallDensityCoverage,
} from "./metrics/prdc.js";
export * from "./metrics/table.js";
export { didYouMean, nearest } from "./nearest.js";
export { BodyEncoder, encodingSize } from "./nets/bodyEncoder.js";
export * from "./nets/contract.js";
export * from "./nets/family.js";
export * from "./nets/prior.js";
export { importAgain, importParts, type Part, register, termNamed } from "./plugins/plugins.js";
export type { PartSource } from "./plugins/source.js";
export {
  describeSource,
  importRunParts,
  isForeign,
  type RunPartsOptions,
  type UsedSource,
} from "./plugins/used.js";
export { type Named, Registry } from "./registry.js";
export * from "./studies/engine/index.js";
export * from "./train/checkpoint.js";
export { missedEvaluation, type TrainingEvaluation } from "./train/evaluations.js";
export * from "./train/interpolate.js";
export * from "./train/precisionGain.js";
export * from "./train/probe.js";
export * from "./train/record.js";
export * from "./train/runClaim.js";
export * from "./train/runData.js";
export * from "./train/runDirectory.js";
export { type LockOptions, RunLock } from "./train/runLock.js";
export * from "./train/sampler.js";
export * from "./train/samples.js";
export * from "./train/setup.js";
export * from "./train/train.js";
export * from "./train/trainer.js";
export * from "./train/vary.js";
