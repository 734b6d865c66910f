import type { Tensor } from "@gantry/torch";

/** An f-divergence as a game of scores v: both grow with v. */
export interface Divergence {
  /** g(v), which maps any score into the domain of f*. */
  activation(scores: Tensor): Tensor;
  /** f*(g(v)), written so that nothing overflows before it must. */
  conjugate(scores: Tensor): Tensor;
  /** The best D's score where reals and fakes are as likely: g(v) = f'(1), section 2.4. Default 0. */
  readonly boundary?: number;
}

/** Nowozin et al. 2016 (f-GAN), table 2, and f* of g worked out: f*(t) with t = g(v). */
export const divergences = {
  // f* = exp(t - 1)
  "kullback-leibler": { activation: (v) => v, conjugate: (v) => v.sub(1).exp(), boundary: 1 },
  // g = -exp(-v), f* = -1 - log(-t)
  "reverse-kullback-leibler": { activation: (v) => v.neg().exp().neg(), conjugate: (v) => v.sub(1) },
  // f* = t^2 / 4 + t
  pearson: { activation: (v) => v, conjugate: (v) => v.square().div(4).add(v) },
  // g = 1 - exp(-v), f* = t / (1 - t)
  "squared-hellinger": {
    activation: (v) => v.neg().exp().neg().add(1),
    conjugate: (v) => v.exp().sub(1),
  },
  // g = log 2 - softplus(-v), f* = -log(2 - exp(t))
  "jensen-shannon": {
    activation: (v) => v.neg().softplus().neg().add(Math.LN2),
    conjugate: (v) => v.softplus().sub(Math.LN2),
  },
  // g = -softplus(-v), f* = -log(1 - exp(t))
  gan: { activation: (v) => v.neg().softplus().neg(), conjugate: (v) => v.softplus() },
} as const satisfies Record<string, Divergence>;

export type DivergenceName = keyof typeof divergences;

export const divergenceNames = Object.keys(divergences) as [DivergenceName, ...DivergenceName[]];
