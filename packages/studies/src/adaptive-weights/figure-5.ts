import { RunError, resolveConfig, Trainer } from "@gantry/gan";
import { type Dataset, Random } from "@gantry/gan/data";
import { lines } from "@gantry/gan/figures";
import type { Discriminator, Generator } from "@gantry/gan/nets";
import { showSpread, spread } from "@gantry/gan/sweep";
import { grad, optim, scope, type Tensor, torch } from "@gantry/torch";
import { openCifar10 } from "../engine/cifar10.js";
import { begin, brief } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { above, differences, judge } from "../engine/verdict.js";
import { type BothSteps, type Scores, stepBoth } from "./bothSteps.js";

interface Work {
  readonly steps: number;
  readonly channels: number;
}

const TIMES = ["before", "original", "weighted", "rescaled"] as const;
type Time = (typeof TIMES)[number];

/** Mean scores of each iteration's batch. */
type Result = Readonly<Record<Time, { readonly real: readonly number[]; readonly fake: readonly number[] }>>;

const BATCH = 64;
/** Once through CIFAR-10's 50,000 training images. */
const EPOCH = 781;
const QUICK_STEPS = 200;
/** So few are only to see that it runs: an excerpt will do. */
const GLANCE = 10;
const PAPER: Readonly<Record<Time, string>> = {
  before: "-",
  original: "0.248; 1.262",
  weighted: "0.921; 1.413",
  rescaled: "-",
};

const imagesAt = (dataset: Dataset, chosen: readonly number[]): Tensor =>
  torch
    .fromTypedArray(dataset.read(chosen), [chosen.length, ...dataset.shape])
    .toCopy({ dtype: "float32" })
    .div(127.5)
    .sub(1);

async function measure({ steps, channels }: Work, seed: number): Promise<Result> {
  const dataset = await openCifar10("train", steps < GLANCE ? 600 : 50_000);
  const config = await resolveConfig({
    recipe: "dcgan",
    settings: [
      { data: { name: "cifar10" }, net: { channels }, batch: BATCH, steps, threads: 1, seed },
      { terms: { "non-saturating": null, hinge: {} } },
    ],
  });
  const trainer = await Trainer.create(config, undefined, dataset);
  try {
    begin(seed);
    const generator = trainer.game.network<Generator>("generator");
    const discriminator = trainer.game.network<Discriminator>("discriminator");
    trainer.game.train(true);
    const score = (image: Tensor) => discriminator.score(discriminator.features({ image }), { image });
    const make = () => generator.forward(torch.rand([BATCH, generator.prior.size]).mul(2).sub(1));
    const settings = { learningRate: 2e-4, betas: [0.5, 0.999] } as const;
    const weights = generator.parameters();
    const ofD = new optim.Adam(discriminator.parameters(), settings);
    const ofG = new optim.Adam(weights, settings);
    const random = new Random(seed);
    const series = () => ({ real: [] as number[], fake: [] as number[] });
    const result = { before: series(), original: series(), weighted: series(), rescaled: series() };
    for (let step = 0; step < steps; step++) {
      const found: BothSteps = scope(() => {
        const chosen = Array.from({ length: BATCH }, () => random.integer(dataset.count));
        const both = stepBoth(discriminator, ofD, score, imagesAt(dataset, chosen), make().detach());
        ofG.step(grad(score(make()).mean().neg(), weights));
        return both;
      });
      if (!Number.isFinite(found.original.real)) throw new RunError(`scores are not finite at step ${step}`);
      for (const time of TIMES) {
        result[time].real.push(brief(found[time].real));
        result[time].fake.push(brief(found[time].fake));
      }
    }
    ofD.dispose();
    ofG.dispose();
    return result;
  } finally {
    await trainer.close();
  }
}

