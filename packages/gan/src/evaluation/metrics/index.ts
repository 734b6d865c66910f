/** Metrics, and the networks they look through, for who writes one. */
export * from "./contrastive.js";
export * from "./features/classifier.js";
export * from "./features/extractor.js";
export * from "./features/inception.js";
export * from "./features/network.js";
export { fetchInception, inceptionFetchPlan, openInception } from "./features/networks/inception-2015.js";
export { tensorflowResize } from "./features/tensorflowResize.js";
export { frechetDistance } from "./frechet.js";
export * from "./images.js";
export { type InceptionScoreOptions, inceptionScores } from "./inceptionScore.js";
export type { JudgeSettings } from "./judgeSettings.js";
export { type KernelOptions, kernelDiscrepancies } from "./kernelInception.js";
export * from "./metric.js";
export {
  estimateMissingModes,
  type MissingModes,
  type MissingModesOptions,
  pictureOfMissing,
} from "./missingEstimate.js";
export type { HoleFound } from "./missingHoles.js";
export { type CoverageScores, labelsOf, modeCoverage, partsOf } from "./modeCoverage.js";
export { meanProbabilities, modeScores } from "./modeScore.js";
export { Moments } from "./moments.js";
export { NumpyRandomState } from "./numpyRandom.js";
export * from "./points.js";
export { type NeighbourOptions, type NeighbourScores, precisionRecallDensityCoverage } from "./prdc.js";
export * from "./table.js";
