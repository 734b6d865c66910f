import { pngGrid } from "@gantry/formats";
import { resolveConfig } from "@gantry/gan";
import { type Dataset, dataContext, openDataset } from "@gantry/gan/data";
import { datasetImages, estimateMissingModes, type ImageSource, memoryImages } from "@gantry/gan/metrics";
import { showSpread, spread } from "@gantry/gan/sweep";
import { brief } from "../engine/fit.js";
import { nearestOf, numbersOf } from "../engine/nearest.js";
import { definePaperStudy, type Results } from "../engine/paperStudy.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";
import { above, judge, untestable } from "../engine/verdict.js";

interface Own {
  readonly recipe: "dcgan" | "reg-gan" | "mdgan";
}

interface Work {
  readonly steps: number;
  readonly channels: number;
  readonly samples: number;
  /** Test images judged. */
  readonly tested: number;
  readonly judgeSteps: number;
  readonly judgeChannels: number;
}

interface Result {
  /** The judge's value of each test image: near 1 is missing. */
  readonly values: readonly number[];
  /** Its distance to the nearest training image: how rare it is. */
  readonly distances: readonly number[];
  /** Test images above the judge's threshold. */
  readonly missing: number;
  /** The surest of them as a PNG of base64; only of the shown seed. */
  readonly shown: string | null;
}

const SIDE = 28;
const SIZE = SIDE * SIDE;
const SIGMA = 3.5;
/** Training images that rarity is measured against. */
const KNOWN = 10_000;
/** Of the test images so many are the most missing of a model. */
const MOST = 0.1;
const SHOWN_SEED = 0;
const SHOWN = 32;
const CASES = [
  { name: "dcgan", summary: "DCGAN", own: { recipe: "dcgan" } },
  { name: "reg-gan", summary: "Reg-GAN", own: { recipe: "reg-gan" } },
  { name: "mdgan", summary: "MDGAN", own: { recipe: "mdgan" } },
] as const;

const bytesOf = (dataset: Dataset, count: number): ImageSource =>
  memoryImages(
    dataset.name,
    dataset.read(Array.from({ length: count }, (_, i) => i)) as Uint8Array,
    dataset.shape as [number, number, number],
  );

/** Places of the highest values. */
function mostMissing({ values }: Result): Set<number> {
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!);
  return new Set(order.slice(0, Math.max(1, Math.floor(MOST * values.length))));
}

/** Of each seed: how much further from the data are images that all models miss most, and those that DCGAN alone does. */
function rarities(results: Results<Result>): { all: number; dcganAlone: number; shared: number }[] {
  const byCase = CASES.map(({ name }) => results.of(name));
  const seeds = Math.min(...byCase.map(({ length }) => length));
  return Array.from({ length: seeds }, (_, seed) => {
    const models = byCase.map((runs) => mostMissing(runs[seed]!));
    const { distances } = byCase[0]![seed]!;
    const mean = (which: (i: number) => boolean) => spread(distances.filter((_, i) => which(i))).mean;
    const others = mean((i) => models.every((missed) => !missed.has(i)));
    const isOfAll = (i: number) => models.every((missed) => missed.has(i));
    return {
      all: mean(isOfAll) - others,
      dcganAlone: mean((i) => models[0]!.has(i) && !models[1]!.has(i) && !models[2]!.has(i)) - others,
      shared: distances.filter((_, i) => isOfAll(i)).length,
    };
  });
}

