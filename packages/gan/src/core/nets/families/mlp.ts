import { nn, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import type { Autoencoder } from "../autoencoder.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { drawReference, generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { labelledLatent } from "../layers/labelled.js";
import type { Sample } from "../sample.js";

const activation = z.enum(["relu", "leaky-relu", "tanh", "maxout"]);
type Activation = z.output<typeof activation>;

const size = z.int().min(1).max(65_536);
const layers = z.int().min(2).max(1024).nullable().default(null);

const options = z.strictObject({
  generatorHidden: z.array(size).default([400, 400, 400, 400]).describe("widths of G's hidden layers"),
  generatorLayers: layers.describe(
    "in generatorHidden's place: linear layers of G, the hidden ones generatorSize wide (nLayerG)",
  ),
  generatorSize: size.default(400).describe("sizeG, where generatorLayers is set"),
  generatorActivation: activation.default("relu"),
  generatorBatchNorm: z.boolean().default(true).describe("norm after each hidden layer of G"),
  ...generatorNormOptions,
  discriminatorHidden: z.array(size).min(1).default([200, 200, 200]).describe("widths of D's hidden layers"),
  discriminatorLayers: layers.describe(
    "in discriminatorHidden's place: linear layers of D, the hidden ones discriminatorSize wide (nLayerD)",
  ),
  discriminatorSize: size.default(256).describe("sizeD, where discriminatorLayers is set"),
  discriminatorActivation: activation.default("maxout"),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of what D's hidden layers make that is zeroed in training (dropoutD: 0.5 or 0)"),
  encoderHidden: z.array(size).default([128, 128]).describe("widths of E's hidden layers (ReLU)"),
  pieces: z.int().min(2).max(1024).default(5).describe("linear pieces of a maxout unit"),
  initialization: z
    .enum(["normal", "orthogonal", "default"])
    .default("normal")
    .describe("of weights; default: PyTorch's"),
  scale: z.number().positive().default(0.02).describe("standard deviation (normal) or gain (orthogonal)"),
});

type Options = z.output<typeof options>;

/** A fully connected layer more than this many pixels a side wide has more weights than its images tell. */
const LARGEST_SIDE = 32;

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Widths of hidden layers: as they are listed, or by number and size. */
const widthsOf = (hidden: readonly number[], layers: number | null, size: number): readonly number[] =>
  layers === null ? hidden : Array<number>(layers - 1).fill(size);

interface HiddenOptions {
  readonly activation: Activation;
  readonly pieces: number;
  /** Makes the norms; undefined for none. */
  readonly norm?: ((features: number) => nn.Layer) | undefined;
  /** Default 0: none. */
  readonly dropout?: number;
}

/** Hidden layers of one kind, in PyTorch's order: linear, normalisation, activation, dropout. */
function hidden(
  input: number,
  widths: readonly number[],
  { activation: kind, pieces, norm, dropout = 0 }: HiddenOptions,
): nn.Layer[] {
  const made: nn.Layer[] = [];
  let width = input;
  for (const next of widths) {
    if (kind === "maxout") made.push(new nn.Maxout(width, next, pieces));
    else made.push(new nn.Linear(width, next, { bias: norm === undefined }));
    if (norm !== undefined) made.push(norm(next));
    if (kind === "relu") made.push(new nn.ReLU());
    else if (kind === "leaky-relu") made.push(new nn.LeakyReLU(0.2));
    else if (kind === "tanh") made.push(new nn.Tanh());
    if (dropout > 0) made.push(new nn.Dropout(dropout));
    width = next;
  }
  return made;
}

function initialise(network: nn.Module, { initialization, scale }: Options): void {
  if (initialization === "default") return;
  for (const [name, parameter] of network.namedParameters()) {
    if (name.endsWith("bias")) nn.init.zeros_(parameter);
    else if (parameter.dim < 2) continue;
    else if (initialization === "normal") nn.init.normal_(parameter, 0, scale);
    else nn.init.orthogonal_(parameter, scale);
  }
}

class MlpGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const input = this.inputs;
    const widths = widthsOf(o.generatorHidden, o.generatorLayers, o.generatorSize);
    const norm = o.generatorBatchNorm ? normMakers(o).vector : undefined;
    this.body = new nn.Sequential(
      ...hidden(input, widths, { activation: o.generatorActivation, pieces: o.pieces, norm }),
      new nn.Linear(widths.at(-1) ?? input, product(data.shape)),
      ...(data.kind === "images" ? [new nn.Tanh(), new nn.Reshape(...data.shape)] : []),
    );
    initialise(this, o);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}

class MlpDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly body: nn.Sequential;
  readonly last: nn.Linear;
  readonly #joint: boolean;
  readonly #classes: number | undefined;

  constructor(o: Options, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#joint = latentSize > 0;
    this.#classes = classes;
    const widths = widthsOf(o.discriminatorHidden, o.discriminatorLayers, o.discriminatorSize);
    const width = widths.at(-1)!;
    const input = product(inputShape) + (classes ?? 0) + latentSize;
    const { discriminatorActivation, pieces, dropout } = o;
    this.body = new nn.Sequential(
      ...hidden(input, widths, { activation: discriminatorActivation, pieces, dropout }),
    );
    this.last = new nn.Linear(width, 1);
    this.featureShapes = { local: undefined, global: width };
    initialise(this, o);
  }

  features({ image, latent, label }: Sample): Features {
    const flat = labelledLatent(image.flatten(1), label, this.#classes);
    const input = this.#joint && latent !== undefined ? torch.cat([flat, latent], 1) : flat;
    return { local: undefined, global: this.body.forward(input) };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

function encoderBody(o: Options, request: EncoderRequest): nn.Sequential {
  const { kind, shape } = request.data;
  const input = product(shape);
  return new nn.Sequential(
    ...(kind === "images" ? [new nn.Flatten()] : []),
    ...hidden(input, o.encoderHidden, { activation: "relu", pieces: o.pieces }),
    new nn.Linear(o.encoderHidden.at(-1) ?? input, encodingSize(request)),
  );
}

/** D's hidden layers and one to the code, and the same way back; to images by tanh, as G's last layer. */
function autoencoder(o: Options, { inputShape }: DiscriminatorRequest, code: number): Autoencoder {
  const { discriminatorActivation: activation, pieces } = o;
  const widths = widthsOf(o.discriminatorHidden, o.discriminatorLayers, o.discriminatorSize);
  const isImage = inputShape.length > 1;
  const half = (from: number, through: readonly number[], to: number) => {
    const layers = hidden(from, through, { activation, pieces });
    return [...layers, new nn.Linear(through.at(-1) ?? from, to)];
  };
  const encoder = new nn.Sequential(
    ...(isImage ? [new nn.Flatten()] : []),
    ...half(product(inputShape), widths, code),
  );
  const decoder = new nn.Sequential(
    ...half(code, widths.toReversed(), product(inputShape)),
    ...(isImage ? [new nn.Tanh(), new nn.Reshape(...inputShape)] : []),
  );
  initialise(encoder, o);
  initialise(decoder, o);
  return { encoder, decoder };
}

/**
 * Fully connected networks for points in the plane, and for small images: G's last layer there is followed by tanh. Classes come in
 * as Mirza and Osindero 2014 have it: beside the latent for G, beside the sample for D.
 */
export default defineFamily({
  name: "mlp",
  summary: "fully connected networks for points and images of up to 32 pixels",
  source:
    "defaults: Lin et al. 2018 (PacGAN), 2-D experiments (fjxmlzn/PacGAN); for images Che et al. 2017 (Mode Regularized GAN), 4.1.1",
  conditional: true,
  options,
  check({ generatorBatchNorm, generatorNorm }, { kind, shape }) {
    const [, height = 0, width = 0] = shape;
    if (kind === "images" && Math.max(height, width) > LARGEST_SIDE)
      return `the mlp networks are for points (ring, grid) and images of up to ${LARGEST_SIDE} pixels, not [${shape}]; set data.size=${LARGEST_SIDE}, or net.family=dcgan`;
    if (generatorNorm === "virtual" && !generatorBatchNorm)
      return "net.generatorNorm=virtual: G has no norms to change; set net.generatorBatchNorm=true too";
    return undefined;
  },
  generator: (o, request) => new MlpGenerator(o, request),
  discriminator: (o, request) => new MlpDiscriminator(o, request),
  encoder: (o, request) => new BodyEncoder(request, encoderBody(o, request)),
  autoencoder,
});
