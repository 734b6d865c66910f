import type { Code, Prior } from "./description.js";
import { integers, normal, uniform } from "./draw.js";
import { MersenneTwister } from "./mersenneTwister.js";

const centred = (values: Float32Array): Float32Array => values.map((value) => value * 2 - 1);

function ofNoise(distribution: Prior["distribution"], random: MersenneTwister, count: number): Float32Array {
  if (distribution === "normal") return normal(random, count);
  const values = uniform(random, count);
  return distribution === "unit" ? values : centred(values);
}

function writeCode(
  latents: Float32Array,
  size: number,
  { kind, from, length }: Code,
  random: MersenneTwister,
): void {
  const count = latents.length / size;
  const drawn = kind === "continuous" ? centred(uniform(random, count)) : integers(random, count, length);
  for (let i = 0; i < count; i++) {
    const value = drawn[i]!;
    if (kind === "continuous") latents[i * size + from] = value;
    else latents[i * size + from + value] = 1;
  }
}

/**
 * Latents of a seed, one after the other: those of `gantry sample --seed SEED --count COUNT`, but for the last bits of normal
 * numbers (see normal()).
 * @param truncation numbers further than this from 0 are drawn anew; Infinity: none are
 * @throws Error for a truncation of latents that are not normal, or have codes
 */
export function drawLatents(
  prior: Prior,
  count: number,
  seed: number,
  truncation = Number.POSITIVE_INFINITY,
): Float32Array {
  const { size, distribution, codes } = prior;
  const random = new MersenneTwister(seed);
  const first = codes[0]?.from ?? size;
  const noise = ofNoise(distribution, random, count * first);
  if (truncation !== Number.POSITIVE_INFINITY) {
    if (distribution !== "normal" || codes.length > 0)
      throw new Error("truncation is for latents of N(0, 1) without codes");
    redraw(noise, random, truncation);
  }
  if (codes.length === 0) return noise;
  const latents = new Float32Array(count * size);
  for (let i = 0; i < count; i++) latents.set(noise.subarray(i * first, (i + 1) * first), i * size);
  for (const code of codes) writeCode(latents, size, code, random);
  return latents;
}

/** Draws what is beyond `truncation` anew, until nothing is. */
function redraw(values: Float32Array, random: MersenneTwister, truncation: number): void {
  const isBeyond = (at: number) => Math.abs(values[at]!) > truncation;
  let beyond = Array.from(values.keys()).filter(isBeyond);
  while (beyond.length > 0) {
    const anew = normal(random, beyond.length);
    for (const [i, at] of beyond.entries()) values[at] = anew[i]!;
    beyond = beyond.filter(isBeyond);
  }
}

/**
 * The way from one latent to another: an arc for normal ones, which lie around a sphere, and a line for others.
 * Source: White 2016 (Sampling Generative Networks), section 2.1.
 * @param share 0 for the first, 1 for the second
 */
export function between(prior: Prior, from: Float32Array, to: Float32Array, share: number): Float32Array {
  const mixed = (a: number, b: number) => from.map((value, i) => a * value + b * to[i]!);
  if (prior.distribution !== "normal" || prior.codes.length > 0) return mixed(1 - share, share);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (!(sine > 1e-6)) return mixed(1 - share, share);
  return mixed(Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine);
}
