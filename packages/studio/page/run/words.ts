import type { RunJson } from "../../src/json.js";
import { ago, duration, shortNumber, whole } from "../parts/words.js";

/** What a run is doing now, in a sentence. */
export function doing(run: RunJson): string {
  const { state, iteration, steps, speed, updated, pid, host, seconds } = run;
  const at = steps === null ? whole(iteration) : `${whole(iteration)} of ${whole(steps)}`;
  const where = pid === null ? "" : ` Process ${pid} on ${host}.`;
  const sign = updated === null ? "" : ` Last sign of life ${ago(updated)}.`;
  const took = seconds === null ? "" : ` after ${duration(seconds)}`;
  switch (state) {
    case "running": {
      const left = speed === null || steps === null ? undefined : (steps - iteration) / speed;
      if (steps !== null && iteration >= steps) return `Trained; an evaluation is awaited.${where}`;
      const pace = speed === null ? "" : `, ${shortNumber(speed)} a second`;
      return `Training: iteration ${at}${pace}${left === undefined ? "" : `, ${duration(left)} left`}.${where}`;
    }
    case "stalled":
      return `Its process lives, and says nothing, at iteration ${at}.${sign}${where}`;
    case "killed":
      return `Its process is gone without a word, at iteration ${at}.${sign} It goes on with gantry resume.`;
    case "stopped":
      return `Stopped at iteration ${at}${took}. It goes on with gantry resume.`;
    case "failed":
      return `Failed at iteration ${at}${took}.`;
    case "done":
      return `Finished: ${whole(iteration)} ${iteration === 1 ? "iteration" : "iterations"}${seconds === null ? "" : ` in ${duration(seconds)}`}, ${ago(updated)}.`;
    case "unreadable":
      return run.trouble ?? "It cannot be read.";
    default:
      return "It has not begun yet.";
  }
}
