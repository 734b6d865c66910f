/** What is wrong with a training, for who asks and for who writes a finding. */
export type { Advice, Remedy } from "./advice.js";
export { type Found, replay, Watch } from "./diagnose.js";
export {
  type DataExamined,
  defineFinding,
  type Evidence,
  type Finding,
  findings,
} from "./finding.js";
export {
  type Entry,
  entriesOf,
  type History,
  logged,
  median,
  type Reading,
  series,
  streak,
  upTo,
} from "./history.js";
export { lasting } from "./late.js";
export { drawFinding } from "./pictures.js";
export { historyOf } from "./records.js";
export { type FindingReport, reportFinding } from "./report.js";
export { APART, readingEvery, SignalMeter } from "./signals.js";
