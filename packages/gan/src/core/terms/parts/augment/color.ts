import { sumOf, type Tensor } from "@gantry/torch";
import { type Draws, powerOfTwo, sometimes } from "./draws.js";
import type { Multipliers } from "./geometry.js";
import { matrices, product } from "./matrix.js";

const BRIGHTNESS = 0.2;
/** Standard deviations of logarithms to base 2. */
const CONTRAST = 0.5;
const SATURATION = 1;

/** The grey axis of colour space, as a projection onto it: every entry a third. */
const onGrey = (like: Tensor) =>
  matrices(
    [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row < 3 && column < 3 ? 1 / 3 : 0))),
    like,
  );

const identity = (like: Tensor) =>
  matrices(
    [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row === column ? 1 : 0))),
    like,
  );

/** Turns around the grey axis. */
function hueRotation(angle: Tensor): Tensor {
  const [cos, sin] = [angle.cos(), angle.sin().mul(1 / Math.sqrt(3))];
  const rest = cos.neg().add(1).div(3);
  const [same, before, after] = [rest.add(cos), rest.sub(sin), rest.add(sin)];
  return matrices(
    [
      [same, before, after, 0],
      [after, same, before, 0],
      [before, after, same, 0],
      [0, 0, 0, 1],
    ],
    angle,
  );
}

/**
 * Changes the colours of images: brightness, contrast, luma turned round, hue and saturation, each with its probability. Images of one
 * channel have no hue and no saturation.
 *
 * Source: NVlabs/stylegan2-ada-pytorch, training/augment.py.
 * @param images N,C,H,W, C 1 or 3
 */
export function recolored(images: Tensor, probability: number, factors: Multipliers, draws: Draws): Tensor {
  const [count = 0, channels = 0] = images.shape;
  const chance = (name: string) => (factors[name] ?? 0) * probability;
  const on = (name: string) => (factors[name] ?? 0) > 0;
  let all: Tensor | undefined;
  const then = (matrix: Tensor) => {
    all = all === undefined ? matrix : product(matrix, all);
  };
  if (on("brightness")) {
    const b = sometimes(draws, draws.normal([count]).mul(BRIGHTNESS), chance("brightness"), 0);
    then(
      matrices(
        [
          [1, 0, 0, b],
          [0, 1, 0, b],
          [0, 0, 1, b],
          [0, 0, 0, 1],
        ],
        b,
      ),
    );
  }
  if (on("contrast")) {
    const c = sometimes(draws, powerOfTwo(draws.normal([count]).mul(CONTRAST)), chance("contrast"), 1);
    then(
      matrices(
        [
          [c, 0, 0, 0],
          [0, c, 0, 0],
          [0, 0, c, 0],
          [0, 0, 0, 1],
        ],
        c,
      ),
    );
  }
  if (on("lumaflip")) {
    const i = sometimes(draws, draws.uniform([count, 1, 1]).mul(2).floor(), chance("lumaflip"), 0);
    const like = i.reshape([count]);
    then(identity(like).sub(onGrey(like).mul(i.mul(2))));
  }
  if (on("hue") && channels > 1) {
    const angle = draws.uniform([count]).mul(2).sub(1).mul(Math.PI);
    then(hueRotation(sometimes(draws, angle, chance("hue"), 0)));
  }
  if (on("saturation") && channels > 1) {
    const drawn = powerOfTwo(draws.normal([count, 1, 1]).mul(SATURATION));
    const s = sometimes(draws, drawn, chance("saturation"), 1);
    const like = s.reshape([count]);
    then(onGrey(like).add(identity(like).sub(onGrey(like)).mul(s)));
  }
  return all === undefined ? images : applied(images, all);
}

function applied(images: Tensor, matrix: Tensor): Tensor {
  const [count = 0, channels = 0] = images.shape;
  const entry = (m: Tensor, column: number) => m.narrow(2, column, 1).reshape([count, -1, 1, 1]);
  const rows = matrix.narrow(1, 0, 3);
  if (channels === 1) {
    const mean = rows.mean([1], true);
    return images.mul(mean.narrow(2, 0, 3).sum([2], true).reshape([count, 1, 1, 1])).add(entry(mean, 3));
  }
  const parts = [0, 1, 2].map((channel) => images.narrow(1, channel, 1).mul(entry(rows, channel)));
  return sumOf([...parts, entry(rows, 3)]);
}
