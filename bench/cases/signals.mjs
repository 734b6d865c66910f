// What looking at a training costs: one reading of its signals, over the iterations between two readings.
import { cpus } from "node:os";
import { APART, SignalMeter } from "@gantry/gan/diagnose";
import { startTraining } from "../training.mjs";

const ROUNDS = 7;
/** Iterations timed beside each reading. */
const ITERATIONS = 20;

const cases = [
  { label: "gan --preset small", kind: "points", recipe: "gan", preset: "small", threads: 1 },
  { label: "dcgan --preset small", kind: "images", recipe: "dcgan", preset: "small", shape: [1, 28, 28] },
  { label: "sngan --preset small", kind: "images", recipe: "sngan", preset: "small", shape: [3, 32, 32] },
];

export default {
  what: "measuring a training's signals, as a share of the iterations between two readings",
  async run({ turns, times, sample }) {
    const results = [];
    for (const { label, kind, threads = cpus().length, ...training } of cases) {
      const started = await startTraining({ ...training, settings: [`threads=${threads}`] });
      const meter = new SignalMeter(started.trainer);
      try {
        const taken = await turns(
          {
            reading: () => void meter.read(),
            iteration: async () => (await started.run(ITERATIONS)) / ITERATIONS,
          },
          { rounds: ROUNDS, warmups: 3 },
        );
        const ratio = sample(
          taken.reading.map((seconds, i) => (100 * seconds) / (APART[kind] * taken.iteration[i])),
          "%",
        );
        results.push({
          label,
          shapes: `a reading every ${APART[kind]} iterations at most`,
          threads,
          ours: times(taken.reading),
          peer: times(taken.iteration),
          ratio,
          ratioIs: "costs more by",
          against: "one iteration",
          target: "at most 1%",
          met: ratio.median <= 1,
        });
      } finally {
        meter.close();
        await started.close();
      }
    }
    return results;
  },
};
