import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Autoencoder } from "../autoencoder.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { checkShape } from "../checkShape.js";
import { Discriminator, type FeatureShapes, type Features, Generator } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type NetRequest } from "../family.js";
import { JointHead } from "../layers/jointHead.js";
import { xavierLinear } from "../layers/xavier.js";
import type { Prior } from "../prior.js";
import type { Sample } from "../sample.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(128)
    .describe("n: channels of G's layers and D's first; D's grow by as many with each halving"),
});

type Options = z.output<typeof options>;

/** Side of the smallest maps by the image's: it is doubled until it is the image's. */
const BASES: Readonly<Record<number, number>> = { 28: 7, 32: 8, 48: 6, 64: 8, 128: 8 };

/** Sides of the maps, from the smallest to the image's. */
function sidesOf(shape: readonly number[]): number[] {
  const side = shape[1] ?? 0;
  const base = BASES[side];
  if (base === undefined || shape.length !== 3) throw new Error(`no began networks for the shape [${shape}]`);
  const sides = [base];
  while (sides.at(-1)! < side) sides.push(sides.at(-1)! * 2);
  return sides;
}

/** A convolution of 3x3 places, Xavier-uniform, biases 0. */
function convolution(inputs: number, outputs: number, stride: 1 | 2 = 1): nn.Conv2d {
  const layer = new nn.Conv2d(inputs, outputs, { kernelSize: 3, stride, padding: 1 });
  nn.init.xavierUniform_(layer.weight);
  if (layer.bias !== undefined) nn.init.zeros_(layer.bias);
  return layer;
}

const active = (...given: Parameters<typeof convolution>) => [convolution(...given), new nn.ELU()];

/** G, and D's decoder: two convolutions at each side, nothing bounding what comes out. */
function decoder(channels: number, size: number, shape: readonly number[]): nn.Sequential {
  const sides = sidesOf(shape);
  const base = sides[0] as number;
  return new nn.Sequential(
    xavierLinear(size, channels * base * base),
    new nn.Reshape(channels, base, base),
    ...sides.flatMap((_, i) => [
      ...(i === 0 ? [] : [new nn.Upsample()]),
      ...active(channels, channels),
      ...active(channels, channels),
    ]),
    convolution(channels, shape[0]!),
  );
}

/** D's encoder up to its smallest maps: two convolutions at each side, and a strided one to the next. */
function body(channels: number, shape: readonly number[]): nn.Sequential {
  const steps = sidesOf(shape).length;
  const layers: nn.Layer[] = [...active(shape[0]!, channels)];
  let width = channels;
  for (let step = 1; step <= steps; step++) {
    const wide = channels * step;
    layers.push(...active(width, wide), ...active(wide, wide));
    if (step < steps) layers.push(...active(wide, wide, 2));
    width = wide;
  }
  return new nn.Sequential(...layers);
}

/** Channels and side of what body() makes. */
function bodyShape(channels: number, shape: readonly number[]): [width: number, side: number] {
  const sides = sidesOf(shape);
  return [channels * sides.length, sides[0] as number];
}

function encoder(channels: number, shape: readonly number[], outputs: number): nn.Sequential {
  const [width, side] = bodyShape(channels, shape);
  return new nn.Sequential(body(channels, shape), new nn.Flatten(), xavierLinear(width * side ** 2, outputs));
}

class BeganGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  readonly body: nn.Sequential;

  constructor({ channels }: Options, { data, prior }: NetRequest) {
    super();
    this.prior = prior;
    this.outputShape = data.shape;
    this.body = decoder(channels, prior.size, data.shape);
  }

  forward(latent: Tensor): Tensor {
    const image = this.body.forward(latent);
    // Nothing bounds it; a bound in training would keep gradients from what is beyond.
    return this.training ? image : image.clamp(-1, 1);
  }
}

/** The encoder's layers and a score: for losses other than the paper's, whose D is the autoencoder. */
class BeganDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly body: nn.Sequential;
  readonly hidden: nn.Linear;
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;

  constructor({ channels }: Options, { inputShape, latentSize }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.body = body(channels, inputShape);
    const [width, side] = bodyShape(channels, inputShape);
    this.hidden = xavierLinear(width * side ** 2, channels);
    if (latentSize > 0) this.joint = new JointHead(channels, latentSize, channels);
    this.last = xavierLinear(channels, 1);
    this.featureShapes = { local: [width, side, side], global: channels };
  }

  features({ image, latent }: Sample): Features {
    const local = this.body.forward(image);
    const global = this.hidden.forward(local.flatten(1)).elu();
    return { local, global: this.joint?.forward(global, latent) ?? global };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

/** BEGAN's networks: convolutions of 3x3 places and ELU, no norms; its G is D's decoder. */
export default defineFamily({
  name: "began",
  summary: "convolutions with ELU and no norms, 28, 32, 48, 64 or 128 pixels, D as an autoencoder",
  source: "Berthelot, Schumm, Metz 2017 (BEGAN), figure 1; carpedm20/BEGAN-tensorflow, models.py",
  conditional: false,
  lacks: {
    generatorNorm:
      "began's G has no norms, so images of a batch know nothing of each other as it is; leave it out",
  },
  options,
  check: (_options, data) => checkShape("began", BASES, data),
  generator: (o, request) => new BeganGenerator(o, request),
  discriminator: (o, request) => new BeganDiscriminator(o, request),
  encoder: ({ channels }, request) =>
    new BodyEncoder(request, encoder(channels, request.data.shape, encodingSize(request))),
  autoencoder: ({ channels }, { inputShape }, code): Autoencoder => ({
    encoder: encoder(channels, inputShape, code),
    decoder: decoder(channels, code, inputShape),
  }),
});
