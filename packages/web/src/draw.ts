import type { MersenneTwister } from "./mersenneTwister.js";

/** Normal numbers that are made of so many uniform ones at once. */
const BLOCK = 16;

/** Box and Muller's pair of normal numbers. */
function pair(radius: number, turn: number): [number, number] {
  const angle = 2 * Math.PI * turn;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Numbers of N(0, 1) in the place of 16 uniform ones: the first 8 are lengths, the others angles. */
function turnBlock(values: Float32Array, from: number): void {
  for (let i = from; i < from + BLOCK / 2; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[i]!));
    [values[i], values[i + BLOCK / 2]] = pair(radius, values[i + BLOCK / 2]!);
  }
}

/**
 * `count` numbers of N(0, 1), those of `torch.randn` on the processor but for the last bits: LibTorch approximates logarithm,
 * sine and cosine in float32, and here they are rounded once.
 * Source: pytorch/pytorch, ATen/native/cpu/DistributionTemplates.h, normal_fill; below 16 numbers normal_distribution<double>.
 */
export function normal(random: MersenneTwister, count: number): Float32Array {
  const values = new Float32Array(count);
  if (count < BLOCK) {
    for (let i = 0; i < count; i += 2) {
      const turn = random.double();
      const [first, second] = pair(Math.sqrt(-2 * Math.log1p(-random.double())), turn);
      values[i] = first;
      if (i + 1 < count) values[i + 1] = second;
    }
    return values;
  }
  for (let i = 0; i < count; i++) values[i] = random.float();
  for (let i = 0; i + BLOCK <= count; i += BLOCK) turnBlock(values, i);
  if (count % BLOCK !== 0) {
    // The last 16 are drawn again, so that they overlap.
    for (let i = count - BLOCK; i < count; i++) values[i] = random.float();
    turnBlock(values, count - BLOCK);
  }
  return values;
}

/** `count` numbers of U(0, 1), those of `torch.rand` on the processor. */
export const uniform = (random: MersenneTwister, count: number): Float32Array =>
  Float32Array.from({ length: count }, () => random.float());

/** `count` whole numbers from 0 to below `limit`, those of `torch.randint` on the processor. */
export const integers = (random: MersenneTwister, count: number, limit: number): number[] =>
  Array.from({ length: count }, () => random.integer() % limit);
