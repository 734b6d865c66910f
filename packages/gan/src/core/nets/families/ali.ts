import { nn, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { ALI_PLANS, type AliStep, aliPlan, FULL_CHANNELS } from "../ali/plan.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { checkShape } from "../checkShape.js";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { LabelledGenerator } from "../labelledGenerator.js";
import { ChannelMaxout } from "../layers/channelMaxout.js";
import { drawReference, generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { labelledImage } from "../layers/labelled.js";
import { initialiseWeights } from "../layers/normalInitialisation.js";
import type { Sample } from "../sample.js";
import { throughBlocks } from "../throughBlocks.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(2)
    .max(16_384)
    .multipleOf(2, "must be even")
    .default(FULL_CHANNELS)
    .describe("32 in the paper, width of the first layers at 32 pixels; every other width scales with it"),
  ...generatorNormOptions,
});

type Options = z.output<typeof options>;

const PIECES = 2;
/** Batch norm of its code: Theano's Blocks adds this to variances, and its statistics take 0.05 of each batch. */
const BLOCKS = { eps: 1e-4, momentum: 0.05 };

const initialise = <T extends nn.Module>(network: T): T => initialiseWeights(network, 0.01);

class AliGenerator extends LabelledGenerator {
  readonly body: nn.Sequential;
  /** Of every pixel by itself; the code starts it at the log odds of the data's mean image, here at 0. */
  readonly pixelBias: nn.Parameter;
  readonly reference: nn.Buffer | undefined;

  constructor(o: Options, request: NetRequest) {
    super(request);
    const { data, prior, classes } = request;
    const { generator, slope } = aliPlan(data.shape, o.channels);
    const { map: norm } = normMakers(o);
    const size = this.inputs;
    const layer = ([kernelSize, stride, width]: AliStep, inputs: number): nn.Layer[] => [
      new nn.ConvTranspose2d(inputs, width, { kernelSize, stride, bias: false }),
      norm(width, BLOCKS),
      new nn.LeakyReLU(slope),
    ];
    this.body = new nn.Sequential(
      new nn.Reshape(size, 1, 1),
      ...generator.flatMap((step, i) => layer(step, generator[i - 1]?.[2] ?? size)),
      new nn.Conv2d(generator.at(-1)![2], data.shape[0]!, { kernelSize: 1, bias: false }),
    );
    initialise(this.body);
    this.pixelBias = scope(() => nn.parameter(torch.zeros([...data.shape])));
    this.reference = drawReference(o, prior, classes);
  }

  protected make(input: Tensor): Tensor {
    return this.body.forward(input).add(this.pixelBias).sigmoid().mul(2).sub(1);
  }
}

class AliDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  /** D(x), a layer each. */
  readonly blocks: readonly nn.Sequential[];
  /** D(z); undefined where images alone are judged. */
  readonly latent: nn.Sequential | undefined;
  /** D(x, z), but for its last layer. */
  readonly joint: nn.Sequential;
  readonly dropout: nn.Dropout;
  readonly last: nn.Linear;
  readonly #classes: number | undefined;

  constructor(o: Options, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#classes = classes;
    const plan = aliPlan(inputShape, o.channels);
    const { discriminator: steps, maxout, slope } = plan;
    const [first, others] = plan.dropout;
    const left = (width: number) => (maxout ? width / PIECES : width);
    const activation = () => (maxout ? new ChannelMaxout(PIECES) : new nn.LeakyReLU(slope));
    this.blocks = steps.map(([kernelSize, stride, width], i) => {
      const before = steps[i - 1]?.[2];
      const inputs = before === undefined ? inputShape[0]! + (classes ?? 0) : left(before);
      const normed = !maxout && i > 0;
      return new nn.Sequential(
        new nn.Dropout(i === 0 ? first : others),
        new nn.Conv2d(inputs, width, { kernelSize, stride, bias: !normed }),
        ...(normed ? [new nn.BatchNorm2d(width, BLOCKS)] : []),
        activation(),
      );
    });
    const linear = (inputs: number, width: number, share: number, bias: boolean): nn.Layer[] => [
      new nn.Dropout(share),
      new nn.Linear(inputs, width, { bias }),
      activation(),
    ];
    const { latent, joint } = plan;
    if (latentSize > 0)
      this.latent = new nn.Sequential(
        ...linear(latentSize, latent, first, false),
        ...linear(left(latent), latent, others, false),
      );
    const seen = left(steps.at(-1)![2]) + (latentSize > 0 ? left(latent) : 0);
    this.joint = new nn.Sequential(
      ...linear(seen, joint, others, true),
      ...linear(left(joint), joint, others, true),
    );
    this.dropout = new nn.Dropout(others);
    this.last = new nn.Linear(left(joint), 1);
    const side = steps
      .slice(0, -1)
      .reduce((size, step) => Math.floor((size - step[0]) / step[1]) + 1, inputShape[1]!);
    this.featureShapes = { local: [left(steps.at(-2)![2]), side, side], global: left(joint) };
    initialise(this);
  }

  features({ image, latent, label }: Sample): Features {
    const { local, map } = throughBlocks(this.blocks, labelledImage(image, label, this.#classes));
    const flat = map.flatten(1);
    return { local, global: this.joint.forward(this.latent === undefined ? flat : this.#pair(flat, latent)) };
  }

  #pair(flat: Tensor, latent: Tensor | undefined): Tensor {
    if (latent === undefined)
      throw new Error("the discriminator judges pairs of image and latent, and the sample has no latent");
    return torch.cat([flat, this.latent!.forward(latent)], 1);
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(this.dropout.forward(global)).squeezeAt(1);
  }
}

function encoderBody(o: Options, request: EncoderRequest): nn.Sequential {
  const { shape } = request.data;
  const { encoder: steps, slope } = aliPlan(shape, o.channels);
  return new nn.Sequential(
    ...steps.flatMap(([kernelSize, stride, width], i) => [
      new nn.Conv2d(steps[i - 1]?.[2] ?? shape[0]!, width, { kernelSize, stride, bias: false }),
      new nn.BatchNorm2d(width, BLOCKS),
      new nn.LeakyReLU(slope),
    ]),
    new nn.Flatten(),
    new nn.Linear(steps.at(-1)![2], encodingSize(request)),
  );
}

/**
 * ALI's networks: unpadded convolutions, in D maxout at 32 pixels, and dropout. The code's encoder says logarithms of deviations,
 * here of variances. Classes, which its image experiments do not have, stand beside the latent for G, and beside the image, a map
 * for each, for D.
 */
export default defineFamily({
  name: "ali",
  summary: "the networks of ALI's code, maxout and dropout in D, 32 or 64 pixels, with an encoder",
  source:
    "Dumoulin et al. 2017 (ALI), appendix A; IshmaelBelghazi/ALI, experiments/ali_cifar10.py, ali_celeba.py",
  conditional: true,
  options,
  check: (_options, data) => checkShape("ali", ALI_PLANS, data),
  generator: (o, request) => new AliGenerator(o, request),
  discriminator: (o, request) => new AliDiscriminator(o, request),
  encoder: (o, request) => initialise(new BodyEncoder(request, encoderBody(o, request))),
});
