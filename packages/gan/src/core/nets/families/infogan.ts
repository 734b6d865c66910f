import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { drawReference, generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { JointHead } from "../layers/jointHead.js";
import { labelledImage } from "../layers/labelled.js";
import { initialiseNormally } from "../layers/normalInitialisation.js";
import type { Sample } from "../sample.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(64)
    .describe("channels of D's first layer; the second has twice, linear layers 16 times as many"),
  ...generatorNormOptions,
});

type Options = z.output<typeof options>;

/** Side of the image, and of the map between strided and linear layers. */
const SIDE = 28;
const BASE = SIDE / 4;
const STRIDED = { kernelSize: 4, stride: 2, padding: 1 } as const;
/** The paper's; 0.01 in its code. */
const SLOPE = 0.1;

class InfoganGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const { channels } = o;
    const norm = normMakers(o);
    const flat = 2 * channels * BASE * BASE;
    this.body = new nn.Sequential(
      new nn.Linear(this.inputs, 16 * channels, { bias: false }),
      norm.vector(16 * channels),
      new nn.ReLU(),
      new nn.Linear(16 * channels, flat, { bias: false }),
      norm.vector(flat),
      new nn.ReLU(),
      new nn.Reshape(2 * channels, BASE, BASE),
      new nn.ConvTranspose2d(2 * channels, channels, { ...STRIDED, bias: false }),
      norm.map(channels),
      new nn.ReLU(),
      new nn.ConvTranspose2d(channels, data.shape[0]!, STRIDED),
      new nn.Tanh(),
    );
    initialiseNormally(this);
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}

/** What D and E share: two strided layers, each with its activation. */
const strided = (inputs: number, channels: number): [first: nn.Sequential, second: nn.Sequential] => [
  new nn.Sequential(new nn.Conv2d(inputs, channels, STRIDED), new nn.LeakyReLU(SLOPE)),
  new nn.Sequential(
    new nn.Conv2d(channels, 2 * channels, { ...STRIDED, bias: false }),
    new nn.BatchNorm2d(2 * channels),
    new nn.LeakyReLU(SLOPE),
  ),
];

class InfoganDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly blocks: readonly [nn.Sequential, nn.Sequential];
  readonly hidden: nn.Sequential;
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly #classes: number | undefined;

  constructor({ channels }: Options, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#classes = classes;
    this.blocks = strided(inputShape[0]! + (classes ?? 0), channels);
    const width = 16 * channels;
    this.hidden = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(2 * channels * BASE * BASE, width, { bias: false }),
      new nn.BatchNorm1d(width),
      new nn.LeakyReLU(SLOPE),
    );
    if (latentSize > 0) this.joint = new JointHead(width, latentSize, width);
    this.last = new nn.Linear(width, 1);
    this.featureShapes = { local: [channels, 2 * BASE, 2 * BASE], global: width };
    initialiseNormally(this);
  }

  features({ image, latent, label }: Sample): Features {
    const local = this.blocks[0].forward(labelledImage(image, label, this.#classes));
    const global = this.hidden.forward(this.blocks[1].forward(local));
    return { local, global: this.joint?.forward(global, latent) ?? global };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

/** D's mirror; there is none in the source. */
const encoderBody = ({ channels }: Options, request: EncoderRequest) =>
  new nn.Sequential(
    ...strided(request.data.shape[0]!, channels),
    new nn.Flatten(),
    new nn.Linear(2 * channels * BASE * BASE, encodingSize(request)),
  );

/**
 * InfoGAN's networks for MNIST, without its head Q, which its term hangs on any network. Classes come in as Mirza and Osindero 2014
 * have it: beside the latent for G, beside the image, a map for each, for D.
 */
export default defineFamily({
  name: "infogan",
  summary: "InfoGAN's networks for digits, with linear layers of 1024, 28 pixels",
  source: "Chen et al. 2016 (InfoGAN), appendix C.1; openai/InfoGAN, infogan/models/regularized_gan.py",
  conditional: true,
  options,
  check(_options, data) {
    const [, height, width] = data.shape;
    if (data.kind === "images" && height === SIDE && width === SIDE) return undefined;
    return `the infogan networks are for images of 28 pixels, not [${data.shape}]; set data.name=mnist`;
  },
  generator: (o, request) => new InfoganGenerator(o, request),
  discriminator: (o, request) => new InfoganDiscriminator(o, request),
  encoder: (o, request) => initialiseNormally(new BodyEncoder(request, encoderBody(o, request))),
});
