import { pngGrid } from "@gantry/formats";
import { type Dataset, openDataset, Random } from "@gantry/gan/data";
import { showSpread, spread } from "@gantry/gan/sweep";
import { noGrad, scope, torch } from "@gantry/torch";
import { blurred } from "../damages/damages.js";
import { begin, brief, evenlySpaced } from "../engine/fit.js";
import { nearestOf, numbersOf } from "../engine/nearest.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { higher, judge } from "../engine/verdict.js";

type Model = "images" | "few" | "blurred" | "half-noise" | "centroids";

interface Work {
  /** Samples of a model: windows. */
  readonly samples: number;
  /** Training images that centroids are made of. */
  readonly known: number;
  /** Test images whose likelihood counts; as many others choose the width. */
  readonly tested: number;
}

interface Result {
  /** Of a test image, a mean, in nats; images in [0, 1]. */
  readonly likelihood: number;
  /** The windows' standard deviation. */
  readonly width: number;
  /** Some samples as a PNG of base64; only of the shown seed. */
  readonly shown: string | null;
}

const SIDE = 28;
const SIZE = SIDE * SIDE;
const SHOWN_SEED = 0;
const SHOWN = 16;
/** Of the model `few`, one window of so many of the others'. */
const FEWER = 10;
/** Lloyd's iterations. */
const ROUNDS = 10;
/** From 0.1 to 1, evenly in the logarithm, as the code of the GAN's paper tries. */
const WIDTHS = evenlySpaced(-1, 0, 19).map((exponent) => 10 ** exponent);

const CASES: readonly { name: Model; summary: string; own: { model: Model } }[] = [
  ["images", "training images: perfect samples"] as const,
  ["few", "a tenth as many training images: perfect samples, less variety"] as const,
  ["blurred", "training images, blurred by a pixel"] as const,
  ["half-noise", "training images, and as many of noise"] as const,
  ["centroids", "centroids of k-means: means of images"] as const,
].map(([name, summary]) => ({ name, summary, own: { model: name } }));

const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** Numbers in [0, 1], one image after the other. */
const unitOf = (dataset: Dataset, chosen: readonly number[]): Float32Array =>
  numbersOf(dataset, chosen).map((value) => (value + 1) / 2);

/** K-means by Lloyd's iterations from images drawn by chance; a centroid that loses all of its images stays. */
function centroidsOf(images: Float32Array, count: number): Float32Array {
  const centroids = images.slice(0, count * SIZE);
  for (let round = 0; round < ROUNDS; round++) {
    const { places } = nearestOf(images, centroids, SIZE);
    const sums = new Float64Array(centroids.length);
    const counts = new Uint32Array(count);
    for (const [i, place] of places.entries()) {
      counts[place]!++;
      for (let j = 0; j < SIZE; j++) sums[place * SIZE + j]! += images[i * SIZE + j]!;
    }
    for (const [place, many] of counts.entries())
      for (let j = 0; many > 0 && j < SIZE; j++) centroids[place * SIZE + j] = sums[place * SIZE + j]! / many;
  }
  return centroids;
}

function windowsOf(model: Model, train: Dataset, { samples, known }: Work, seed: number): Float32Array {
  const random = new Random(seed);
  const order = Uint32Array.from({ length: train.count }, (_, i) => i);
  random.shuffle(order);
  const some = (count: number) => unitOf(train, [...order.subarray(0, count)]);
  switch (model) {
    case "images":
      return some(samples);
    case "few":
      return some(Math.floor(samples / FEWER));
    case "blurred": {
      const bytes = train.read(order.subarray(0, samples)) as Uint8Array;
      return Float32Array.from(blurred(bytes, [1, SIDE, SIDE]), (byte) => byte / 255);
    }
    case "half-noise": {
      const half = Math.floor(samples / 2);
      return some(samples).map((value, i) => (i < half * SIZE ? value : random.uniform()));
    }
    case "centroids":
      return centroidsOf(some(known), samples);
  }
}

/**
 * The mean log-likelihood of images under Gaussian windows of each width, in nats.
 * @param windows numbers in [0, 1], one image after the other
 */
export function parzen(images: Float32Array, windows: Float32Array, size: number, widths: readonly number[]) {
  return noGrad(() =>
    scope(() => {
      const [rows, all] = [images, windows].map((numbers) =>
        torch.fromTypedArray(numbers, [numbers.length / size, size]),
      );
      const lengths = rows!
        .square()
        .sum([1])
        .reshape([-1, 1])
        .add(all!.square().sum([1]));
      const squares = lengths.sub(rows!.mm(all!.t()).mul(2)).clamp(0, Number.POSITIVE_INFINITY);
      const count = windows.length / size;
      return widths.map((width) =>
        scope(() => {
          const sums = squares.div(-2 * width * width).logsumexp([1]);
          return sums.mean().item() - Math.log(count) - (size / 2) * Math.log(2 * Math.PI * width * width);
        }),
      );
    }),
  );
}

