import { nn } from "@gantry/torch";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { defineFamily, type EncoderRequest } from "../family.js";
import { EqualizedLinear } from "../layers/equalized.js";
import { StyleBody, StyleDiscriminator } from "../stylegan/discriminator.js";
import { StyleGenerator } from "../stylegan/generator.js";
import { BASE, type StyleOptions, styleOptions, widthAt } from "../stylegan/plan.js";

/** D's mirror; there is none in the source. */
const encoderBody = ({ channels }: StyleOptions, request: EncoderRequest) =>
  new nn.Sequential(
    new StyleBody(request.data.shape, channels, request.growing),
    new nn.Flatten(),
    new EqualizedLinear(widthAt(BASE, channels) * BASE * BASE, encodingSize(request), { gain: 1 }),
  );

const isPowerOfTwo = (side: number) => Number.isInteger(Math.log2(side));

/**
 * StyleGAN's networks, the first version's: at one size from the beginning (its code's structure 'fixed'), or growing, by the term
 * progressive-growing.
 */
export default defineFamily({
  name: "stylegan",
  summary: "a mapping network, styles and noise for every layer of G, 8 pixels and more by powers of two",
  source: "Karras et al. 2019 (StyleGAN); NVlabs/stylegan, training/networks_stylegan.py",
  conditional: true,
  lacks: {
    generatorNorm:
      "stylegan's G normalises every map of every image by itself, so images of a batch know nothing of each other as it is; leave it out",
  },
  options: styleOptions,
  check({ channels }, data) {
    const [, height = 0, width] = data.shape;
    if (data.kind !== "images" || height !== width || height < 8 || !isPowerOfTwo(height))
      return `the stylegan networks are for square images of 8, 16, 32, 64, ... pixels, not [${data.shape}]; set data.size=${Math.max(8, 2 ** Math.round(Math.log2(height || 8)))}`;
    if (widthAt(height, channels) > 0) return undefined;
    return `net.channels=${channels} leaves no channel at ${height} pixels; take ${height / 32} or more`;
  },
  suits({ mixing }, { encodes, coded }) {
    if (mixing === 0 || !(encodes || coded)) return undefined;
    return `net.mixing: later layers take the style of other latents, and here images must be of ${encodes ? "the latent that an encoder finds" : "their codes"}; set net.mixing=0`;
  },
  generator: (o, request) => new StyleGenerator(o, request),
  discriminator: (o, request) => new StyleDiscriminator(o, request),
  encoder: (o, request) => new BodyEncoder(request, encoderBody(o, request)),
});
