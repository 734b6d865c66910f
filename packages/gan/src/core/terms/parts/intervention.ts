import type { Tensor } from "@gantry/torch";
import { type Named, Registry } from "../../base/registry.js";
import type { Prior } from "../../nets/prior.js";

/** A group of k transforms of a latent. */
export interface Intervention {
  /**
   * @param latent N,L
   * @param index which one of each, int64 N, 0 to k - 1
   * @param noise N,L, drawn from the prior
   * @returns N,L
   */
  apply(latent: Tensor, index: Tensor, noise: Tensor): Tensor;
}

/**
 * A kind of intervention: transforms that leave the prior's distribution as it is (IVGAN, definition 1), so that G may
 * be given what they make of an encoding. One file in interventions/.
 */
export interface InterventionKind extends Named {
  readonly source: string;
  /** Why there are no k such transforms of this prior, and what to do; undefined when there are. */
  check(prior: Prior, k: number): string | undefined;
  /** @param random uniform numbers in [0, 1), the same ones for the same configuration: fixes what is drawn once */
  make(size: number, k: number, random: () => number): Intervention;
}

export const interventions = new Registry<InterventionKind>(
  "intervention",
  new URL("./interventions/", import.meta.url),
);

/** Uniform numbers in [0, 1) from a seed: mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A permutation of 0 to size - 1 (Fisher and Yates). */
export function shuffled(size: number, random: () => number): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
