import { sumOf, type Tensor, torch } from "@gantry/torch";
import { type Draws, powerOfTwo, sometimes } from "./draws.js";
import { reflectAlong } from "./edges.js";

/** The wavelet sym2, low-pass, and its high-pass. */
const ROOT = Math.sqrt(3);
const LOW = [1 - ROOT, 3 - ROOT, 3 + ROOT, 1 + ROOT].map((tap) => tap / (4 * Math.SQRT2));
const HIGH = LOW.map((tap, i) => (i % 2 === 0 ? tap : -tap));

/** Standard deviation of the gains' logarithms to base 2. */
const GAIN = 1;
/** What share of an image's power lies in each band, lowest first: 1/f. */
const POWER = [10, 1, 1, 1].map((power) => power / 13);

function convolved(a: readonly number[], b: readonly number[]): number[] {
  const result = new Array<number>(a.length + b.length - 1).fill(0);
  for (const [i, x] of a.entries())
    for (const [j, y] of b.entries()) result[i + j] = (result[i + j] as number) + x * y;
  return result;
}

/** A filter there and back: it moves nothing. */
const symmetric = (taps: readonly number[]) => convolved(taps, [...taps].reverse()).map((tap) => tap / 2);

/** With a zero between each two taps. */
const spread = (taps: readonly number[]) => taps.flatMap((tap, i) => (i === 0 ? [tap] : [0, tap]));

/** Filters that pass one of four bands each, lowest first; together they pass everything as it is. */
function filterBank(): number[][] {
  let bank: number[][] = [[1], [0], [0], [0]];
  const [low, high] = [symmetric(LOW), symmetric(HIGH)];
  for (let band = 1; band < bank.length; band++) {
    bank = bank.map((taps) => convolved(spread(taps), low));
    const own = bank[band] as number[];
    const from = (own.length - high.length) / 2;
    for (const [i, tap] of high.entries()) own[from + i] = (own[from + i] as number) + tap;
  }
  return bank;
}

const BANK = filterBank();
const REACH = ((BANK[0]?.length ?? 0) - 1) / 2;

/** The smallest side that can be filtered: the filter mirrors images at their edges. */
export const SMALLEST_FILTERED = REACH + 1;

/**
 * Amplifies bands of frequencies, each with the given probability, at the same expected power.
 *
 * Source: NVlabs/stylegan2-ada-pytorch, training/augment.py.
 * @param images N,C,H,W, each side at least SMALLEST_FILTERED
 */
export function filtered(images: Tensor, probability: number, draws: Draws): Tensor {
  const [count = 0] = images.shape;
  const { dtype, device } = images;
  let gains: Tensor[] = [];
  for (const band of BANK.keys()) {
    const own = sometimes(draws, powerOfTwo(draws.normal([count]).mul(GAIN)), probability, 1);
    const share = POWER[band] as number;
    const norm = own
      .square()
      .mul(share)
      .add(1 - share)
      .sqrt();
    const each = BANK.map((_, other) => (other === band ? own.div(norm) : norm.reciprocal()));
    gains = gains.length === 0 ? each : gains.map((gain, other) => gain.mul(each[other] as Tensor));
  }
  const taps = sumOf(
    gains.map((gain, band) => gain.unsqueeze(1).mul(torch.tensor(BANK[band] as number[], { dtype, device }))),
  );
  const along = (tensor: Tensor, dim: 2 | 3) => {
    const length = tensor.size(dim);
    const padded = reflectAlong(tensor, dim, REACH, REACH);
    return sumOf(
      Array.from({ length: 2 * REACH + 1 }, (_, k) =>
        padded.narrow(dim, k, length).mul(taps.narrow(1, k, 1).reshape([count, 1, 1, 1])),
      ),
    );
  };
  return along(along(images, 3), 2);
}
