// How much arithmetic an iteration of SNGAN is, in the plain form: every convolution where the network writes it, before
// pooling and after upsampling, fakes for D without a graph, D's weight gradients in its own steps only. Normalisation,
// activations and updates are not counted.
import { RESNET_PLANS } from "../packages/gan/dist/core/nets/families/resnet.js";

const FULL_CHANNELS = 128;

/** Operations (two for each multiplication with its addition) of a convolution that makes a map of `side`, an image. */
const convolution = (inputs, outputs, kernel, side) => 2 * inputs * outputs * kernel ** 2 * side ** 2;
const sum = (values) => values.reduce((total, value) => total + value, 0);

function generator({ base, generator: widths }) {
  const [first] = widths;
  const linear = 2 * 128 * first * base ** 2;
  const blocks = widths.slice(1).map((width, block) => {
    const side = base * 2 ** (block + 1);
    const before = widths[block];
    return (
      convolution(before, width, 3, side) +
      convolution(width, width, 3, side) +
      convolution(before, width, 1, side)
    );
  });
  const last = convolution(widths.at(-1), 3, 3, base * 2 ** (widths.length - 1));
  return { forward: linear + sum(blocks) + last, first: linear };
}

function discriminator({ discriminator: widths, halvings }, size) {
  let side = size;
  let first = 0;
  const blocks = widths.map((width, block) => {
    const before = block === 0 ? 3 : widths[block - 1];
    const hidden = block === 0 ? width : before;
    const halves = block < halvings;
    const convolutions = convolution(before, hidden, 3, side) + convolution(hidden, width, 3, side);
    // The first block pools before its shortcut, the others behind it.
    const shortcut =
      before === width && !halves ? 0 : convolution(before, width, 1, block === 0 ? side / 2 : side);
    if (block === 0) first = convolution(before, hidden, 3, side) + shortcut;
    if (halves) side /= 2;
    return convolutions + shortcut;
  });
  return { forward: sum(blocks) + 2 * widths.at(-1), first };
}

/** Operations of one iteration. */
export function sngan({ size = 32, channels = FULL_CHANNELS, batch = 64, discriminatorSteps = 5 } = {}) {
  const full = RESNET_PLANS[size];
  const scaled = (widths) => widths.map((width) => (width * channels) / FULL_CHANNELS);
  const plan = { ...full, generator: scaled(full.generator), discriminator: scaled(full.discriminator) };
  const G = generator(plan);
  const D = discriminator(plan, size);
  // A backward pass is as much as a forward pass for the weights and as much again for the inputs, which the data and
  // the latents do not need.
  const stepOfD = G.forward + 2 * (3 * D.forward - D.first);
  const stepOfG = 3 * G.forward - G.first + 2 * D.forward;
  return batch * (discriminatorSteps * stepOfD + stepOfG);
}
