/**
 * GAN training, comparison and diagnosis. Who extends it, or reads runs alone, finds more in `@gantry/gan/data`, `/nets`, `/terms`,
 * `/metrics`, `/run`, `/compare`, `/sweep` and `/figures`.
 */

// Errors that a person can cause

export { DivergedError, GantryError, RunError, UsageError } from "./core/base/errors.js";

// Configurations

export { describeOptions, type OptionDescription } from "./core/base/describe.js";
export { type Json, type JsonObject, merge } from "./core/base/json.js";
export { parseSetting, parseTerm, parseValue } from "./core/base/setting.js";
export {
  type Changes,
  type Composition,
  composeConfig,
  resolveConfig,
  validateConfig,
} from "./core/config/config.js";
export { type Length, stepsFor } from "./core/config/lengths.js";
export type { Config } from "./core/config/schema.js";

// Open sets

export { didYouMean, nearest } from "./core/base/nearest.js";
export { type Named, Registry } from "./core/base/registry.js";
export { datasets } from "./core/data/registry.js";
export { families } from "./core/nets/family.js";
export { defineRecipe, type Recipe, recipes } from "./core/recipes/recipe.js";
export { terms } from "./core/terms/registry.js";
export { metrics } from "./evaluation/metrics/metric.js";

// Parts of one's own

/** What options are described by, so that a part of one's own needs no other package. */
export { z } from "zod";
export { importAgain, importParts, type Part, register, termNamed } from "./core/base/plugins/plugins.js";
export type { PartSource } from "./core/base/plugins/source.js";
export type { KnownFamilies, KnownTerms } from "./core/config/known_gen.js";
export { defineConfig, type Project, type ProjectConfig, readProject } from "./core/config/project.js";
export type { Added, SettingsByPath, TermName, TermOptions, TermSettings } from "./core/config/typed.js";
export { defineDataset } from "./core/data/registry.js";
export { defineTerm } from "./core/game/term.js";
export { defineFamily } from "./core/nets/family.js";
export { defineMetric } from "./evaluation/metrics/metric.js";

// Data

export { openConfiguredData } from "./core/config/data.js";
export type { DataContext } from "./core/data/context.js";
export type { Dataset } from "./core/data/dataset.js";
export { type DatasetSpec, openDataset } from "./core/data/open.js";

// Training

export { buildGame, useThreads } from "./core/config/build.js";
export { type FitOptions, fitToData, fittingAugmentation } from "./core/config/fit.js";
export { requireMemory } from "./core/nets/memory.js";
export { checkpointBytes, saveCheckpoint } from "./core/state/save.js";
export { loadCheckpoint } from "./train/checkpoint.js";
export { type DiagnoseOptions, diagnoseRun, type RunDiagnosis } from "./train/diagnoseRun.js";
export { missedEvaluations, type TrainingEvaluation } from "./train/evaluations.js";
export { describeBfloat16, measureBfloat16 } from "./train/precisionGain.js";
export { type Probe, type ProbeOptions, probeRun } from "./train/probe.js";
export type { RecordOptions } from "./train/record.js";
export {
  createTrainer,
  forkRun,
  type ResumeOptions,
  type Run,
  type RunPlace,
  resumeRun,
  startRun,
  type TrainOptions,
  train,
} from "./train/train.js";
export { type StepReport, Trainer } from "./train/trainer.js";

// Runs

export { listCheckpoints } from "./core/run/checkpoints.js";
export { type CheckpointChoice, GANTRY_VERSION, RunDirectory, sampleFile } from "./core/run/directory.js";
export type { RunRecord } from "./core/run/files.js";
export { type RunSummary, readRun } from "./core/run/summary.js";

// Samples

export { type Exemplars, latentArithmetic, latentNeighbours } from "./core/sample/arithmetic.js";
export { Best } from "./core/sample/best.js";
export { PER_CLASS, parseClasses, rowClasses } from "./core/sample/classes.js";
export { interpolate } from "./core/sample/interpolate.js";
export { SampleJudge } from "./core/sample/judge.js";
export { drawMixingGrid, type MixingGridOptions, styleRanges } from "./core/sample/mixing.js";
export { type NearestReal, nearestReals } from "./core/sample/nearest.js";
export { drawSamples, toBytes } from "./core/sample/pictures.js";
export { Sampler, type SamplerOptions } from "./core/sample/sampler.js";
export { vary } from "./core/sample/vary.js";

// Evaluation and comparison

export { type Comparison, compareRuns } from "./evaluation/compare/compare.js";
export {
  Evaluation,
  type EvaluationContext,
  endEvaluations,
  evaluate,
  followEvaluations,
} from "./evaluation/evaluate/evaluate.js";
export { type EvaluationReport, type ReportedScore, writeReport } from "./evaluation/evaluate/report.js";
export {
  type EvaluationRequest,
  parseAgainst,
  parseMetrics,
  parseReference,
  parseSubject,
} from "./evaluation/evaluate/request.js";
export { evaluateTradeOff, type TradeOff, writeTradeOff } from "./evaluation/evaluate/tradeOff.js";

// Many runs

export { defineSweep, type SweepSpec } from "./sweep/spec.js";

// Networks for and of other programs

export { isMimicry, type MimicryMethod } from "./exchange/mimicry.js";
export { exportNetwork, type NetworkExport } from "./exchange/onnx/exportNetwork.js";
export { exportRun, type OnnxExport, type OnnxExportOptions } from "./exchange/onnx/exportRun.js";
export { createMimicryRun, type MimicryFile } from "./exchange/run.js";
export { requireShares } from "./train/ranks/shares.js";
export { follow } from "./train/ranks/together.js";
