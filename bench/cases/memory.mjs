import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../memory.mjs", import.meta.url));

async function watch(kind, sample) {
  // V8 enlarges its young generation by some 16 MiB once, whenever it pleases: it begins with the room it ends with, so
  // that what is seen to grow is the training.
  const { stdout } = await promisify(execFile)(process.execPath, ["--min-semi-space-size=16", script, kind]);
  const { shapes, threads, resident, live } = JSON.parse(stdout);
  const [first] = resident;
  const change = (value) => `${(100 * (value / first - 1)).toFixed(2)}%`;
  const [low, high] = [Math.min(...resident), Math.max(...resident)];
  return {
    shapes,
    threads,
    ours: sample(resident, " MiB"),
    target: "the most of 50 iterations within 5% of that up to iteration 500, live tensors constant",
    met: high / first < 1.05 && low / first > 0.95 && live.length === 1,
    notes: [
      `against iterations 451 to 500: at most ${change(high)}, at least ${change(low)}, at the end ${change(resident.at(-1))}; halfway to end ${(100 * (resident.at(-1) / resident[Math.floor(resident.length / 2)] - 1)).toFixed(2)}%`,
      `live: ${live.slice(0, 3).join("; ")}${live.length > 3 ? `; ${live.length} different counts` : ""}`,
    ],
  };
}

/** Whether training leaks: memory over 5,000 iterations of small networks, and 2,000 of larger ones. */
export default {
  what: "resident memory and live tensors over thousands of iterations of training, after the first 500",
  async run({ sample }) {
    return [await watch("points", sample), await watch("images", sample), await watch("large", sample)];
  },
};