export default definePaperStudy<Own, Work, Result>({
  name: "mode-regularized-figure-5",
  summary: "whether the test images that all models miss are rare in the data",
  paper: "mode-regularized",
  shows: "figure 5",
  claims: ["M13"],
  seeds: 3,
  cases: CASES,
  paces: [
    {
      name: "quick",
      summary: "MNIST for CelebA, 8 channels, 300 iterations of 64; judges of 200 steps, 2000 test images",
      work: { steps: 300, channels: 8, samples: 3000, tested: 2000, judgeSteps: 200, judgeChannels: 16 },
    },
    {
      name: "paper",
      summary:
        "MNIST for CelebA, 64 channels, 20,000 iterations of 64; judges of 1000 steps, 10,000 test images",
      work: {
        steps: 20_000,
        channels: 64,
        samples: 10_000,
        tested: 10_000,
        judgeSteps: 1000,
        judgeChannels: 64,
      },
    },
  ],
  iterations: (work, steps) =>
    steps < 10
      ? { steps, channels: 4, samples: 200, tested: 100, judgeSteps: 2, judgeChannels: 4 }
      : { ...work, steps },
  async measure({ own: { recipe }, work, seed, workplace }) {
    const { steps, channels, samples, tested, judgeSteps, judgeChannels } = work;
    const settings = { net: { channels }, batch: 64, steps, threads: 1, seed, data: { name: "mnist" } };
    const config = await resolveConfig({ recipe, settings: [settings] });
    const run = await trainedRun(config, recipe, workplace);
    const made = await sampling(run, {}, (sampler) =>
      Uint8Array.from(joined(sampler.samples(sampler.latents(samples, seed))), (value) =>
        Math.round((value + 1) * 127.5),
      ),
    );
    const [train, test] = await Promise.all(
      (["train", "test"] as const).map((split) => openDataset({ name: "mnist", split })),
    );
    const asked = bytesOf(test!, tested);
    const { values, missing } = await estimateMissingModes(
      {
        generated: memoryImages(`samples of ${recipe}`, made, [1, SIDE, SIDE]),
        training: datasetImages(train!),
        test: asked,
      },
      {
        sigma: SIGMA,
        seed,
        steps: judgeSteps,
        holes: 0,
        judge: {
          family: "dcgan",
          options: { channels: judgeChannels, discriminatorNorm: "spectral" },
          optimizer: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999], epsilon: 1e-8, weightDecay: 0 },
          batch: 64,
        },
      },
      { signal: workplace.signal, home: dataContext().home },
    );
    const known = Array.from({ length: Math.min(KNOWN, 10 * tested) }, (_, i) => i);
    const places = Array.from({ length: tested }, (_, i) => i);
    const { distances } = nearestOf(numbersOf(test!, places), numbersOf(train!, known), SIZE);
    const order = places.sort((a, b) => values[b]! - values[a]!).slice(0, SHOWN);
    const grid = await pngGrid(
      { data: test!.read(order) as Uint8Array, shape: [1, SIDE, SIDE] },
      { scale: 1, columns: 8 },
    );
    return {
      values: [...values].map(brief),
      distances: distances.map(brief),
      missing,
      shown: seed === SHOWN_SEED ? Buffer.from(grid).toString("base64") : null,
    };
  },
  read(results, { steps, channels, samples, tested, judgeSteps }) {
    const found = rarities(results);
    const rare = found.flatMap(({ all }) => (Number.isFinite(all) ? [all] : []));
    const alone = found.flatMap(({ dcganAlone }) => (Number.isFinite(dcganAlone) ? [dcganAlone] : []));
    const here = CASES.filter(({ name }) => results.of(name).length > 0);
    return {
      settings: [
        `MNIST stands in CelebA's place. Networks of ${channels} channels, ${steps} iterations of 64. A judge of its own for each (DCGAN's layers with spectral norm, noise of ${SIGMA}, ${judgeSteps} steps) tells ${samples} samples from training images, and values ${tested} test images. Most missing are, of each model, the tenth with the highest values: the threshold of tables 3 and 4 leaves too few to compare.`,
        "Rare is what is far (Euclidean) from its nearest training image.",
      ],
      findings: [
        {
          claim: "M13, missed by all",
          paper: "what all models miss is rare in the data; here: further from it than what none misses",
          here: `further by ${showSpread(spread(rare), 2)}; ${showSpread(spread(found.map(({ shared }) => shared)), 0)} images are missed by all`,
          verdict: judge(above(rare, 0)),
        },
        {
          claim: "M13, by DCGAN alone",
          paper: "what only DCGAN misses has special attributes",
          here: `further by ${showSpread(spread(alone), 2)}`,
          verdict: untestable("attributes are of faces, and people named them"),
        },
      ],
      tables: [
        {
          title: "Test images above the judge's own threshold",
          head: ["method", "missing"],
          rows: here.map(({ name }) => [
            name,
            showSpread(spread(results.numbers(name, ({ missing }) => missing)), 1),
          ]),
        },
      ],
      pictures: here.flatMap(({ name, summary }) => {
        const shown = results.of(name).find((result) => result.shown !== null)?.shown;
        return shown === undefined || shown === null
          ? []
          : [
              {
                name: `missed-${name}`,
                picture: Buffer.from(shown, "base64"),
                caption: `Seed ${SHOWN_SEED}: the ${SHOWN} test images that ${summary} misses most.`,
              },
            ];
      }),
    };
  },
});
