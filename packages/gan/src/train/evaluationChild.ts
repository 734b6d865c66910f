// Evaluates beside a training: a request (and whether it is only to be checked) as one line of JSON on standard input, a
// line of JSON with what came of it on standard output. Its argument is the training's process, with which it ends.
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { distributed } from "@gantry/torch";
import type { PartSource } from "../core/base/plugins/source.js";
import { leaveSignalsToParent } from "../core/base/signals.js";
import type { EvaluationRequest } from "../evaluation/evaluate/index.js";

/** What the training asks for. */
export interface EvaluationOrder {
  /** Absent where it shares the work of the process that is rank 0. */
  readonly request?: EvaluationRequest | undefined;
  /** Where it meets others that share the work, if any do. */
  readonly place?: distributed.GroupPlace | undefined;
  /** What the training imported. */
  readonly sources: readonly PartSource[];
  /** Only look whether it can be done; the subject then stands for a generator that is not there yet. */
  readonly check: boolean;
}

leaveSignalsToParent();

// A long computation keeps this thread from hearing that nobody is left to tell.
new Worker(new URL("./parentWatch.js", import.meta.url), { workerData: Number(process.argv[2]) }).unref();

const input = createInterface({ input: process.stdin });
input.once("line", (line) => void work(JSON.parse(line) as EvaluationOrder));
input.once("close", () => process.exit(1));

async function work({ request, place, check, sources }: EvaluationOrder): Promise<void> {
  let answer: object;
  // A training that is under way goes first; for the check before it somebody waits.
  if (!check) setPriority(19);
  try {
    const { Evaluation, endEvaluations, followEvaluations } = await import("../evaluation/evaluate/index.js");
    const { distributed, setThreads } = await import("@gantry/torch");
    // Behind the evaluation, with which every kind of part is known.
    if (sources.length > 0) await (await import("../core/base/plugins/plugins.js")).importAgain(sources);
    if (place !== undefined) await distributed.joinRanks(place);
    // Whatever a run's own networks are trained with.
    const begun = () => setThreads(1);
    if (request === undefined) {
      await followEvaluations({ onOpen: begun });
      answer = {};
    } else {
      const evaluation = await Evaluation.open(request);
      begun();
      answer = check ? {} : { report: await evaluation.run() };
      evaluation.close();
      await endEvaluations();
    }
  } catch (error) {
    const { message, exitCode } = error as { message?: string; exitCode?: number };
    answer = { error: message ?? String(error), isRequest: exitCode === 2 };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}