export default definePaperStudy<Record<string, never>, Work, Result>({
  name: "adaptive-weights-figure-5",
  summary:
    "scores of one batch before D's step, after the original and after the weighted one from the same state",
  paper: "adaptive-weights",
  shows: "figure 5",
  claims: ["A4", "A5"],
  seeds: 3,
  cases: [{ name: "dcgan", summary: "DCGAN on CIFAR-10 with hinge", own: {} }],
  paces: [
    {
      name: "quick",
      summary: `DCGAN of 16 channels for 64, the first ${QUICK_STEPS} iterations of an epoch`,
      work: { steps: QUICK_STEPS, channels: 16 },
    },
    {
      name: "paper",
      summary: "DCGAN of 64 channels, one epoch of CIFAR-10",
      work: { steps: EPOCH, channels: 64 },
    },
  ],
  iterations: (work, steps) => ({ ...work, steps }),
  measure: ({ work, seed }) => measure(work, seed),
  read(results, { steps, channels }) {
    const of = (time: Time, pick: (scores: Scores) => number) =>
      results.numbers("dcgan", (result) => {
        const { real, fake } = result[time];
        return spread(real.map((value, i) => pick({ real: value, fake: fake[i]! }))).mean;
      });
    const gap = ({ real, fake }: Scores) => real - fake;
    const real = (scores: Scores) => scores.real;
    const show = (time: Time, pick: (scores: Scores) => number) => showSpread(spread(of(time, pick)), 3);
    const more = (time: Time, pick: (scores: Scores) => number) =>
      judge(above(differences(of(time, pick), of("original", pick)), 0));
    const [first] = results.of("dcgan");
    const x = first?.before.real.map((_, i) => i + 1) ?? [];
    return {
      settings: [
        `DCGAN on CIFAR-10 at 32 pixels, ${channels} channels, hinge, batch ${BATCH}, Adam 2e-4, betas (0.5, 0.999), ${steps} iterations; D judges reals and fakes apart. At each the weighted step (algorithm 1) is taken, scored and taken back with the optimizer's state; the training goes on from the original one. 'Rescaled' is the weighted step by a gradient made as long as the original one's.`,
      ],
      findings: [
        {
          claim: "A4",
          paper: "from one state and batch a weighted step leaves higher real scores: 0.921 against 0.248",
          here: `${show("weighted", real)} against ${show("original", real)}`,
          verdict: more("weighted", real),
        },
        {
          claim: "A5",
          paper: "and a wider gap between real and fake scores: 1.413 against 1.262",
          here: `${show("weighted", gap)} against ${show("original", gap)}`,
          verdict: more("weighted", gap),
        },
        {
          claim: "A4, by direction",
          paper: "the same of the direction alone: with a gradient as long as the original one",
          here: `${show("rescaled", real)} against ${show("original", real)}`,
          verdict: more("rescaled", real),
        },
        {
          claim: "A5, by direction",
          paper: "the same of the gap",
          here: `${show("rescaled", gap)} against ${show("original", gap)}`,
          verdict: more("rescaled", gap),
        },
      ],
      tables: [
        {
          title: "Mean scores over the training",
          head: ["", "the paper: real; gap", "real", "fake", "gap"],
          rows: TIMES.map((time) => [
            time,
            PAPER[time],
            show(time, real),
            show(time, ({ fake }) => fake),
            show(time, gap),
          ]),
        },
      ],
      pictures: [
        {
          name: "scores",
          picture: lines(
            TIMES.map((time) => ({
              title: time,
              lines: (["real", "fake"] as const).map((label) => ({
                label,
                x,
                y: first?.[time][label] ?? [],
              })),
            })),
            { xLabel: "iterations", yLabel: "mean score", width: 340 },
          ),
          caption:
            "The first seed: before D's step, after the original one, after the weighted one, after the weighted one of the original's length.",
        },
      ],
      notes: [
        "Looked into: algorithm 1 makes both gradients of length 1, while Adam's averages are of past ones as long as they were. Where those were longer than 1 a weighted step is mostly the momentum of steps before. So its direction is tried apart from its length.",
      ],
    };
  },
});
