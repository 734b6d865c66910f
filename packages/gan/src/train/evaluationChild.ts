// Evaluates beside a training: a request (and whether it is only to be checked) as one line of JSON on standard input, a
// line of JSON with what came of it on standard output. Standard input stays open as long as the training lives.
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import type { EvaluationRequest } from "../evaluate/index.js";

/** What the training asks for. */
export interface EvaluationOrder {
  readonly request: EvaluationRequest;
  /** Only look whether it can be done; the subject then stands for a generator that is not there yet. */
  readonly check: boolean;
}

// The training goes first.
setPriority(19);
// Ctrl-C reaches every process of a terminal: the training decides what becomes of this one.
process.on("SIGINT", () => {});

const input = createInterface({ input: process.stdin });
input.once("line", (line) => void work(JSON.parse(line) as EvaluationOrder));
// Nobody is left to tell.
input.once("close", () => process.exit(1));

async function work({ request, check }: EvaluationOrder): Promise<void> {
  let answer: object;
  try {
    const { Evaluation } = await import("../evaluate/index.js");
    const { setThreads } = await import("@gantry/torch");
    const evaluation = await Evaluation.open(request);
    // Whatever the run's own networks are trained with.
    setThreads(1);
    answer = check ? {} : { report: await evaluation.run() };
    evaluation.close();
  } catch (error) {
    const { message, exitCode } = error as { message?: string; exitCode?: number };
    answer = { error: message ?? String(error), isRequest: exitCode === 2 };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}
