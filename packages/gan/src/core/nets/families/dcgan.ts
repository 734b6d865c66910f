import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Autoencoder } from "../autoencoder.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { checkShape } from "../checkShape.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { drawReference, generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { JointHead } from "../layers/jointHead.js";
import { labelledImage } from "../layers/labelled.js";
import { initialiseNormally } from "../layers/normalInitialisation.js";
import { checkLocalLayer, localLayerSetting } from "../localLayer.js";
import type { Sample } from "../sample.js";
import { throughBlocks } from "../throughBlocks.js";

const norm = z.enum(["batch", "spectral", "none"]);

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(64)
    .describe("channels of D's first and G's last hidden layer; others double"),
  encoderChannels: z
    .int()
    .min(1)
    .max(16_384)
    .nullable()
    .default(null)
    .describe("channels of E's first layer; others double; null: as many as D's"),
  discriminatorNorm: norm.default("batch").describe("of D's layers; none for gradient penalties"),
  localLayer: localLayerSetting,
  ...generatorNormOptions,
});

type Options = z.output<typeof options>;

/** Side of the map that the first layer of G makes and the last of D reads, and the strided layers between, by size. */
const PLANS: Readonly<Record<number, { base: number; layers: number }>> = {
  28: { base: 7, layers: 2 },
  32: { base: 4, layers: 3 },
  48: { base: 6, layers: 3 },
  64: { base: 4, layers: 4 },
};

function planFor(shape: readonly number[]): { base: number; layers: number } {
  const plan = PLANS[shape[1] ?? 0];
  if (plan === undefined || shape.length !== 3) throw new Error(`no dcgan networks for the shape [${shape}]`);
  return plan;
}

const STRIDED = { kernelSize: 4, stride: 2, padding: 1 } as const;

class DcganGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const size = this.inputs;
    const { map: norm } = normMakers(o);
    const { base, layers } = planFor(data.shape);
    let width = o.channels * 2 ** (layers - 1);
    const body: nn.Layer[] = [
      new nn.Reshape(size, 1, 1),
      new nn.ConvTranspose2d(size, width, { kernelSize: base, bias: false }),
      norm(width),
      new nn.ReLU(),
    ];
    for (let layer = 1; layer < layers; layer++) {
      body.push(
        new nn.ConvTranspose2d(width, width / 2, { ...STRIDED, bias: false }),
        norm(width / 2),
        new nn.ReLU(),
      );
      width /= 2;
    }
    body.push(new nn.ConvTranspose2d(width, data.shape[0]!, STRIDED), new nn.Tanh());
    this.body = new nn.Sequential(...body);
    initialiseNormally(this);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}

/** One strided block of D or E: convolution, normalisation, LeakyReLU 0.2. */
function block(input: number, output: number, kind: z.output<typeof norm>): nn.Sequential {
  const convolution = new nn.Conv2d(input, output, {
    ...STRIDED,
    bias: kind !== "batch",
    spectralNorm: kind === "spectral",
  });
  const rest = kind === "batch" ? [new nn.BatchNorm2d(output)] : [];
  return new nn.Sequential(convolution, ...rest, new nn.LeakyReLU(0.2));
}

class DcganDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly blocks: readonly nn.Sequential[];
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly #classes: number | undefined;
  /** The block that reads the local features. */
  readonly #looked: number;

  constructor({ channels, discriminatorNorm, localLayer }: Options, request: DiscriminatorRequest) {
    super();
    const { inputShape, latentSize, classes } = request;
    this.inputShape = inputShape;
    this.#classes = classes;
    const { base, layers } = planFor(inputShape);
    const widths = Array.from({ length: layers }, (_, layer) => channels * 2 ** layer);
    this.blocks = widths.map((width, layer) =>
      block(widths[layer - 1] ?? inputShape[0]! + (classes ?? 0), width, discriminatorNorm),
    );
    const flat = widths.at(-1)! * base * base;
    const spectralNorm = discriminatorNorm === "spectral";
    const width = latentSize > 0 ? 8 * channels : flat;
    if (latentSize > 0) this.joint = new JointHead(flat, latentSize, width, { spectralNorm });
    this.last = new nn.Linear(width, 1, { spectralNorm });
    this.#looked = layers - localLayer;
    const side = base * 2 ** localLayer;
    this.featureShapes = { local: [widths[this.#looked - 1]!, side, side], global: width };
    initialiseNormally(this);
  }

  features({ image, latent, label }: Sample): Features {
    const { local, map } = throughBlocks(
      this.blocks,
      labelledImage(image, label, this.#classes),
      this.#looked,
    );
    const flat = map.flatten(1);
    return { local, global: this.joint?.forward(flat, latent) ?? flat };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

function encoderBody({ channels, encoderChannels }: Options, request: EncoderRequest): nn.Sequential {
  const { shape } = request.data;
  const { base, layers } = planFor(shape);
  const first = encoderChannels ?? channels;
  const widths = Array.from({ length: layers }, (_, layer) => first * 2 ** layer);
  const output = encodingSize(request);
  return new nn.Sequential(
    ...widths.map((width, layer) =>
      block(widths[layer - 1] ?? shape[0]!, width, layer === 0 ? "none" : "batch"),
    ),
    new nn.Conv2d(widths.at(-1)!, output, { kernelSize: base, bias: request.stochastic }),
    ...(request.stochastic ? [] : [new nn.BatchNorm2d(output)]),
    new nn.Flatten(),
  );
}

/** D's strided layers and a convolution to the code, and the same way back; normalised as D is, but for its two ends. */
function autoencoder(
  { channels, discriminatorNorm: kind }: Options,
  { inputShape }: DiscriminatorRequest,
  code: number,
): Autoencoder {
  const { base, layers } = planFor(inputShape);
  const widths = Array.from({ length: layers }, (_, layer) => channels * 2 ** layer);
  const [colours = 1] = inputShape;
  const down = widths.map((width, layer) =>
    block(widths[layer - 1] ?? colours, width, layer === 0 && kind === "batch" ? "none" : kind),
  );
  const options = { bias: kind !== "batch", spectralNorm: kind === "spectral" };
  const active = (width: number) => [
    ...(kind === "batch" ? [new nn.BatchNorm2d(width)] : []),
    new nn.LeakyReLU(0.2),
  ];
  const last = widths.at(-1)!;
  const up = widths.slice(0, -1).reverse();
  return {
    encoder: initialiseNormally(
      new nn.Sequential(...down, new nn.Conv2d(last, code, { kernelSize: base }), new nn.Flatten()),
    ),
    decoder: initialiseNormally(
      new nn.Sequential(
        new nn.Reshape(code, 1, 1),
        new nn.ConvTranspose2d(code, last, { kernelSize: base, ...options }),
        ...active(last),
        ...up.flatMap((width) => [
          new nn.ConvTranspose2d(2 * width, width, { ...STRIDED, ...options }),
          ...active(width),
        ]),
        new nn.ConvTranspose2d(channels, colours, STRIDED),
        new nn.Tanh(),
      ),
    ),
  };
}

/**
 * DCGAN networks: at 64 pixels the table B.1 of the IVGAN paper (which has batch norm in D's first layer too); at 28,
 * 32 and 48 the same with fewer layers. Classes come in as Mirza and Osindero 2014 have it: beside the latent for G, beside
 * the image, a map for each, for D.
 */
export default defineFamily({
  name: "dcgan",
  summary: "strided convolutions with batch norm, 28, 32, 48 or 64 pixels, with an encoder",
  source: "Radford, Metz, Chintala 2016; table B.1 of the IVGAN paper",
  conditional: true,
  options,
  check({ localLayer }, data) {
    return checkShape("dcgan", PLANS, data) ?? checkLocalLayer(localLayer, planFor(data.shape).layers - 1);
  },
  generator: (o, request) => new DcganGenerator(o, request),
  discriminator: (o, request) => new DcganDiscriminator(o, request),
  encoder: (o, request) => initialiseNormally(new BodyEncoder(request, encoderBody(o, request))),
  autoencoder,
});
