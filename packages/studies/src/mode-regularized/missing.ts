// Tables 3 and 4 count what a noisy third discriminator calls missing, of the same trainings.
import type { Row, Settings, TableData, TablePace } from "../engine/table.js";
import { AT_THE_END } from "./tableSettings.js";

export const faces: TableData = {
  name: "celeba",
  summary: "CelebA",
  quick: {
    data: { name: "mnist", size: 32 },
    network: "digits-cnn",
    resize: "lanczos3",
    words: "MNIST at 32 pixels stands in CelebA's place: nothing here is said of faces",
  },
  paper: { data: { name: "celeba", size: 64 }, network: "inception-2015" },
};

/** One judge for all, so that a generator is not judged by a network of its own: as docs/studies/missing-modes.md tried it. */
const judgeOf = (channels: number, steps: number) =>
  `missing:net={"family":"dcgan","channels":${channels},"discriminatorNorm":"spectral"},batch=64,steps=${steps}`;

export const paces: readonly TablePace[] = [
  {
    name: "quick",
    summary: "8 channels, 200 iterations, 4000 samples; judges of 200 steps",
    settings: { "net.channels": 8, steps: 200, batch: 64, threads: 1, "intervals.checkpoint": 100 },
    evaluation: { every: AT_THE_END, metrics: `fid,${judgeOf(16, 200)}`, samples: 4000 },
  },
  {
    name: "paper",
    summary: "64 channels, 20 epochs; judges of 1000 steps",
    settings: { "net.channels": 64, steps: 50_000, batch: 64 },
    evaluation: { every: AT_THE_END, metrics: `fid,${judgeOf(64, 1000)}`, samples: 10_000 },
  },
];

const latent = (size: number): Settings => ({ "net.prior.size": size });
const printed = (three: string, four: string): NonNullable<Row["paper"]> => ({
  celeba: { "missing-3.5": three, "missing-4": four },
});

/** VAE-GAN is narrowed by its small preset, whose weight fits its fewer features. */
export const rowsOf = (pace: "quick" | "paper"): readonly Row[] => [
  {
    name: "dcgan-100",
    summary: "DCGAN, a latent of 100",
    recipe: "dcgan",
    settings: latent(100),
    paper: printed("5463", "590"),
  },
  {
    name: "dcgan-200",
    summary: "DCGAN, a latent of 200",
    recipe: "dcgan",
    settings: latent(200),
    paper: printed("17089", "15832"),
  },
  {
    name: "reg-gan-100",
    summary: "Reg-GAN, a latent of 100",
    recipe: "reg-gan",
    settings: latent(100),
    paper: printed("754", "42"),
  },
  {
    name: "reg-gan-200",
    summary: "Reg-GAN, a latent of 200",
    recipe: "reg-gan",
    settings: latent(200),
    paper: printed("3644", "391"),
  },
  {
    name: "mdgan-200",
    summary: "MDGAN, a latent of 200",
    recipe: "mdgan",
    settings: latent(200),
    paper: printed("74", "13"),
  },
  {
    name: "vaegan-100",
    summary: "VAE-GAN, a latent of 100",
    recipe: "vaegan",
    ...(pace === "quick" ? { preset: "small" } : {}),
    settings: latent(100),
    paper: printed("9720", "5862"),
  },
];

export const columns = [
  { metric: "missing-3.5", title: "missing, sigma 3.5", digits: 1 },
  { metric: "missing-4", title: "missing, sigma 4", digits: 1 },
  { metric: "fid", title: "FID", digits: 1 },
] as const;

export const CHOICES = [
  "The paper states neither the judge's steps nor from what value an image is missing. Here each judge has DCGAN's layers with spectral norm, and the threshold is what reals judged against reals say; counts are of test images.",
  "With so much noise a judge may see nothing, whatever is missing: 0 everywhere means that, and decides nothing. Nearly all everywhere means generators that make nothing like the data yet, and decides nothing either. [What the estimate sees](missing-modes.md) was measured apart.",
];
