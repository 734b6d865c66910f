import { nn, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import type { Autoencoder } from "../autoencoder.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features, Generator } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import type { Prior } from "../prior.js";
import type { Sample } from "../sample.js";

const activation = z.enum(["relu", "leaky-relu", "tanh", "maxout"]);
type Activation = z.output<typeof activation>;

const options = z.strictObject({
  generatorHidden: z
    .array(z.int().min(1).max(65_536))
    .default([400, 400, 400, 400])
    .describe("widths of G's hidden layers"),
  generatorActivation: activation.default("relu"),
  generatorBatchNorm: z.boolean().default(true).describe("batch norm after each hidden layer of G"),
  discriminatorHidden: z
    .array(z.int().min(1).max(65_536))
    .min(1)
    .default([200, 200, 200])
    .describe("widths of D's hidden layers"),
  discriminatorActivation: activation.default("maxout"),
  encoderHidden: z
    .array(z.int().min(1).max(65_536))
    .default([128, 128])
    .describe("widths of E's hidden layers (ReLU)"),
  pieces: z.int().min(2).max(1024).default(5).describe("linear pieces of a maxout unit"),
  initialization: z
    .enum(["normal", "orthogonal", "default"])
    .default("normal")
    .describe("of weights; default: PyTorch's"),
  scale: z.number().positive().default(0.02).describe("standard deviation (normal) or gain (orthogonal)"),
});

type Options = z.output<typeof options>;

/** Hidden layers of one kind, in PyTorch's order: linear, normalisation, activation. */
function hidden(
  input: number,
  widths: readonly number[],
  kind: Activation,
  batchNorm: boolean,
  pieces: number,
): nn.Layer[] {
  const layers: nn.Layer[] = [];
  let width = input;
  for (const next of widths) {
    if (kind === "maxout") layers.push(new nn.Maxout(width, next, pieces));
    else layers.push(new nn.Linear(width, next, { bias: !batchNorm }));
    if (batchNorm) layers.push(new nn.BatchNorm1d(next));
    if (kind === "relu") layers.push(new nn.ReLU());
    else if (kind === "leaky-relu") layers.push(new nn.LeakyReLU(0.2));
    else if (kind === "tanh") layers.push(new nn.Tanh());
    width = next;
  }
  return layers;
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

class PointGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  readonly body: nn.Sequential;

  constructor(o: Options, { data, prior }: NetRequest) {
    super();
    this.prior = prior;
    this.outputShape = data.shape;
    const last = o.generatorHidden.at(-1) ?? prior.size;
    this.body = new nn.Sequential(
      ...hidden(prior.size, o.generatorHidden, o.generatorActivation, o.generatorBatchNorm, o.pieces),
      new nn.Linear(last, data.shape[0]!),
    );
    initialise(this, o);
  }

  forward(latent: Tensor): Tensor {
    return this.body.forward(latent);
  }
}

class PointDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly body: nn.Sequential;
  readonly last: nn.Linear;
  readonly #joint: boolean;

  constructor(o: Options, { inputShape, latentSize }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#joint = latentSize > 0;
    const width = o.discriminatorHidden.at(-1)!;
    const input = inputShape.reduce((a, b) => a * b, 1) + latentSize;
    this.body = new nn.Sequential(
      ...hidden(input, o.discriminatorHidden, o.discriminatorActivation, false, o.pieces),
    );
    this.last = new nn.Linear(width, 1);
    this.featureShapes = { local: undefined, global: width };
    initialise(this, o);
  }

  features({ image, latent }: Sample): Features {
    const flat = image.flatten(1);
    const input = this.#joint && latent !== undefined ? torch.cat([flat, latent], 1) : flat;
    return { local: undefined, global: this.body.forward(input) };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

function encoderBody(o: Options, request: EncoderRequest): nn.Sequential {
  const [size = 0] = request.data.shape;
  return new nn.Sequential(
    ...hidden(size, o.encoderHidden, "relu", false, o.pieces),
    new nn.Linear(o.encoderHidden.at(-1) ?? size, encodingSize(request)),
  );
}

/** D's hidden layers and one to the code, and the same way back. */
function autoencoder(o: Options, { inputShape }: DiscriminatorRequest, code: number): Autoencoder {
  const size = inputShape.reduce((product, extent) => product * extent, 1);
  const { discriminatorHidden: widths, discriminatorActivation: activation, pieces } = o;
  const half = (from: number, through: readonly number[], to: number) => {
    const layers = hidden(from, through, activation, false, pieces);
    const network = new nn.Sequential(...layers, new nn.Linear(through.at(-1)!, to));
    initialise(network, o);
    return network;
  };
  return { encoder: half(size, widths, code), decoder: half(code, widths.toReversed(), size) };
}

/** Fully connected networks for points in the plane. */
export default defineFamily({
  name: "mlp",
  summary: "fully connected networks for points",
  source: "defaults: Lin et al. 2018 (PacGAN), 2-D experiments (fjxmlzn/PacGAN)",
  conditional: false,
  options,
  check(_options, data) {
    if (data.kind === "points") return undefined;
    return "the mlp networks are for points (ring, grid); for images take dcgan";
  },
  generator: (o, request) => new PointGenerator(o, request),
  discriminator: (o, request) => new PointDiscriminator(o, request),
  encoder: (o, request) => new BodyEncoder(request, encoderBody(o, request)),
  autoencoder,
});
