import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPeer } from "../peer.mjs";

const script = fileURLToPath(new URL("../peakMemory.mjs", import.meta.url));
const MIB = 2 ** 20;

/** Each side in a process of its own, interpreter and libraries included. */
export default {
  what: "peak resident memory of SNGAN at 32 pixels, full width, bilinear upsampling, batch 64, three iterations",
  async run({ sample }) {
    const threads = cpus().length;
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(threads)]);
    const ours = Number(stdout) / MIB;
    const about = {
      shapes: "images [64,3,32,32], G 256 channels, D 128",
      threads,
      ours: sample([ours], " MiB"),
    };
    const options = { channels: 128, upsampling: "bilinear", inPlace: true, batch: 64, threads };
    const peer = await startPeer("sngan", options);
    if (peer === undefined)
      return { ...about, notes: ["no Python with torch here: no peer to compare with"] };
    try {
      await peer.run(3);
      const theirs = (await peer.memory()) / MIB;
      return {
        ...about,
        peer: sample([theirs], " MiB"),
        against: `PyTorch ${peer.version}, float32, the public code's loop`,
        ratio: sample([(100 * ours) / theirs], "%"),
        ratioIs: "share",
        target: "at most 60%",
        met: ours / theirs <= 0.6,
      };
    } finally {
      peer.close();
    }
  },
};
