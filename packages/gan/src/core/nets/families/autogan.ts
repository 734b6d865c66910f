import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { defineFamily, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { AutoganCell } from "../layers/autoganCell.js";
import { drawReference, generatorNormOptions, normMakers, type PlainNorm } from "../layers/generatorNorm.js";
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
  ...generatorNormOptions,
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

/** Side of G's first map, by size of the image: bottom_width of its code. */
const BASES: Readonly<Record<number, number>> = { 32: 4, 48: 6 };

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

class AutoganGenerator extends LabelledGenerator {
  readonly linear: nn.Linear;
  readonly cells: readonly AutoganCell[];
  readonly norm: PlainNorm;
  readonly conv: nn.Conv2d;
  readonly reference: nn.Buffer | undefined;
  readonly #width: number;
  readonly #base: number;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const { skipTap } = o;
    const { map: norm } = normMakers(o);
    const width = 2 * o.channels;
    const base = BASES[data.shape[1]!]!;
    this.#width = width;
    this.#base = base;
    this.linear = new nn.Linear(this.inputs, width * base * base);
    this.cells = CELLS[o.architecture].map(
      ({ batchNorm, ...cell }, skips) =>
        new AutoganCell(width, { ...cell, norm: batchNorm ? norm : undefined, skips, skipTap }),
    );
    this.norm = norm(width);
    this.conv = new nn.Conv2d(width, data.shape[0]!, { kernelSize: 3, padding: 1 });
    initialise(this);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    let map = this.linear
      .forward(input)
      .view([-1, this.#width, this.#base, this.#base])
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

/** D's blocks, for images of both sizes. */
const bodyOf = (channels: number) => resnetPlan([3, 32, 32], channels);

/**
 * The generators that AutoGAN's search found on CIFAR-10, with SNGAN's discriminator for 32 pixels (its last layer without bias), at 48
 * pixels too. Classes, which its code does not have, stand beside the latent for G (its cells have no norms to follow them), and D
 * projects on them.
 */
export default defineFamily({
  name: "autogan",
  summary: "the generators AutoGAN's search found, 32 or 48 pixels",
  source: "Gong et al. 2019 (AutoGAN); VITA-Group/AutoGAN",
  conditional: true,
  options,
  check(_options, data) {
    const [, height, width] = data.shape;
    if (data.kind === "images" && height === width && BASES[height ?? 0] !== undefined) return undefined;
    return `the autogan networks are for images of 32 or 48 pixels, not [${data.shape}]; set data.size=32`;
  },
  generator: (o, request) => new AutoganGenerator(o, request),
  discriminator: ({ channels }, request) =>
    initialise(new ResNetDiscriminator({ ...bodyOf(channels), bias: false }, request)),
  encoder: ({ channels }, request) => initialise(resnetEncoder(bodyOf(channels), request)),
});
