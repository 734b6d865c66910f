import { Inception, inceptionShapes } from "@gantry/gan/metrics";
import { scope, setThreads, torch } from "@gantry/torch";
import { startPeer } from "../peer.mjs";

const THREADS = 2;
const BATCH = 16;
const SIZE = 32;

/** Weights of the right shapes; what they are does not change the time. */
function anyWeights() {
  return new Map(
    Array.from(inceptionShapes(), ([name, shape]) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (name.endsWith("running_var")) values.fill(1);
      else for (let i = 0; i < values.length; i++) values[i] = (((i * 7919) % 101) / 101 - 0.5) * 0.05;
      return [name, { dtype: "float32", shape, data: new Uint8Array(values.buffer) }];
    }),
  );
}

export default {
  what: "features of FID's Inception-v3, a batch of images",
  async run({ pairs, alone }) {
    setThreads(THREADS);
    const network = new Inception(anyWeights());
    const images = torch.randint(0, 256, [BATCH, 3, SIZE, SIZE]).to({ dtype: "uint8" });
    const ours = () => scope(() => void network.features(images, ["2048"])["2048"].sum().item());
    const about = { shapes: `uint8[${BATCH},3,${SIZE},${SIZE}]`, threads: THREADS };
    const options = { rounds: 7, warmups: 1, unit: "ms", per: BATCH };
    const peer = await startPeer("inception", { batch: BATCH, size: SIZE, threads: THREADS });
    try {
      if (peer === undefined)
        return {
          ...about,
          ours: await alone(ours, options),
          notes: ["no python3 with torch to compare with"],
        };
      const result = await pairs(ours, () => peer.run(1), options);
      return {
        ...about,
        ...result,
        against: `the same network in PyTorch ${peer.version}, channels last`,
        notes: ["per image"],
        target: "at least as fast",
        met: result.ratio.median >= 1,
      };
    } finally {
      peer?.close();
      network.dispose();
    }
  },
};
