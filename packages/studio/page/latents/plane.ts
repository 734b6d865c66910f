// The map: a plane of latents. Every whole place has the latent of a seed of its own; between them lies what is between these.
import { between, type Description, drawLatents } from "@gantry/web";

export type Place = readonly [x: number, y: number];
type Prior = Description["prior"];

/** A seed for a whole place: different for all places that anybody drags to. */
function seedOf(x: number, y: number): number {
  // Whole numbers to natural ones, then Cantor's pairing.
  const natural = (value: number) => (value >= 0 ? 2 * value : -2 * value - 1);
  const [a, b] = [natural(x), natural(y)];
  return ((a + b) * (a + b + 1)) / 2 + b;
}

/** The seed of a place that is whole; undefined between. */
export const seedAt = ([x, y]: Place): number | undefined =>
  Number.isInteger(x) && Number.isInteger(y) ? seedOf(x, y) : undefined;

/** Latents of the plane, each seed's drawn once. */
export class LatentPlane {
  readonly #prior: Prior;
  readonly #drawn = new Map<number, Float32Array>();

  constructor(prior: Prior) {
    this.#prior = prior;
  }

  #seed(seed: number): Float32Array {
    let latent = this.#drawn.get(seed);
    if (latent === undefined) {
      latent = drawLatents(this.#prior, 1, seed);
      this.#drawn.set(seed, latent);
    }
    return latent;
  }

  at([x, y]: Place): Float32Array {
    const [left, low] = [Math.floor(x), Math.floor(y)];
    const row = (j: number) =>
      between(this.#prior, this.#seed(seedOf(left, j)), this.#seed(seedOf(left + 1, j)), x - left);
    return y === low ? row(low) : between(this.#prior, row(low), row(low + 1), y - low);
  }
}

/** Several latents, one after the other. */
export function joined(latents: readonly Float32Array[]): Float32Array {
  const size = latents[0]?.length ?? 0;
  const all = new Float32Array(size * latents.length);
  for (const [i, latent] of latents.entries()) all.set(latent, i * size);
  return all;
}

/** first - second + third, as DCGAN's authors did with means of latents. */
export const arithmetic = (first: Float32Array, second: Float32Array, third: Float32Array): Float32Array =>
  first.map((value, i) => value - second[i]! + third[i]!);
