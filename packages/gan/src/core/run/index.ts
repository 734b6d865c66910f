/** A run's folder, for who reads it: without the engine, which none of this loads. */
export * from "./checkpoints.js";
export { claimRun, claimUnused, type RunClaim, refuseRun, unusedPath } from "./claim.js";
export { type Curve, curvesOf, holdsScalars, tellsWhen, thin } from "./curves.js";
export { withOtherData } from "./data.js";
export * from "./directory.js";
export type { RunRecord } from "./files.js";
export {
  describeSource,
  importRunParts,
  isForeign,
  type RunPartsOptions,
  type UsedSource,
} from "./imports.js";
export { type LockHolder, type LockOptions, lockHolder, RunLock } from "./lock.js";
export { overviewOf, type RunOverview, runsUnder } from "./overview.js";
export type { RunScore } from "./scores.js";
export { type RunSummary, readRun, runsAt, summariseRun } from "./summary.js";
