import type { RunDirectory } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { amount } from "../render/format.js";
import { parseRun } from "../settings.js";

export default defineCommand({
  name: "resume",
  summary: "go on with a run from its last checkpoint",
  description:
    "Goes on with a run from its last checkpoint, the one at STEP, or the best one (RUN@best), to the end that was planned, and " +
    "makes up for an evaluation that was interrupted. It gives the same bits as a run that was never interrupted.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [{ flags: "--json", description: "print one JSON object a line" }],
  examples: [
    ["gantry resume runs/dcgan-fashion-mnist-0", "from the newest checkpoint"],
    ["gantry resume runs/dcgan-fashion-mnist-0@500", "from an earlier one"],
  ],
  async run(output, [name = ""]) {
    const { missedEvaluation, resumeRun, RunDirectory, UsageError } = await import("@gantry/gan");
    const { path, iteration } = await parseRun(name);
    const directory = await RunDirectory.open(path);
    await refuseWhileRunning(directory);
    const from = await directory.checkpoint(iteration);
    const isTrained = from.iteration >= directory.config.steps;
    if (isTrained && (await missedEvaluation(directory, from.iteration)) === undefined)
      throw new UsageError(
        `${path}: its ${amount(directory.config.steps, "iterations")} ${directory.config.steps === 1 ? "is" : "are"} done; to go on, fork it: gantry fork ${path} --set steps=${2 * directory.config.steps}`,
      );
    const { trainAndShow } = await import("../training.js");
    return await trainAndShow(output, path, (context) => resumeRun(path, iteration, context));
  },
});

/** Milliseconds after which a heartbeat says nothing about its writer. */
const STALE = 60_000;

/** Two processes that write into one run would spoil it. */
async function refuseWhileRunning(directory: RunDirectory): Promise<void> {
  const { path } = directory;
  const { hostname } = await import("node:os");
  const { RunError } = await import("@gantry/gan");
  const beat = await directory.readHeartbeat();
  if (beat === undefined) return;
  const fresh = Date.now() - Date.parse(beat.time) < STALE;
  if (beat.state !== "running" || beat.host !== hostname() || !fresh || beat.pid === process.pid) return;
  try {
    process.kill(beat.pid, 0);
  } catch {
    return;
  }
  throw new RunError(`${path}: process ${beat.pid} is training it now; stop that one first`);
}
