import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { drawReference, generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { JointHead } from "../layers/jointHead.js";
import { labelledImage } from "../layers/labelled.js";
import { initialiseWeights } from "../layers/normalInitialisation.js";
import { SameConv2d, SameConvTranspose2d } from "../layers/same.js";
import type { Sample } from "../sample.js";
import { throughBlocks } from "../throughBlocks.js";

const FULL_CHANNELS = 64;

const options = z.strictObject({
  protocol: z
    .enum(["veegan", "unrolled"])
    .default("veegan")
    .describe("veegan: a DCGAN; unrolled: a small G against a smaller D"),
  discriminator: z
    .enum(["quarter", "half"])
    .default("quarter")
    .describe("unrolled: D's widths as a share of G's"),
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(FULL_CHANNELS)
    .describe("64 in the papers, where veegan's D and unrolled's G begin; every other width scales with it"),
  ...generatorNormOptions,
});

type Options = z.output<typeof options>;

interface ProtocolPlan {
  readonly kernelSize: number;
  /** Sides of G's maps, the first made by its linear layer. */
  readonly sides: readonly number[];
  /** Widths of G's maps but for the image. */
  readonly generator: readonly number[];
  /** Widths of D's maps. */
  readonly discriminator: readonly number[];
  readonly negativeSlope: number;
  /** Whether D's first layer has batch norm too. */
  readonly normFirst: boolean;
}

function planFor({ protocol, discriminator, channels }: Options): ProtocolPlan {
  const scale = channels / FULL_CHANNELS;
  const widths = (...full: number[]) => full.map((width) => width * scale);
  if (protocol === "veegan")
    return {
      kernelSize: 5,
      sides: [2, 4, 7, 14, 28],
      generator: widths(512, 256, 128, 64),
      discriminator: widths(64, 128, 256, 512),
      negativeSlope: 0.2,
      normFirst: false,
    };
  return {
    kernelSize: 3,
    sides: [4, 7, 14, 28],
    generator: widths(64, 32, 16, 8),
    discriminator: discriminator === "half" ? widths(4, 8, 16) : widths(2, 4, 8),
    negativeSlope: 0.3,
    normFirst: true,
  };
}

/** ops.py there. */
const initialise = <T extends nn.Module>(network: T): T => initialiseWeights(network, 0.02);

class PacganGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const { map: norm } = normMakers(o);
    const { kernelSize, sides, generator: widths } = planFor(o);
    const [side, ...larger] = sides as [number, ...number[]];
    const first = widths[0]!;
    const body: nn.Layer[] = [
      new nn.Linear(this.inputs, first * side * side),
      new nn.Reshape(first, side, side),
    ];
    const normalised = (width: number) => [norm(width), new nn.ReLU()];
    body.push(...normalised(first));
    let width = first;
    for (const [layer, size] of larger.entries()) {
      const next = widths[layer + 1] ?? data.shape[0]!;
      body.push(new SameConvTranspose2d(width, next, { kernelSize, stride: 2, size }));
      if (layer + 1 < widths.length) body.push(...normalised(next));
      width = next;
    }
    // The unrolled protocol's last transposed convolution makes features, of which one more convolution makes an image.
    if (larger.length < widths.length)
      body.push(new SameConv2d(width, data.shape[0]!, { kernelSize, stride: 1 }));
    this.body = new nn.Sequential(...body, new nn.Tanh());
    initialise(this);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}

/** D's (and E's) strided layers: convolution, batch norm, LeakyReLU each. */
function stridedBlocks(o: Options, inputs: number): nn.Sequential[] {
  const { kernelSize, discriminator: widths, negativeSlope, normFirst } = planFor(o);
  return widths.map((width, layer) => {
    const isNormalised = layer > 0 || normFirst;
    return new nn.Sequential(
      new SameConv2d(widths[layer - 1] ?? inputs, width, { kernelSize, stride: 2, isNormalised }),
      ...(isNormalised ? [new nn.BatchNorm2d(width)] : []),
      new nn.LeakyReLU(negativeSlope),
    );
  });
}

/** Side of the map after some strided layers. */
const sideAfter = (side: number, layers: number) => Math.ceil(side / 2 ** layers);

class PacganDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly blocks: readonly nn.Sequential[];
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly #classes: number | undefined;

  constructor(o: Options, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#classes = classes;
    this.blocks = stridedBlocks(o, inputShape[0]! + (classes ?? 0));
    const { discriminator: widths } = planFor(o);
    const before = sideAfter(inputShape[1]!, widths.length - 1);
    const flat = widths.at(-1)! * sideAfter(before, 1) ** 2;
    const width = latentSize > 0 ? 8 * o.channels : flat;
    if (latentSize > 0) this.joint = new JointHead(flat, latentSize, width);
    this.last = new nn.Linear(width, 1);
    this.featureShapes = { local: [widths.at(-2)!, before, before], global: width };
    initialise(this);
  }

  features({ image, latent, label }: Sample): Features {
    const { local, map } = throughBlocks(this.blocks, labelledImage(image, label, this.#classes));
    const flat = map.flatten(1);
    return { local, global: this.joint?.forward(flat, latent) ?? flat };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

/** D's mirror. Neither protocol has an encoder of its own in its source. */
function encoderBody(o: Options, request: EncoderRequest): nn.Sequential {
  const { shape } = request.data;
  const { discriminator: widths } = planFor(o);
  const flat = widths.at(-1)! * sideAfter(shape[1]!, widths.length) ** 2;
  return new nn.Sequential(
    ...stridedBlocks(o, shape[0]!),
    new nn.Flatten(),
    new nn.Linear(flat, encodingSize(request)),
  );
}

/**
 * The networks of the stacked-MNIST tables of VEEGAN and Unrolled GAN, as PacGAN repeated them, with TensorFlow's padding
 * SAME: maps of 28, 14, 7, 4 and 2 pixels. Batch norm is TensorFlow's there: epsilon 1e-5, decay 0.9. Classes come in as Mirza and
 * Osindero 2014 have it: beside the latent for G, beside the image, a map for each, for D.
 */
export default defineFamily({
  name: "pacgan",
  summary: "the stacked-MNIST networks of PacGAN's comparisons, 28 pixels",
  source: "Lin et al. 2018 (PacGAN), section 4.2; fjxmlzn/PacGAN, stacked_MNIST_experiments",
  conditional: true,
  options,
  check(o, data) {
    const [, height, width] = data.shape;
    if (data.kind !== "images" || height !== 28 || width !== 28)
      return `the pacgan networks are for images of 28 pixels, not [${data.shape}]; set data.name=stacked-mnist`;
    const { generator, discriminator } = planFor(o);
    if ([...generator, ...discriminator].every(Number.isInteger)) return undefined;
    return `net.channels=${o.channels} leaves widths that are not whole; take a multiple of ${o.discriminator === "half" ? 16 : 32}`;
  },
  generator: (o, request) => new PacganGenerator(o, request),
  discriminator: (o, request) => new PacganDiscriminator(o, request),
  encoder: (o, request) => initialise(new BodyEncoder(request, encoderBody(o, request))),
});
