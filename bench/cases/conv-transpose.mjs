import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../convTranspose.mjs", import.meta.url));

/** How long GNU OpenMP's threads spin while they wait, where nobody says otherwise. */
const STOCK_SPIN = "300000";

async function measure(environment) {
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env: environment });
  return JSON.parse(stdout);
}

/** The layer that every DCGAN-like generator is made of, against LibTorch's own in the same process. */
export default {
  what: "transposed convolution, forward and backward, 4x4 kernel, stride 2, padding 1",
  async run() {
    const shared = {
      shapes: "input float32[64,256,4,4], weight float32[256,128,4,4]",
      threads: 2,
      against: "aten::conv_transpose2d in the same process",
    };
    const { GOMP_SPINCOUNT: _ours, ...environment } = process.env;
    const stock = await measure({ ...environment, GOMP_SPINCOUNT: STOCK_SPIN });
    const gantry = await measure(environment);
    return [
      {
        ...shared,
        ...stock,
        target: "at least 5 times as fast",
        met: stock.ratio.median >= 5,
        notes: ["threads wait as OpenMP's default has it, which is where LibTorch's own is slow"],
      },
      {
        ...shared,
        ...gantry,
        notes: ["threads wait as Gantry has them wait: LibTorch's own gains by that too"],
      },
    ];
  },
};
