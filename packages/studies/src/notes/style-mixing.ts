import { pngGrid } from "@gantry/formats";
import { drawMixingGrid, resolveConfig, type Sampler, styleRanges, toBytes } from "@gantry/gan";
import { showSpread, spread } from "@gantry/gan/sweep";
import { manualSeed, scope, torch } from "@gantry/torch";
import { brief } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";
import { above, all, differences, judge } from "../engine/verdict.js";

interface Work {
  readonly steps: number;
  readonly channels: number;
  /** Images changed. */
  readonly pairs: number;
}

/** How far images moved, as root mean squares of pixels in [-1, 1]. */
interface Change {
  /** Of the means of 16 squares: what the image is as a whole. */
  readonly thumbnail: number;
  /** Of what is left without them: its details. */
  readonly rest: number;
}

const CHANGES = ["coarse", "middle", "fine", "noise"] as const;

interface Result {
  readonly changes: Readonly<Record<(typeof CHANGES)[number], Change>>;
  /** A mixing grid as a PNG of base64; only of the shown seed. */
  readonly shown: string | null;
}

const SIDE = 32;
const THUMBNAIL = 4;
const SHOWN_SEED = 0;
const SHOWN = { columns: 5, rows: 6 } as const;

/** A thumbnail, and the image without it. */
function parted(images: Float32Array): { thumbnail: Float32Array; rest: Float32Array } {
  const square = SIDE / THUMBNAIL;
  const thumbnail = new Float32Array((images.length / (SIDE * SIDE)) * THUMBNAIL * THUMBNAIL);
  const placeOf = (i: number): number => {
    const [image, inside] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
    const [y, x] = [Math.floor(inside / SIDE), inside % SIDE];
    return (image * THUMBNAIL + Math.floor(y / square)) * THUMBNAIL + Math.floor(x / square);
  };
  for (const [i, value] of images.entries()) thumbnail[placeOf(i)]! += value / (square * square);
  return { thumbnail, rest: images.map((value, i) => value - thumbnail[placeOf(i)]!) };
}

const rootMeanSquare = (a: Float32Array, b: Float32Array): number =>
  brief(Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length));

function changeOf(before: Float32Array, after: Float32Array): Change {
  const [a, b] = [parted(before), parted(after)];
  return { thumbnail: rootMeanSquare(a.thumbnail, b.thumbnail), rest: rootMeanSquare(a.rest, b.rest) };
}

function changesOf(sampler: Sampler, pairs: number, seed: number): Result["changes"] {
  const latents = sampler.latents(2 * pairs, seed);
  const [own, sources] = [latents.slice(0, latents.length / 2), latents.slice(latents.length / 2)];
  const ranges = styleRanges(sampler.styleSides ?? []);
  /** Noise is drawn from LibTorch's own generator: the same seed, the same noise. */
  const made = (noise: number, range?: (typeof ranges)[number]): Float32Array => {
    manualSeed(noise);
    const mixing = range && { sources, takes: (layer: number) => layer >= range.from && layer < range.to };
    return joined(sampler.samples(own, undefined, mixing));
  };
  const base = made(1);
  const styled = (name: string) =>
    changeOf(
      base,
      made(
        1,
        ranges.find((range) => range.name === name),
      ),
    );
  return {
    coarse: styled("coarse"),
    middle: styled("middle"),
    fine: styled("fine"),
    noise: changeOf(base, made(2)),
  };
}

async function gridOf(sampler: Sampler, seed: number): Promise<string> {
  const { columns, rows } = SHOWN;
  const latents = sampler.latents(columns + rows, seed);
  const cut = columns * sampler.latentSize;
  manualSeed(seed);
  const grid = drawMixingGrid(sampler, latents.slice(0, cut), latents.slice(cut));
  const data = scope(() => toBytes(torch.fromTypedArray(grid, [grid.length / (SIDE * SIDE), 1, SIDE, SIDE])));
  const png = await pngGrid({ data, shape: [1, SIDE, SIDE] }, { scale: 2, columns: columns + 1 });
  return Buffer.from(png).toString("base64");
}

