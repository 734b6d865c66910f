import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { distributed } from "@gantry/torch";
import { everyIterations } from "../core/base/schedule.js";
import type { Config } from "../core/config/schema.js";
import type { DatasetSpec } from "../core/data/open.js";
import type { DataShape } from "../core/nets/sample.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import { type BestCheckpoint, type RunDirectory, standing } from "../core/run/directory.js";
import { chooseMetrics } from "../evaluation/evaluate/evaluate.js";
import {
  type EvaluationReport,
  type EvaluationRequest,
  parseMetrics,
  type ReportedScore,
  type Subject,
} from "../evaluation/evaluate/index.js";
import { checkInProcess, evaluateInProcess } from "./evaluationProcess.js";
import { paceOf } from "./pace.js";

/** What an evaluation during training found. */
export interface TrainingEvaluation {
  /** Of the checkpoint that was judged. */
  readonly iteration: number;
  readonly report: EvaluationReport;
  /** The score by which the best checkpoint is chosen; undefined when the report has none of that name. */
  readonly chosen: ReportedScore | undefined;
  /** Whether it is the best one so far. */
  readonly isBest: boolean;
}

type EvaluationConfig = NonNullable<Config["evaluation"]>;

/** How an evaluation ended. */
type Outcome =
  | { readonly iteration: number; readonly report: EvaluationReport }
  | { readonly iteration: number; readonly error: Error };

function requestOf(config: EvaluationConfig, subject: Subject): EvaluationRequest {
  return {
    subject,
    metrics: config.metrics === null ? undefined : parseMetrics(config.metrics),
    samples: config.samples ?? undefined,
    network: config.network ?? undefined,
    ...(config.resize === "refuse" ? {} : { resize: config.resize }),
  };
}

/**
 * Looks whether what a configuration says of its evaluations is known, before anything is opened.
 * @throws UsageError
 */
export async function checkEvaluationWords({ evaluation }: Config): Promise<void> {
  if (typeof evaluation?.metrics !== "string") return;
  await chooseMetrics(parseMetrics(evaluation.metrics), undefined);
}

/**
 * Looks whether the evaluations of a configuration can be done, before anything is trained.
 * @throws UsageError
 */
export async function checkEvaluations(config: Config, data: DataShape, signal?: AbortSignal): Promise<void> {
  if (config.evaluation === null) return;
  // It is asked for nothing: only the real side and the networks are opened.
  const generator = { kind: "generator", name: config.recipe, data, begin: undefined } as unknown as Subject;
  const against = { kind: "data", spec: config.data as DatasetSpec } as const;
  await checkInProcess({ ...requestOf(config.evaluation, generator), against }, signal);
}

/**
 * Evaluations that may wait while one is under way. Each keeps its checkpoint on disk; with more, the training waits.
 */
export const WAITING = 3;

/**
 * The checkpoints up to an iteration that should have been evaluated and were not, ascending: they were waiting, or their
 * training or evaluation was interrupted.
 */
export async function missedEvaluations(run: RunDirectory, until: number): Promise<number[]> {
  const { evaluation, steps } = run.config;
  if (evaluation === null) return [];
  const events = standing(await run.readEvents());
  const done = new Set(events.filter(({ event }) => event === "evaluation").map((each) => each.iteration));
  const every = everyIterations(evaluation.every, paceOf(run.config, run.record.data?.count ?? 1));
  const isDue = (iteration: number) => iteration > 0 && (iteration % every === 0 || iteration === steps);
  const known = await listCheckpoints(run.checkpoints);
  return known.filter((iteration) => iteration <= until && isDue(iteration) && !done.has(iteration));
}

/** Has other processes share the evaluation of a run: where they meet, if any do. */
export type Gather = (run: string) => Promise<distributed.GroupPlace | undefined>;

/**
 * The evaluations of a run that is being trained: one at a time, of checkpoints, in a process of its own. One that is due
 * while another is under way waits for its turn.
 */
export class Evaluations {
  readonly #run: RunDirectory;
  readonly #config: EvaluationConfig;
  readonly #every: number;
  readonly #gather: Gather;
  readonly #abort = new AbortController();
  /** Iterations, ascending. */
  readonly #waiting: number[] = [];
  #underway: { readonly iteration: number; readonly ended: Promise<Outcome> } | undefined;
  #outcome: Outcome | undefined;
  #best: BestCheckpoint | undefined;

  private constructor(run: RunDirectory, config: EvaluationConfig, every: number, gather: Gather) {
    this.#run = run;
    this.#config = config;
    this.#every = every;
    this.#gather = gather;
  }

