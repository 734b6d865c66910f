import { Profile } from "@gantry/torch";
import { startTraining } from "../training.mjs";

const ITERATIONS = 200;
const ROUNDS = 7;

/** As `gantry train gan --profile` tells it; what the measuring itself costs counts as time outside. */
export default {
  what: "share of an iteration of the 2-D ring (PacGAN's networks, batch 100) spent outside calls into LibTorch",
  async run({ sample, times }) {
    const training = await startTraining({ recipe: "gan", settings: ["threads=1"] });
    const [iterations, outside] = [[], []];
    const costs = new Map();
    try {
      await training.run(ITERATIONS);
      for (let round = 0; round < ROUNDS; round++) {
        const profile = new Profile();
        try {
          await training.run(ITERATIONS);
        } finally {
          profile.stop();
        }
        const { count, seconds } = profile.frames;
        const operators = profile.sums().filter(({ kind }) => kind === "operator");
        for (const { name, seconds } of operators) costs.set(name, (costs.get(name) ?? 0) + seconds);
        const inside = operators.reduce((sum, operator) => sum + operator.seconds, 0);
        iterations.push(seconds / count);
        outside.push(100 * (1 - inside / seconds));
      }
    } finally {
      await training.close();
    }
    const share = sample(outside, "%");
    const all = [...costs.values()].reduce((sum, seconds) => sum + seconds, 0);
    const dearest = [...costs].sort((a, b) => b[1] - a[1]).slice(0, 6);
    return {
      shapes: "points [100,2], latents [100,2]",
      threads: 1,
      ours: times(iterations),
      ratio: share,
      ratioIs: "outside",
      target: "at most 40%",
      met: share.median <= 40,
      notes: [
        `inside, most goes to ${dearest.map(([name, seconds]) => `${name} ${((100 * seconds) / all).toFixed(0)}%`).join(", ")}`,
      ],
    };
  },
};
