/** GAN training, comparison and diagnosis. */

export { describeOptions, type OptionDescription } from "./core/base/describe.js";
export { DivergedError, GantryError, RunError, UsageError } from "./core/base/errors.js";
export { type Json, type JsonObject, merge } from "./core/base/json.js";
export { didYouMean, nearest } from "./core/base/nearest.js";
export { type Named, Registry } from "./core/base/registry.js";
export * from "./core/base/setting.js";
export * from "./core/config/build.js";
export * from "./core/config/config.js";
export * from "./core/config/data.js";
export { type Config, configSchema, type OptimizerConfig } from "./core/config/schema.js";
export * from "./core/data/index.js";
export * from "./core/figures/lines.js";
export * from "./core/figures/panels.js";
export * from "./core/figures/scatter.js";
export * from "./core/game/game.js";
export * from "./core/game/gradient.js";
export * from "./core/game/plan.js";
export * from "./core/game/play.js";
export * from "./core/game/term.js";
export * from "./core/nets/contract.js";
export * from "./core/nets/family.js";
export * from "./core/nets/prior.js";
export type * from "./core/nets/sample.js";
export { shapeOf } from "./core/nets/sample.js";
export { defineRecipe, type Recipe, recipes } from "./core/recipes/recipe.js";
export * from "./core/run/checkpoints.js";
export * from "./core/run/claim.js";
export * from "./core/run/data.js";
export * from "./core/run/directory.js";
export type { RunRecord } from "./core/run/files.js";
export { type LockOptions, RunLock } from "./core/run/lock.js";
export * from "./core/sample/interpolate.js";
export * from "./core/sample/pictures.js";
export * from "./core/sample/sampler.js";
export * from "./core/sample/vary.js";
export { madeWith, type Standing, saveCheckpoint } from "./core/state/save.js";
export * from "./core/terms/parts/adversarial.js";
export * from "./core/terms/parts/intervention.js";
export { terms } from "./core/terms/registry.js";
export * from "./evaluation/compare/index.js";
export * from "./evaluation/evaluate/index.js";
export * from "./evaluation/metrics/features/classifier.js";
export * from "./evaluation/metrics/features/extractor.js";
export * from "./evaluation/metrics/features/inception.js";
export * from "./evaluation/metrics/features/network.js";
export {
  fetchInception,
  inceptionFetchPlan,
  openInception,
} from "./evaluation/metrics/features/networks/inception-2015.js";
export { tensorflowResize } from "./evaluation/metrics/features/tensorflowResize.js";
export { frechetDistance } from "./evaluation/metrics/frechet.js";
export * from "./evaluation/metrics/images.js";
export { type InceptionScoreOptions, inceptionScores } from "./evaluation/metrics/inceptionScore.js";
export { type KernelOptions, kernelDiscrepancies } from "./evaluation/metrics/kernelInception.js";
export * from "./evaluation/metrics/metric.js";
export {
  estimateMissingModes,
  type MissingModes,
  type MissingModesOptions,
} from "./evaluation/metrics/missingModes.js";
export { type CoverageScores, labelsOf, modeCoverage, partsOf } from "./evaluation/metrics/modeCoverage.js";
export { meanProbabilities, modeScores } from "./evaluation/metrics/modeScore.js";
export { Moments } from "./evaluation/metrics/moments.js";
export { NumpyRandomState } from "./evaluation/metrics/numpyRandom.js";
export * from "./evaluation/metrics/points.js";
export {
  type NeighbourOptions,
  type NeighbourScores,
  precisionRecallDensityCoverage,
} from "./evaluation/metrics/prdc.js";
export * from "./evaluation/metrics/table.js";
export * from "./exchange/mimicry.js";
export * from "./exchange/run.js";
export * from "./studies/engine/index.js";
export * from "./train/checkpoint.js";
export { missedEvaluation, type TrainingEvaluation } from "./train/evaluations.js";
export * from "./train/precisionGain.js";
export * from "./train/probe.js";
export * from "./train/record.js";
export * from "./train/train.js";
export * from "./train/trainer.js";