  /**
   * @param iteration where training goes on: a best checkpoint of a later one is of a future that is given up
   * @param every iterations between evaluations
   * @param gather default: each is done by one process
   */
  static async open(
    run: RunDirectory,
    config: EvaluationConfig,
    iteration: number,
    every: number,
    gather: Gather = async () => undefined,
  ): Promise<Evaluations> {
    const evaluations = new Evaluations(run, config, every, gather);
    const best = await run.best();
    if (best !== undefined && best.iteration > iteration) await rm(join(run.path, "best.json"));
    else evaluations.#best = best;
    return evaluations;
  }

  /** Iterations whose checkpoints are still needed. */
  get needed(): Set<number> {
    const held = [this.#underway, this.#best].flatMap((each) => each?.iteration ?? []);
    return new Set([...held, ...this.#waiting]);
  }

  get underway(): number | undefined {
    return this.#underway?.iteration;
  }

  /** Whether more wait than may: the training is to wait too. */
  get isFull(): boolean {
    return this.#waiting.length > WAITING;
  }

  isDue(iteration: number): boolean {
    return iteration > 0 && iteration % this.#every === 0;
  }

  /** Evaluates the checkpoint of an iteration: at once, or when those before it have ended and been taken. */
  async add(iteration: number): Promise<void> {
    if (this.#underway?.iteration === iteration || this.#waiting.includes(iteration)) return;
    this.#waiting.push(iteration);
    await this.#beginNext();
  }

  async #beginNext(): Promise<void> {
    if (this.#underway !== undefined) return;
    const iteration = this.#waiting.shift();
    if (iteration === undefined) return;
    const request = requestOf(this.#config, { kind: "run", path: this.#run.path, iteration });
    const place = await this.#gather(this.#run.path);
    const ended = evaluateInProcess(request, this.#abort.signal, place).then(
      (report): Outcome => ({ iteration, report }),
      (error: Error): Outcome => ({ iteration, error }),
    );
    this.#underway = { iteration, ended };
    void ended.then((outcome) => {
      this.#outcome = outcome;
    });
  }

  /**
   * What has ended since it was last asked, written into the run's events and, if it is the best, into best.json. The next
   * one begins.
   * @throws what the evaluation failed with; FormatError when it cannot be written
   */
  async take(): Promise<TrainingEvaluation | undefined> {
    const outcome = this.#outcome;
    if (outcome === undefined) return undefined;
    this.#outcome = undefined;
    this.#underway = undefined;
    // An aborted signal ends the next one as soon as it has begun.
    if (!this.#abort.signal.aborted) await this.#beginNext();
    if ("error" in outcome) throw outcome.error;
    const { iteration, report } = outcome;
    const { best: wanted } = this.#config;
    const chosen = report.scores.find(
      ({ name, metric }) => wanted === null || name === wanted || metric === wanted,
    );
    const isBest = chosen !== undefined && this.#isBest(iteration, chosen);
    if (chosen !== undefined && isBest) {
      const { name, value, better } = chosen;
      const best = { iteration, name, value, better };
      // Before the event, which says that it is done: killed between the two, it is done again.
      await this.#run.writeBest(best);
      this.#best = best;
    }
    await this.#run.append({
      event: "evaluation",
      iteration,
      ...scalarsOf(report),
      // What is behind the numbers is long, and `gantry eval` tells it.
      report: { ...report, scores: report.scores.map((score) => ({ ...score, detail: null })) },
    });
    return { iteration, report, chosen, isBest };
  }

  #isBest(iteration: number, { name, value, better }: ReportedScore): boolean {
    const best = this.#best;
    // Of another name: the configuration was changed, or another network is used.
    if (best === undefined || best.name !== name || best.iteration === iteration) return true;
    return better === "lower" ? value < best.value : value > best.value;
  }

  /** Waits until the evaluation under way has ended, the signal is aborted, or some milliseconds have passed. */
  async wait(signal: AbortSignal | undefined, most: number): Promise<void> {
    if (this.#underway === undefined || signal?.aborted === true) return;
    const { promise, stop } = passed(signal, most);
    await Promise.race([this.#underway.ended, promise]);
    stop();
  }

  /** Ends the evaluation under way, if there is one. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#underway?.ended;
  }
}

/** Some milliseconds, or until the signal is aborted. */
function passed(signal: AbortSignal | undefined, milliseconds: number) {
  let stop = () => {};
  const promise = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => resolve();
    signal?.addEventListener("abort", end, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    };
  });
  return { promise, stop };
}

/** Scores as scalars of events and TensorBoard: `eval/fid[cifar10-cnn]`. */
export const scalarsOf = ({ scores }: EvaluationReport): Record<string, number> =>
  Object.fromEntries(scores.map(({ name, value }) => [`eval/${name}`, value]));
