import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { Generator } from "../contract.js";
import { defineFamily, type NetRequest } from "../family.js";
import { AutoganCell } from "../layers/autoganCell.js";
import type { Prior } from "../prior.js";
import { ResNetDiscriminator } from "../residual/discriminator.js";
import { resnetEncoder } from "../residual/encoder.js";
import { FULL_CHANNELS, resnetPlan } from "./resnet.js";

const options = z.strictObject({
  architecture: z.enum(["a", "b", "c"]).default("a").describe("which of the three published generators"),
  channels: z
    .int()
    .min(2)
    .max(16_384)
    .multipleOf(2, "must be even")
    .default(FULL_CHANNELS)
    .describe("width of D; G's is twice that"),
  skipTap: z
    .enum(["code", "figure"])
    .default("code")
    .describe("what a cell hands to later ones; code: with the skips it took; figure: without them"),
});

type Options = z.output<typeof options>;

/** The cells of the generators found by the search. Source: VITA-Group/AutoGAN, models/autogan_cifar10_{a,b,c}.py. */
const CELLS = {
  a: [
    { upsampling: "nearest", shortcut: true, batchNorm: false },
    { upsampling: "bilinear", shortcut: true, batchNorm: false },
    { upsampling: "nearest", shortcut: false, batchNorm: false },
  ],
  b: [
    { upsampling: "nearest", shortcut: true, batchNorm: false },
    { upsampling: "nearest", shortcut: true, batchNorm: false },
    { upsampling: "nearest", shortcut: true, batchNorm: false },
  ],
  c: [
    { upsampling: "nearest", shortcut: true, batchNorm: true },
    { upsampling: "bilinear", shortcut: true, batchNorm: false },
    { upsampling: "nearest", shortcut: false, batchNorm: false },
  ],
} as const;

const BASE = 4;

/** Convolutions Xavier-uniform with gain 1, scales N(1, 0.02); linear layers keep PyTorch's. Source: its train.py. */
function initialise<T extends nn.Module>(network: T): T {
  for (const [, layer] of network.namedModules()) {
    if (layer instanceof nn.Conv2d) nn.init.xavierUniform_(layer.weight);
    else if (layer instanceof nn.BatchNorm2d && layer.weight !== undefined)
      nn.init.normal_(layer.weight, 1, 0.02);
    else if (layer instanceof nn.Linear) nn.init.kaimingUniform_(layer.weight, Math.sqrt(5));
  }
  return network;
}

class AutoganGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  readonly linear: nn.Linear;
  readonly cells: readonly AutoganCell[];
  readonly norm: nn.BatchNorm2d;
  readonly conv: nn.Conv2d;
  readonly #width: number;

  constructor({ architecture, channels, skipTap }: Options, { data, prior }: NetRequest) {
    super();
    this.prior = prior;
    this.outputShape = data.shape;
    const width = 2 * channels;
    this.#width = width;
    this.linear = new nn.Linear(prior.size, width * BASE * BASE);
    this.cells = CELLS[architecture].map(
      (cell, skips) => new AutoganCell(width, { ...cell, skips, skipTap }),
    );
    this.norm = new nn.BatchNorm2d(width);
    this.conv = new nn.Conv2d(width, data.shape[0]!, { kernelSize: 3, padding: 1 });
    initialise(this);
  }

  forward(latent: Tensor): Tensor {
    let map = this.linear
      .forward(latent)
      .view([-1, this.#width, BASE, BASE])
      .contiguous({ memoryFormat: "channelsLast" });
    const skips: Tensor[] = [];
    for (const cell of this.cells) {
      const { output, skip } = cell.forward(map, skips);
      skips.push(skip);
      map = output;
    }
    return this.conv.forward(this.norm.activated(map, 0)).tanh();
  }
}

/** The generators that AutoGAN's search found on CIFAR-10, with the discriminator of SNGAN (its last layer without bias). */
export default defineFamily({
  name: "autogan",
  summary: "the generators AutoGAN's search found, 32 pixels",
  source: "Gong et al. 2019 (AutoGAN); VITA-Group/AutoGAN",
  conditional: false,
  options,
  check(_options, data) {
    const [, height, width] = data.shape;
    if (data.kind === "images" && height === 32 && width === 32) return undefined;
    return `the autogan networks are for images of 32 pixels, not [${data.shape}]; set data.size=32`;
  },
  generator: (o, request) => new AutoganGenerator(o, request),
  discriminator: ({ channels }, request) =>
    initialise(
      new ResNetDiscriminator({ ...resnetPlan(request.inputShape, channels), bias: false }, request),
    ),
  encoder: ({ channels }, request) =>
    initialise(resnetEncoder(resnetPlan(request.data.shape, channels), request)),
});
