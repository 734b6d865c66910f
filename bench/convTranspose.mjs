// One timing of the transposed convolution against LibTorch's own, in the OpenMP setting this process was started with.
import { grad, scope, setThreads, torch } from "@gantry/torch";
import { context } from "./context.mjs";

setThreads(2);
const x = torch.randn([64, 256, 4, 4]).requiresGrad_();
const w = torch.randn([256, 128, 4, 4]).mul(0.02).detach().requiresGrad_();
const seed = torch.randn([64, 128, 8, 8]);
const step = (forward) => () => scope(() => void grad(forward(), [x, w], { gradOutputs: [seed] }));
const ours = step(() => torch.convTranspose2d(x, w, null, 2, 1));
const theirs = step(() => torch.convolution(x, w, null, [2, 2], [1, 1], [1, 1], true, [0, 0], 1));
console.log(JSON.stringify(await context.pairs(ours, theirs)));
