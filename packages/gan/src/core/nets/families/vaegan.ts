import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { checkShape } from "../checkShape.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { drawReference, generatorNormOptions, type NormMakers, normMakers } from "../layers/generatorNorm.js";
import { JointHead } from "../layers/jointHead.js";
import { labelledImage } from "../layers/labelled.js";
import type { Sample } from "../sample.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(32)
    .describe("width of D's first and G's last hidden layer; every other scales with it"),
  localConvolution: z
    .int()
    .min(1)
    .max(3)
    .default(3)
    .describe("which of D's strided convolutions makes its local features; the code: CelebA 3, CIFAR-10 2"),
  ...generatorNormOptions,
});

type Options = z.output<typeof options>;

interface Plan {
  /** Side of G's first map. */
  readonly base: number;
  /** Widths of G's maps, the first made by its linear layer, in `channels`. */
  readonly generator: readonly number[];
  /** Of D's strided layers. */
  readonly discriminator: readonly number[];
}

/** By side of the image. Source: its architectures.py, img32x32 and img64x64. */
const PLANS: Readonly<Record<number, Plan>> = {
  32: { base: 4, generator: [8, 6, 4, 1], discriminator: [4, 6, 8] },
  64: { base: 8, generator: [8, 8, 4, 1], discriminator: [4, 8, 8] },
};
/** Of E's strided layers, then of linear layers. */
const ENCODER = [2, 4, 8];
const ENCODER_UNITS = 32;
const DISCRIMINATOR_UNITS = 16;

const KERNEL = { kernelSize: 5, padding: 2 } as const;
const EPSILON = 1e-6;

const planFor = ([, side = 0]: readonly number[]): Plan => {
  const plan = PLANS[side];
  if (plan === undefined) throw new Error(`no vaegan networks for images of ${side} pixels`);
  return plan;
};

/** Weights U(+-1 / sqrt(3 fanIn)), biases 0: deeppy's AutoFiller. */
function initialise<T extends nn.Module>(network: T): T {
  for (const [name, parameter] of network.namedParameters()) {
    if (name.endsWith("bias")) nn.init.zeros_(parameter);
    else if (parameter.dim > 1) nn.init.kaimingUniform_(parameter, Math.sqrt(17));
  }
  return network;
}

class VaeganGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const { base, generator } = planFor(data.shape);
    const norm = normMakers(o);
    const widths = generator.map((width) => width * o.channels);
    const flat = widths[0]! * base * base;
    this.body = new nn.Sequential(
      new nn.Linear(this.inputs, flat, { bias: false }),
      norm.vector(flat),
      new nn.ReLU(),
      new nn.Reshape(widths[0]!, base, base),
      ...widths.slice(1).flatMap((width, layer) => doubling(widths[layer]!, width, norm)),
      new nn.Conv2d(widths.at(-1)!, data.shape[0]!, KERNEL),
      new nn.Tanh(),
    );
    initialise(this);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}

const doubling = (inputs: number, outputs: number, norm: NormMakers): nn.Layer[] => [
  new nn.ConvTranspose2d(inputs, outputs, { ...KERNEL, stride: 2, outputPadding: 1, bias: false }),
  norm.map(outputs, { eps: EPSILON }),
  new nn.ReLU(),
];

const halving = (inputs: number, outputs: number) =>
  new nn.Conv2d(inputs, outputs, { ...KERNEL, stride: 2, bias: false });

/** What follows a strided layer of D or E. */
const activation = (width: number) =>
  new nn.Sequential(new nn.BatchNorm2d(width, { eps: EPSILON }), new nn.ReLU());

/** A linear layer with its activation, N,inputs to N,outputs. */
const linear = (inputs: number, outputs: number) => [
  new nn.Flatten(),
  new nn.Linear(inputs, outputs, { bias: false }),
  new nn.BatchNorm1d(outputs),
  new nn.ReLU(),
];

class VaeganDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly first: nn.Sequential;
  /** Strided convolutions, each with its activation between it and the next. */
  readonly convolutions: readonly nn.Conv2d[];
  readonly activations: readonly nn.Sequential[];
  readonly hidden: nn.Sequential;
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly #classes: number | undefined;
  readonly #localConvolution: number;

  constructor(
    { channels, localConvolution }: Options,
    { inputShape, latentSize, classes }: DiscriminatorRequest,
  ) {
    super();
    this.inputShape = inputShape;
    this.#classes = classes;
    this.#localConvolution = localConvolution;
    const widths = planFor(inputShape).discriminator.map((width) => width * channels);
    this.first = new nn.Sequential(
      new nn.Conv2d(inputShape[0]! + (classes ?? 0), channels, KERNEL),
      new nn.ReLU(),
    );
    this.convolutions = widths.map((width, layer) => halving(widths[layer - 1] ?? channels, width));
    this.activations = widths.map(activation);
    const side = inputShape[1]! / 2 ** widths.length;
    const units = DISCRIMINATOR_UNITS * channels;
    this.hidden = new nn.Sequential(...linear(widths.at(-1)! * side * side, units));
    if (latentSize > 0) this.joint = new JointHead(units, latentSize, units);
    this.last = new nn.Linear(units, 1);
    const localSide = inputShape[1]! / 2 ** localConvolution;
    this.featureShapes = { local: [widths[localConvolution - 1]!, localSide, localSide], global: units };
    initialise(this);
  }

  features({ image, latent, label }: Sample): Features {
    let map = this.first.forward(labelledImage(image, label, this.#classes));
    let local: Tensor | undefined;
    for (const [layer, convolution] of this.convolutions.entries()) {
      const made = convolution.forward(map);
      if (layer + 1 === this.#localConvolution) local = made;
      map = this.activations[layer]!.forward(made);
    }
    const global = this.hidden.forward(map);
    return { local, global: this.joint?.forward(global, latent) ?? global };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

function encoderBody({ channels }: Options, request: EncoderRequest): nn.Sequential {
  const { shape } = request.data;
  const widths = ENCODER.map((width) => width * channels);
  const side = shape[1]! / 2 ** widths.length;
  const units = ENCODER_UNITS * channels;
  return new nn.Sequential(
    ...widths.flatMap((width, layer) => [halving(widths[layer - 1] ?? shape[0]!, width), activation(width)]),
    ...linear(widths.at(-1)! * side * side, units),
    new nn.Linear(units, encodingSize(request)),
  );
}

/**
 * VAE-GAN's networks: 5x5 convolutions, a linear layer in each. D's local features are what a convolution makes, before batch norm:
 * by default the last, the 9th of its layers, where the code measures the error on CelebA. Classes, which the code does not have, stand beside the
 * latent for G, and beside the image, a map for each, for D.
 */
export default defineFamily({
  name: "vaegan",
  summary: "the networks of VAE-GAN's code, 32 or 64 pixels, with an encoder",
  source: "Larsen et al. 2016 (VAE-GAN), table 1; andersbll/autoencoding_beyond_pixels, architectures.py",
  conditional: true,
  options,
  check: (_options, data) => checkShape("vaegan", PLANS, data),
  generator: (o, request) => new VaeganGenerator(o, request),
  discriminator: (o, request) => new VaeganDiscriminator(o, request),
  encoder: (o, request) => initialise(new BodyEncoder(request, encoderBody(o, request))),
});