export default definePaperStudy<{ model: Model }, Work, Result>({
  name: "notes-parzen",
  summary: "log-likelihood by Parzen windows of models whose samples are known to be good or bad",
  paper: "notes",
  shows: "GAN, evaluation note",
  claims: ["N3"],
  seeds: 5,
  cases: CASES,
  paces: [
    {
      name: "quick",
      summary: "MNIST, 1000 samples of each model, centroids of 20,000 images, 1000 test images",
      work: { samples: 1000, known: 20_000, tested: 1000 },
    },
    {
      name: "paper",
      summary: "MNIST, 10,000 samples of each model, centroids of all images, 5000 test images",
      work: { samples: 10_000, known: 60_000, tested: 5000 },
    },
  ],
  async measure({ own: { model }, work, seed }) {
    begin(seed);
    const [train, test] = await Promise.all(
      (["train", "test"] as const).map((split) => openDataset({ name: "mnist", split })),
    );
    const windows = windowsOf(model, train!, work, seed);
    const [choosing, counting] = [0, work.tested].map((from) => unitOf(test!, range(work.tested, from)));
    const tried = parzen(choosing!, windows, SIZE, WIDTHS);
    const width = WIDTHS[tried.indexOf(Math.max(...tried))]!;
    const [likelihood = Number.NaN] = parzen(counting!, windows, SIZE, [width]);
    // Half from the front, half from the back, where noise is.
    const ends = [windows.subarray(0, (SHOWN / 2) * SIZE), windows.subarray((-SHOWN / 2) * SIZE)];
    const shown = Uint8Array.from(
      ends.flatMap((end) => [...end]),
      (value) => Math.round(255 * value),
    );
    const png =
      seed === SHOWN_SEED
        ? await pngGrid({ data: shown, shape: [1, SIDE, SIDE] }, { columns: SHOWN, scale: 1 })
        : undefined;
    return {
      likelihood: brief(likelihood),
      width: brief(width),
      shown: png === undefined ? null : Buffer.from(png).toString("base64"),
    };
  },
  read(results, { samples, known, tested }) {
    const likelihoods = (model: Model) => results.numbers(model, ({ likelihood }) => likelihood);
    const told = (model: Model) => `${model} ${showSpread(spread(likelihoods(model)), 1)}`;
    const above = (better: Model, worse: Model) => ({
      here: `${told(better)}, ${told(worse)} nats`,
      verdict: judge(higher(likelihoods(better), likelihoods(worse))),
    });
    return {
      settings: [
        `MNIST's images in [0, 1]. A model is a set of images, with a Gaussian around each: ${samples} samples (of the model 'few' a tenth of them), centroids of ${known} training images by ${ROUNDS} of Lloyd's iterations. The width, of ${WIDTHS.length} from 0.1 to 1, is the one that ${tested} test images like best; ${tested} others count.`,
        "Which samples are good is known by how they are made, and seen in the pictures: no metric says it.",
      ],
      findings: [
        {
          claim: "N3, unreliable",
          paper:
            "a Parzen window can be unreliable; here: means of images score above images themselves, which no sample can be better than",
          ...above("centroids", "images"),
        },
        {
          claim: "N3, not correlated",
          paper:
            "great likelihood with poor samples, poor likelihood with great ones; here: half of all samples noise scores above a few samples, all perfect",
          ...above("half-noise", "few"),
        },
      ],
      tables: [
        {
          title: "Log-likelihood of a test image, nats",
          head: ["model", "likelihood", "width"],
          rows: CASES.filter(({ name }) => results.of(name).length > 0).map(({ name }) => [
            name,
            showSpread(spread(likelihoods(name)), 1),
            showSpread(spread(results.numbers(name, ({ width }) => width)), 3),
          ]),
        },
      ],
      pictures: CASES.flatMap(({ name, summary }) => {
        const shown = results.of(name).find((result) => result.shown !== null)?.shown;
        return shown === undefined || shown === null
          ? []
          : [{ name, picture: Buffer.from(shown, "base64"), caption: `Samples of '${name}': ${summary}.` }];
      }),
      notes: [
        "Why noise costs so little: with a share w of the samples left, the likelihood falls by log(1 / w) at most, 0.7 nats for a half, beside the hundreds that variety is worth.",
      ],
    };
  },
});
