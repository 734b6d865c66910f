import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { distributed } from "@gantry/torch";
import { RunError, UsageError } from "../core/base/errors.js";
import { importedSources } from "../core/base/plugins/plugins.js";
import type { EvaluationReport, EvaluationRequest } from "../evaluation/evaluate/index.js";
import type { EvaluationOrder } from "./evaluationChild.js";

/**
 * Evaluates in a process of its own, of one thread and the least priority, which ends with this one.
 * @param place where it meets others that share the work
 * @throws UsageError for a request that makes no sense; RunError for what failed; the signal's reason when aborted
 */
export async function evaluateInProcess(
  request: EvaluationRequest,
  signal?: AbortSignal,
  place?: distributed.GroupPlace,
): Promise<EvaluationReport> {
  const { report } = await order({ request, check: false, place, sources: importedSources() }, signal);
  if (report === undefined) throw new RunError("the evaluation's process told no result");
  return report;
}

/**
 * Shares, in such a process, the work of the one that another process started.
 * @param environment laid over this process's
 */
export async function helpInProcess(
  place: distributed.GroupPlace,
  signal: AbortSignal,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  await order({ check: false, place, sources: [] }, signal, environment);
}

/**
 * Looks whether a request can be done, without doing it.
 * @throws as {@link evaluateInProcess}
 */
export async function checkInProcess(request: EvaluationRequest, signal?: AbortSignal): Promise<void> {
  await order({ request, check: true, sources: importedSources() }, signal);
}

interface Answer {
  readonly report?: EvaluationReport;
  readonly error?: string;
  /** Whether the error is a mistake in the request. */
  readonly isRequest?: boolean;
}

async function order(
  what: EvaluationOrder,
  signal?: AbortSignal,
  environment?: NodeJS.ProcessEnv,
): Promise<Answer> {
  signal?.throwIfAborted();
  const script = fileURLToPath(new URL("./evaluationChild.js", import.meta.url));
  const child = spawn(process.execPath, [script, String(process.pid)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment, OMP_NUM_THREADS: "1" },
  });
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  // A child that dies early closes its input; why, its exit tells.
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify(what)}\n`);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, by) => resolve(by === null ? `exit status ${status}` : `ended by ${by}`));
  });
  const [end, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  signal?.removeEventListener("abort", kill);
  signal?.throwIfAborted();
  let answer: Answer;
  try {
    answer = JSON.parse(stdout) as Answer;
  } catch {
    throw new RunError(`the evaluation's process failed: ${stderr.trim().split("\n").at(-1) || end}`);
  }
  if (answer.error !== undefined)
    throw answer.isRequest === true ? new UsageError(answer.error) : new RunError(answer.error);
  return answer;
}
