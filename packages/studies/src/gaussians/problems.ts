import { type JsonObject, merge, type Named } from "@gantry/gan";
import type { PointMode } from "@gantry/gan/data";

export type Pace = "quick" | "paper";

export const paces: readonly (Named & { readonly name: Pace })[] = [
  {
    name: "quick",
    summary:
      "small machines: G and D of two ReLU layers of 128 units (mode-ring: D of one), PyTorch's default initialisation, " +
      "Adam 2e-3, betas (0.5, 0.999), batch 100; not the papers' setting, but one that learns in a few thousand iterations",
  },
  {
    name: "paper",
    summary:
      "ring, grid: PacGAN's networks (G 4x400 with batch norm, D three maxout layers of 200), N(0, 0.02), Adam 1e-4, " +
      "beta1 0.8, batch 100; mode-ring: G 2x128 ReLU, D 1x128 ReLU, Adam 1e-4",
  },
];

export interface Problem extends Named {
  readonly data: JsonObject;
  readonly latent: { readonly size: number; readonly distribution: "normal" | "unit" };
  /** Laid upon the recipe `gan` at this pace. */
  readonly settings: Readonly<Record<Pace, JsonObject>>;
  readonly iterations: Readonly<Record<Pace, number>>;
  /** Weights of Reg-GAN: reconstruction, a squared distance summed over coordinates, and reward. */
  readonly regularization: readonly [number, number];
}

const quickNet = (discriminatorHidden: readonly number[]): JsonObject => ({
  net: {
    generatorHidden: [128, 128],
    generatorBatchNorm: false,
    discriminatorHidden: [...discriminatorHidden],
    discriminatorActivation: "relu",
    initialization: "default",
  },
  optimizers: { default: { kind: "adam", learningRate: 2e-3, betas: [0.5, 0.999] } },
});

export const problems: readonly Problem[] = [
  {
    name: "ring",
    summary: "8 Gaussians on the unit circle, standard deviation 0.01",
    data: { name: "ring" },
    latent: { size: 2, distribution: "normal" },
    settings: { quick: quickNet([128, 128]), paper: {} },
    iterations: { quick: 3000, paper: 400_000 },
    regularization: [0.1, 0.1],
  },
  {
    name: "grid",
    summary: "25 Gaussians on a grid of spacing 2, standard deviation 0.05",
    data: { name: "grid" },
    latent: { size: 2, distribution: "normal" },
    settings: { quick: quickNet([128, 128]), paper: {} },
    iterations: { quick: 3000, paper: 400_000 },
    regularization: [0.1, 0.1],
  },
  {
    name: "mode-ring",
    summary: "6 Gaussians on a circle of radius 5, standard deviation 0.1; latents from U(0,1)^3",
    data: { name: "ring", modes: 6, radius: 5, std: 0.1 },
    latent: { size: 3, distribution: "unit" },
    settings: {
      quick: quickNet([128]),
      paper: merge(quickNet([128]), {
        optimizers: { default: { learningRate: 1e-4, betas: [0.9, 0.999] } },
      }),
    },
    iterations: { quick: 3000, paper: 25_000 },
    regularization: [0.005, 0.005],
  },
];

/** The modes of a problem, for pictures. */
export function modesOf(problem: Problem): PointMode[] {
  const { modes = 8, radius = 1, std = 0.01 } = problem.data as Record<string, number>;
  if (problem.data.name === "grid") {
    const along = [-4, -2, 0, 2, 4];
    return along.flatMap((x) => along.map((y) => ({ mean: [x, y], std: 0.05 })));
  }
  return Array.from({ length: modes }, (_, mode) => {
    const angle = (2 * Math.PI * mode) / modes;
    return { mean: [radius * Math.cos(angle), radius * Math.sin(angle)], std };
  });
}
