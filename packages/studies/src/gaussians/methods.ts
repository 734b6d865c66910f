import type { JsonObject, Named } from "@gantry/gan";
import type { Pace, Problem } from "./problems.js";

export interface Method extends Named {
  /** What it adds to the plain GAN. */
  terms(problem: Problem, pace: Pace): JsonObject;
  /** Left out where nobody names the methods. */
  readonly optional?: boolean;
  /** Times the plain GAN's batch. */
  readonly pack?: number;
  /** Why it does not apply to a problem. */
  objection?(problem: Problem): string | undefined;
}

const pacgan = (degree: number): Method => ({
  name: degree === 2 ? "pacgan" : `pacgan${degree}`,
  summary: `PacGAN: D judges packs of ${degree}; a batch of as many packs`,
  terms: () => ({ packing: { degree } }),
  pack: degree,
  optional: degree > 2,
});

export const methods: readonly Method[] = [
  { name: "gan", summary: "the plain GAN, non-saturating", terms: () => ({}) },
  {
    name: "reg-gan",
    summary:
      "Reg-GAN: reconstruction and reward with the paper's weights 0.005 on mode-ring, 0.1 and 0.1 elsewhere",
    terms: ({ regularization: [weight, reward] }) => ({
      reconstruction: { weight, distance: "l2" },
      "mode-regularizer": { weight: reward },
    }),
  },
  {
    name: "mdgan",
    summary: "MDGAN: manifold and diffusion phases, weights 1",
    terms: () => ({ "manifold-diffusion": {} }),
  },
  {
    name: "adaptive-weights",
    summary: "aw-GAN: adaptive weighted D, algorithm 1",
    terms: () => ({ "adaptive-weights": {} }),
  },
  pacgan(2),
  pacgan(3),
  pacgan(4),
  { name: "unrolled", summary: "unrolled GAN, 5 steps", terms: () => ({ unrolled: { steps: 5 } }) },
  {
    name: "minibatch-discrimination",
    summary: "minibatch discrimination: D sees how alike the points of a batch are, 25 kernels",
    terms: () => ({ "minibatch-discrimination": { kernels: 25 } }),
  },
  {
    name: "intervention",
    summary:
      "IVGAN: as many blocks as the latent has numbers, weights of the paper, no instance noise; steps of E: 10, quick: 2",
    terms: ({ latent }, pace) => ({
      intervention: { k: latent.size, encoderSteps: pace === "quick" ? 2 : 10 },
    }),
  },
  {
    name: "veegan",
    summary: "VEEGAN with its log-ratio loss",
    terms: () => ({ "non-saturating": null, "log-ratio": {}, veegan: {} }),
  },
  { name: "ali", summary: "ALI with a stochastic encoder", terms: () => ({ ali: {} }) },
  {
    name: "vaegan",
    summary: "VAEGAN: errors in D's last hidden layer, weight 0.01, minimax",
    terms: () => ({ "non-saturating": null, minimax: {}, vaegan: { features: "global", weight: 0.01 } }),
    objection: ({ latent }) =>
      latent.distribution === "normal" ? undefined : "its encoder needs Gaussian latents",
  },
  {
    name: "aae",
    summary: "adversarial autoencoder; D judges latents by two layers of 128",
    terms: () => ({ aae: { hidden: [128, 128] } }),
  },
];
