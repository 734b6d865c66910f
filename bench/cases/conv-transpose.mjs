import { grad, scope, setThreads, torch } from "@gantry/torch";

const THREADS = 2;

/** The layer that every DCGAN-like generator is made of, against LibTorch's own. */
export default {
  name: "conv-transpose",
  what: "transposed convolution, forward and backward, 4x4 kernel, stride 2, padding 1",
  async run({ pairs }) {
    setThreads(THREADS);
    const x = torch.randn([64, 256, 4, 4]).requiresGrad_();
    const w = torch.randn([256, 128, 4, 4]).mul(0.02).detach().requiresGrad_();
    const seed = torch.randn([64, 128, 8, 8]);
    const step = (forward) => () => scope(() => void grad(forward(), [x, w], { gradOutputs: [seed] }));
    const ours = step(() => torch.convTranspose2d(x, w, null, 2, 1));
    const theirs = step(() => torch.convolution(x, w, null, [2, 2], [1, 1], [1, 1], true, [0, 0], 1));
    const result = await pairs(ours, theirs);
    return {
      ...result,
      shapes: "input float32[64,256,4,4], weight float32[256,128,4,4]",
      threads: THREADS,
      against: "aten::conv_transpose2d in the same process",
      target: "at least 5 times as fast",
      met: result.ratio.median >= 5,
    };
  },
};
