import { pngGrid } from "@gantry/formats";
import { latentArithmetic, resolveConfig, toBytes } from "@gantry/gan";
import { openDataset, Random } from "@gantry/gan/data";
import { showSpread, spread } from "@gantry/gan/sweep";
import { scope, torch } from "@gantry/torch";
import { nearestOf, numbersOf } from "../engine/nearest.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";
import { above, all, differences, judge } from "../engine/verdict.js";

interface Work {
  readonly steps: number;
  readonly channels: number;
  /** Samples that exemplars are chosen from. */
  readonly pool: number;
  /** Training images of which the nearest one names a sample. */
  readonly known: number;
  /** Sums tried. */
  readonly sums: number;
}

interface Result {
  /** Share of test images that are named rightly by their nearest. */
  readonly named: number;
  /** Sums for which there were exemplars. */
  readonly tried: number;
  /** Shares that came out as they should: of single exemplars, and of means of three. */
  readonly single: number;
  readonly mean: number;
  /** Shares of the class alone, and of the ink alone. */
  readonly classes: readonly [single: number, mean: number];
  readonly inks: readonly [single: number, mean: number];
  /** The first sums as a PNG of base64: thick A, thin A, thin B, result; only of the shown seed. */
  readonly shown: string | null;
}

const SIDE = 28;
const SIZE = SIDE * SIDE;
const EACH = 3;
const SHOWN_SEED = 0;
const SHOWN_SUMS = 4;
/** One of ten classes, and one of three thirds of ink. */
const CHANCE = { class: 1 / 10, ink: 1 / 3 } as const;

const inkOf = (image: Float32Array): number => image.reduce((sum, value) => sum + value, 0) / image.length;

const images = (all: Float32Array): Float32Array[] =>
  Array.from({ length: all.length / SIZE }, (_, i) => all.subarray(i * SIZE, (i + 1) * SIZE));

/** Each class's samples by ink: the third with least, and the third with most. */
function thirdsOf(labels: readonly number[], inks: readonly number[]) {
  return Array.from({ length: 10 }, (_, number) => {
    const own = labels
      .flatMap((label, i) => (label === number ? [i] : []))
      .sort((a, b) => inks[a]! - inks[b]!);
    const third = Math.floor(own.length / 3);
    const thick = own.slice(own.length - third);
    return { thin: own.slice(0, third), thick, least: inks[thick[0] ?? 0]! };
  });
}

