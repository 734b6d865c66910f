import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sngan } from "../arithmetic.mjs";
import { startTraining } from "../training.mjs";

const gantry = fileURLToPath(new URL("../../packages/cli/bin/gantry.mjs", import.meta.url));
const ROUNDS = 3;
const TARGETS = { float32: 95, bfloat16: 75 };

/** GFLOPS of a 3x3 convolution, by precision, as `gantry doctor` measures them in a process of its own. */
async function peaks(threads) {
  // It fails where data is missing, and says what it measured all the same.
  const { stdout } = await promisify(execFile)(process.execPath, [gantry, "doctor", "--json"], {
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  }).catch((error) => error);
  const { gflops } = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .find((report) => report.gflops !== undefined);
  return { float32: gflops["float32 channels-last"], bfloat16: gflops["bfloat16 channels-last"] };
}

export default {
  what: "share of this machine's convolution peak that SNGAN sustains over a whole iteration",
  async run({ sample }) {
    const threads = cpus().length;
    const operations = sngan();
    const opened = {};
    const measured = { float32: [], bfloat16: [] };
    try {
      for (const precision of Object.keys(TARGETS)) {
        opened[precision] = await startTraining({
          recipe: "sngan",
          settings: ["batch=64", `threads=${threads}`, `precision=${precision}`],
          shape: [3, 32, 32],
        });
        await opened[precision].run(1);
      }
      for (let round = 0; round < ROUNDS; round++) {
        const peak = await peaks(threads);
        for (const [precision, { run }] of Object.entries(opened))
          measured[precision].push({ rate: operations / (await run(1)) / 1e9, peak: peak[precision] });
      }
    } finally {
      for (const training of Object.values(opened)) await training.close();
    }
    return Object.entries(TARGETS).map(([label, target]) => {
      const rounds = measured[label];
      const share = sample(
        rounds.map(({ rate, peak }) => (100 * rate) / peak),
        "%",
      );
      return {
        label,
        shapes: "images [64,3,32,32], G 256 channels, D 128, nearest upsampling",
        threads,
        ours: sample(
          rounds.map(({ rate }) => rate),
          " GFLOPS",
        ),
        peer: sample(
          rounds.map(({ peak }) => peak),
          " GFLOPS",
        ),
        against: "gantry doctor: 3x3, 128 channels, channels-last",
        ratio: share,
        ratioIs: "share",
        target: `at least ${target}%`,
        met: share.median >= target,
        notes: [`${(operations / 1e9).toFixed(0)} GFLOP an iteration in the plain form`],
      };
    });
  },
};