export default definePaperStudy<Record<string, never>, Work, Result>({
  name: "notes-style-mixing",
  summary: "what coarse, middle and fine styles change of an image, and what noise does",
  paper: "notes",
  shows: "StyleGAN, style mixing",
  claims: ["N12"],
  seeds: 3,
  cases: [{ name: "stylegan", summary: "StyleGAN on MNIST", own: {} }],
  paces: [
    {
      name: "quick",
      summary: "MNIST at 32 pixels, 8 channels, 200 iterations of 64, 200 images changed",
      work: { steps: 200, channels: 8, pairs: 200 },
    },
    {
      name: "paper",
      summary: "MNIST at 32 pixels, 32 channels, 10,000 iterations of 64, 2000 images changed",
      work: { steps: 10_000, channels: 32, pairs: 2000 },
    },
  ],
  iterations: (work, steps) => (steps < 10 ? { steps, channels: 4, pairs: 8 } : { ...work, steps }),
  async measure({ work: { steps, channels, pairs }, seed, workplace }) {
    const config = await resolveConfig({
      recipe: "stylegan",
      settings: [
        {
          data: { name: "mnist", size: SIDE },
          net: { channels, styleSize: 2 * channels, mappingLayers: 2, prior: { size: 2 * channels } },
          batch: 64,
          steps,
          threads: 1,
          seed,
        },
      ],
    });
    const run = await trainedRun(config, "stylegan", workplace);
    return await sampling(run, {}, async (sampler) => ({
      changes: changesOf(sampler, pairs, seed),
      shown: seed === SHOWN_SEED ? await gridOf(sampler, seed) : null,
    }));
  },
  read(results, { steps, channels, pairs }) {
    const of = (name: (typeof CHANGES)[number], which: keyof Change) =>
      results.numbers("stylegan", ({ changes }) => changes[name][which]);
    const show = (name: (typeof CHANGES)[number], which: keyof Change) =>
      showSpread(spread(of(name, which)), 3);
    const shown = results.of("stylegan").find((result) => result.shown !== null)?.shown;
    const more = (a: (typeof CHANGES)[number], b: (typeof CHANGES)[number]) =>
      above(differences(of(a, "thumbnail"), of(b, "thumbnail")), 0);
    /** The share of what changed that is of the image as a whole. */
    const wholeness = (name: (typeof CHANGES)[number]) =>
      results.numbers(
        "stylegan",
        ({ changes: { [name]: change } }) =>
          change.thumbnail ** 2 / Math.max(1e-12, change.thumbnail ** 2 + change.rest ** 2),
      );
    return {
      settings: [
        `StyleGAN of ${channels} channels on MNIST at ${SIDE} pixels, ${steps} iterations of 64, averaged weights. ${pairs} images are drawn, then drawn again with the coarse, the middle or the fine styles of other latents and the same noise, or with other noise and the same styles. Told: the root mean square of the change of ${THUMBNAIL} by ${THUMBNAIL} means of pixels in [-1, 1], and of what is left without them.`,
        "High-level attributes are faces' pose and hair in the paper, and people saw them: here it is the coarse picture that stands for them.",
      ],
      findings: [
        {
          claim: "N12",
          paper:
            "separates high-level attributes from stochastic variation; here: coarse styles change the coarse picture more than fine ones, and these more than noise",
          here: `coarse ${show("coarse", "thumbnail")}, fine ${show("fine", "thumbnail")}, noise ${show("noise", "thumbnail")}`,
          verdict: judge(
            all([
              ["coarse above fine", more("coarse", "fine")],
              ["fine above noise", more("fine", "noise")],
            ]),
          ),
        },
      ],
      tables: [
        {
          title: "What changes",
          head: ["redrawn", "coarse picture", "what is left", "share of the coarse picture, %"],
          rows: CHANGES.map((name) => [
            name === "noise" ? "noise" : `${name} styles`,
            show(name, "thumbnail"),
            show(name, "rest"),
            showSpread(spread(wholeness(name).map((share) => 100 * share)), 0),
          ]),
        },
      ],
      pictures:
        shown === undefined || shown === null
          ? []
          : [
              {
                name: "mixing",
                picture: Buffer.from(shown, "base64"),
                caption: `Seed ${SHOWN_SEED}. The first row: sources; the first column: images; between, the image with the source's styles: two rows each of coarse, middle and fine ones.`,
              },
            ],
    };
  },
});