export default definePaperStudy<Record<string, never>, Work, Result>({
  name: "notes-arithmetic",
  summary: "sums of latents: a thick digit less a thin one of its class, and a thin one of another class",
  paper: "notes",
  shows: "DCGAN, vector arithmetic",
  claims: ["N4"],
  seeds: 3,
  cases: [{ name: "dcgan", summary: "DCGAN on MNIST", own: {} }],
  paces: [
    {
      name: "quick",
      summary: "16 channels, 600 iterations of 64, 100 sums",
      work: { steps: 600, channels: 16, pool: 1500, known: 4000, sums: 100 },
    },
    {
      name: "paper",
      summary: "64 channels, 10,000 iterations of 64, 400 sums",
      work: { steps: 10_000, channels: 64, pool: 6000, known: 20_000, sums: 400 },
    },
  ],
  iterations: (work, steps) =>
    steps < 10 ? { steps, channels: 4, pool: 200, known: 200, sums: 6 } : { ...work, steps },
  async measure({ work: { steps, channels, pool, known, sums }, seed, workplace }) {
    const settings = { net: { channels }, batch: 64, steps, threads: 1, seed, data: { name: "mnist" } };
    const config = await resolveConfig({ recipe: "dcgan", settings: [settings] });
    const run = await trainedRun(config, "dcgan", workplace);
    const [train, test] = await Promise.all(
      (["train", "test"] as const).map((split) => openDataset({ name: "mnist", split })),
    );
    const few = Array.from({ length: known }, (_, i) => i);
    const [reals, labels] = [numbersOf(train!, few), train!.labels(few)!];
    const name = (all: Float32Array) => nearestOf(all, reals, SIZE).places.map((place) => labels[place]!);
    const asked = Array.from({ length: Math.min(1000, known) }, (_, i) => i);
    const truth = test!.labels(asked)!;
    const rightly = name(numbersOf(test!, asked)).filter((label, i) => label === truth[i]).length;
    return await sampling(run, {}, async (sampler): Promise<Result> => {
      const latents = sampler.latents(pool, seed);
      const size = sampler.latentSize;
      const samples = joined(sampler.samples(latents));
      const thirds = thirdsOf(name(samples), images(samples).map(inkOf));
      const random = new Random(seed);
      const usable = thirds.flatMap(({ thin }, number) => (thin.length >= EACH ? [number] : []));
      const picked = (from: readonly number[]): number[] => {
        const order = Uint32Array.from(from);
        random.shuffle(order);
        return [...order.subarray(0, EACH)];
      };
      const tried =
        usable.length < 2
          ? []
          : Array.from({ length: sums }, () => {
              const a = usable[random.integer(usable.length)]!;
              const rest = usable.filter((number) => number !== a);
              const b = rest[random.integer(rest.length)]!;
              const places = [thirds[a]!.thick, thirds[a]!.thin, thirds[b]!.thin].map(picked);
              const of = (count: number) =>
                latentArithmetic(
                  latents,
                  size,
                  places.map((all, i) => ({ sign: i === 1 ? -1 : 1, places: all.slice(0, count) })),
                );
              return { b, single: of(1).result, mean: of(EACH) };
            });
      const outcome = (which: "single" | "mean") => {
        const made = joined(
          sampler.samples(joined(tried.map((sum) => (which === "single" ? sum.single : sum.mean.result)))),
        );
        const found = name(made);
        return images(made).map((image, i) => {
          const { b } = tried[i]!;
          return { right: found[i] === b, thick: inkOf(image) >= thirds[b]!.least };
        });
      };
      const share = (
        all: readonly { right: boolean; thick: boolean }[],
        is: (each: (typeof all)[number]) => boolean,
      ) => all.filter(is).length / Math.max(1, all.length);
      const [single, mean] = [outcome("single"), outcome("mean")];
      const both = ({ right, thick }: (typeof mean)[number]) => right && thick;
      const shown = tried.slice(0, SHOWN_SUMS).flatMap((sum) => [sum.mean.means, sum.mean.result]);
      const picture = async (): Promise<string> => {
        const drawn = joined(sampler.samples(joined(shown)));
        const data = scope(() => toBytes(torch.fromTypedArray(drawn, [drawn.length / SIZE, 1, SIDE, SIDE])));
        const grid = await pngGrid({ data, shape: [1, SIDE, SIDE] }, { scale: 2, columns: 4 });
        return Buffer.from(grid).toString("base64");
      };
      return {
        named: rightly / asked.length,
        tried: tried.length,
        single: share(single, both),
        mean: share(mean, both),
        classes: [share(single, ({ right }) => right), share(mean, ({ right }) => right)],
        inks: [share(single, ({ thick }) => thick), share(mean, ({ thick }) => thick)],
        shown: seed === SHOWN_SEED && shown.length > 0 ? await picture() : null,
      };
    });
  },
  read(results, { steps, channels, pool, known, sums }) {
    const of = (pick: (result: Result) => number) => results.numbers("dcgan", pick);
    const percent = (values: readonly number[]) => showSpread(spread(values.map((value) => 100 * value)), 1);
    const [single, mean] = [of((result) => result.single), of((result) => result.mean)];
    const classes = (which: "single" | "mean") => of((result) => result.classes[which === "single" ? 0 : 1]);
    const inks = (which: "single" | "mean") => of((result) => result.inks[which === "single" ? 0 : 1]);
    const shown = results.of("dcgan").find((result) => result.shown !== null)?.shown;
    return {
      settings: [
        `DCGAN of ${channels} channels on MNIST, ${steps} iterations of 64. Of ${pool} samples those of a class with most and with least ink (thirds by the mean of pixels) are thick and thin. A sum is thick A - thin A + thin B, for ${sums} pairs of classes drawn by chance; each concept is one exemplar, or the mean of three with that one among them.`,
        `It comes out right where its nearest of ${known} training images (Euclidean) is of class B, and it has as much ink as B's thick third. By chance that is 3.3 %. The nearest names ${percent(of((result) => result.named))} % of test images rightly.`,
        "The text's own examples are faces, and people looked at them: here class and ink stand for what they saw.",
      ],
      findings: [
        {
          claim: "N4, meaning",
          paper:
            "sums of latents have a meaning; here: of sums of means class and ink come out right more often than by chance",
          here: `class ${percent(classes("mean"))} % (chance 10), ink ${percent(inks("mean"))} % (chance 33)`,
          verdict: judge(
            all([
              ["class", above(classes("mean"), CHANCE.class)],
              ["ink", above(inks("mean"), CHANCE.ink)],
            ]),
          ),
        },
        {
          claim: "N4, means",
          paper:
            "single samples are unstable, means of three are not; here: the class comes out right more often",
          here: `${percent(classes("mean"))} % against ${percent(classes("single"))} % of single ones`,
          verdict: judge(above(differences(classes("mean"), classes("single")), 0)),
        },
      ],
      tables: [
        {
          title: "What came out right, %",
          head: ["exemplars", "class and ink", "class", "ink"],
          rows: (["single", "mean of three"] as const).map((called, i) => [
            called,
            percent(i === 0 ? single : mean),
            percent(of((result) => result.classes[i]!)),
            percent(of((result) => result.inks[i]!)),
          ]),
        },
      ],
      notes: [
        "A sum of three single latents is longer than a latent is, by the root of 3, and has more ink for it whatever they mean; a sum of means of three is as long as one. So single ones are judged by the class alone.",
      ],
      pictures:
        shown === undefined || shown === null
          ? []
          : [
              {
                name: "sums",
                picture: Buffer.from(shown, "base64"),
                caption: `Seed ${SHOWN_SEED}, the first sums by means of three. A row: thick A, thin A, thin B, and thick A - thin A + thin B.`,
              },
            ],
    };
  },
});
