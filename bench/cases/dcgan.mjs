import { cpus } from "node:os";
import { startPeer } from "../peer.mjs";
import { startTraining } from "../training.mjs";

const ITERATIONS = 4;

/** One DCGAN iteration through Gantry's own training loop against the same written plainly in PyTorch. */
export default {
  name: "dcgan",
  what: "DCGAN at 32 pixels, 64 channels, batch 64: one D and one G update",
  async run({ pairs, alone }) {
    const threads = cpus().length;
    const training = await startTraining({
      recipe: "dcgan",
      settings: ["batch=64", `threads=${threads}`],
      shape: [3, 32, 32],
    });
    const peer = await startPeer("dcgan", {
      size: 32,
      channels: 64,
      color: 3,
      latent: 100,
      batch: 64,
      threads,
    });
    const ours = () => training.run(ITERATIONS);
    const shapes = "float32 images [64,3,32,32], latents [64,100]";
    try {
      if (peer === undefined) {
        const notes = ["no Python with torch here: no peer to compare with"];
        return { shapes, threads, ours: await alone(ours, { per: ITERATIONS, rounds: 7 }), notes };
      }
      const times = await pairs(ours, () => peer.run(ITERATIONS), { per: ITERATIONS, rounds: 9 });
      return {
        shapes,
        threads,
        ...times,
        against: `python3-torch ${peer.version}, the public code's loop`,
        target: "at least 3 x",
        met: times.ratio.median >= 3,
      };
    } finally {
      peer?.close();
      await training.close();
    }
  },
};
