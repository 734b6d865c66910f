import { pngGrid } from "@gantry/formats";
import { resolveConfig, toBytes } from "@gantry/gan";
import { openDataset } from "@gantry/gan/data";
import { showSpread, spread } from "@gantry/gan/sweep";
import { scope, torch } from "@gantry/torch";
import { nearestOf, numbersOf } from "../engine/nearest.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";
import { above, judge } from "../engine/verdict.js";

interface Work {
  readonly steps: number;
  readonly channels: number;
  /** Samples that D scores. */
  readonly samples: number;
  /** Training images that samples are held against. */
  readonly known: number;
}

interface Result {
  /** Samples that D is as good as sure of. */
  readonly sure: number;
  /** Of these, and of all, the share that is far from every image. */
  readonly farOfSure: number | null;
  readonly farOfAll: number;
  /** The highest probability that D gives. */
  readonly highest: number;
  /** The samples with the highest scores as a PNG of base64; only of the shown seed. */
  readonly shown: string | null;
}

const SIDE = 28;
const SIZE = SIDE * SIDE;
/** D = 1.0 as printed with one digit. */
const SURE = 0.95;
/** Of test images as many are called far. */
const FAR = 0.01;
const SHOWN_SEED = 0;
const SHOWN = 32;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export default definePaperStudy<Record<string, never>, Work, Result>({
  name: "mode-regularized-figure-1",
  summary: "samples of which D is sure that they are real, and how far they are from real images",
  paper: "mode-regularized",
  shows: "figure 1",
  claims: ["M1"],
  seeds: 3,
  cases: [{ name: "dcgan", summary: "DCGAN on MNIST", own: {} }],
  paces: [
    {
      name: "quick",
      summary: "MNIST for CelebA, 16 channels, 600 iterations of 64, 3000 samples",
      work: { steps: 600, channels: 16, samples: 3000, known: 4000 },
    },
    {
      name: "paper",
      summary: "MNIST for CelebA, 64 channels, 20,000 iterations of 64, 20,000 samples",
      work: { steps: 20_000, channels: 64, samples: 20_000, known: 20_000 },
    },
  ],
  iterations: (work, steps) =>
    steps < 10 ? { steps, channels: 4, samples: 100, known: 100 } : { ...work, steps },
  async measure({ work: { steps, channels, samples, known }, seed, workplace }) {
    const settings = { net: { channels }, batch: 64, steps, threads: 1, seed, data: { name: "mnist" } };
    const config = await resolveConfig({ recipe: "dcgan", settings: [settings] });
    const run = await trainedRun(config, "dcgan", workplace);
    const some = Array.from({ length: known }, (_, i) => i);
    const [train, test] = await Promise.all(
      (["train", "test"] as const).map((split) => openDataset({ name: "mnist", split })),
    );
    const reals = numbersOf(train!, some);
    const held = nearestOf(numbersOf(test!, some.slice(0, 1000)), reals, SIZE).distances;
    const bound = [...held].sort((a, b) => b - a)[Math.floor(FAR * held.length)]!;
    return await sampling(run, { judge: true }, async (sampler): Promise<Result> => {
      const parts = [...sampler.judged(sampler.latents(samples, seed))];
      const images = joined(parts.map((part) => part.samples));
      const sure = [...joined(parts.map((part) => part.scores))].map(sigmoid);
      const { distances } = nearestOf(images, reals, SIZE);
      const far = distances.map((distance) => distance > bound);
      const chosen = far.filter((_, i) => sure[i]! >= SURE);
      const share = (all: readonly boolean[]) => all.filter(Boolean).length / all.length;
      const best = sure.map((_, i) => i).sort((a, b) => sure[b]! - sure[a]!);
      const picture = async (): Promise<string> => {
        const drawn = joined(best.slice(0, SHOWN).map((i) => images.slice(i * SIZE, (i + 1) * SIZE)));
        const data = scope(() => toBytes(torch.fromTypedArray(drawn, [drawn.length / SIZE, 1, SIDE, SIDE])));
        const grid = await pngGrid({ data, shape: [1, SIDE, SIDE] }, { scale: 2, columns: 8 });
        return Buffer.from(grid).toString("base64");
      };
      return {
        sure: chosen.length,
        farOfSure: chosen.length === 0 ? null : share(chosen),
        farOfAll: share(far),
        highest: sure[best[0]!]!,
        shown: seed === SHOWN_SEED ? await picture() : null,
      };
    });
  },
  read(results, { steps, channels, samples, known }) {
    const all = results.of("dcgan");
    const percent = (values: readonly number[]) => showSpread(spread(values.map((value) => 100 * value)), 1);
    const far = all.flatMap(({ farOfSure }) => farOfSure ?? []);
    const sure = all.map((result) => result.sure);
    const shown = all.find((result) => result.shown !== null)?.shown;
    return {
      settings: [
        `MNIST stands in CelebA's place. DCGAN of ${channels} channels, ${steps} iterations of 64; its D scores ${samples} of its samples. Sure: D of ${SURE} or more, which is 1.0 as the figure prints it. Far: further (Euclidean) from the nearest of ${known} training images than all but 1 % of 1000 test images are.`,
        "The figure shows faces, for people to see that they are none. Here the distance to real images stands for that.",
      ],
      findings: [
        {
          claim: "M1",
          paper:
            "D has wrong maxima: samples with D = 1.0 that are no good; here: of the sure ones more are far than of real images",
          here: `${percent(far)} % of the sure ones are far (${showSpread(spread(sure), 0)} of ${samples} samples are sure); 1 % of test images are`,
          verdict: judge(above(far, FAR)),
        },
      ],
      tables: [
        {
          title: "By seed",
          head: ["seed", "highest D", "sure samples", "far of these, %", "far of all samples, %"],
          rows: all.map(({ highest, sure: count, farOfSure, farOfAll }, i) => [
            String(i),
            highest.toFixed(3),
            String(count),
            farOfSure === null ? "-" : (100 * farOfSure).toFixed(1),
            (100 * farOfAll).toFixed(1),
          ]),
        },
      ],
      pictures:
        shown === undefined || shown === null
          ? []
          : [
              {
                name: "highest",
                picture: Buffer.from(shown, "base64"),
                caption: `Seed ${SHOWN_SEED}: the ${SHOWN} samples with the highest scores of D.`,
              },
            ],
    };
  },
});
