import { type JsonObject, resolveConfig } from "@gantry/gan";
import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { definePaperStudy, type Results } from "../engine/paperStudy.js";
import { type Look, ringMeans, trainOnPoints } from "../engine/points.js";
import { heatPicture } from "../engine/pointsPicture.js";
import { all, below, higher, judge, type Verdict } from "../engine/verdict.js";

interface Own {
  readonly terms: JsonObject;
}

interface Work {
  readonly steps: number;
  readonly every: number;
  readonly learningRate: number;
  readonly judged: number;
}

const RADIUS = 5;
const STD = 0.1;
const MODES = 6;
const SHOWN_SEED = 0;
const REGULARIZED = ["reg-gan", "reg-gan-mean"] as const;

/** Iterations to so many modes; undefined where they were never reached. */
const reached = (looks: readonly Look[], modes: number): number | undefined =>
  looks.find((look) => look.modes >= modes)?.iteration;

/** Modes, a mean over the looks of a training: the area under its curve. */
const area = (looks: readonly Look[]): number => spread(looks.map(({ modes }) => modes)).mean;

const firstHalf = (looks: readonly Look[]): number => area(looks.slice(0, Math.ceil(looks.length / 2)));

const last = (looks: readonly Look[]): Look => looks.at(-1)!;

function times(results: Results<readonly Look[]>, name: string): string[] {
  return [2, 4, 6].map((modes) => {
    const all = results.of(name);
    const when = all.flatMap((looks) => reached(looks, modes) ?? []);
    return when.length === 0
      ? `never (of ${all.length})`
      : `${showSpread(spread(when), 0)} (${when.length} of ${all.length})`;
  });
}

export default definePaperStudy<Own, Work, Look[]>({
  name: "mode-regularized-figure-9",
  summary: "how a plain and a mode regularized GAN find six Gaussians on a circle of radius 5",
  paper: "mode-regularized",
  shows: "figure 9",
  claims: ["M16", "M17"],
  seeds: 5,
  cases: [
    { name: "gan", summary: "the plain GAN, non-saturating", own: { terms: {} } },
    {
      name: "reg-gan",
      summary: "reconstruction by the Euclidean distance and the reward, both weighted 0.005",
      own: { terms: { reconstruction: { weight: 0.005 }, "mode-regularizer": { weight: 0.005 } } },
    },
    {
      name: "reg-gan-mean",
      summary: "the same with a mean of squares as the distance",
      own: {
        terms: {
          reconstruction: { weight: 0.005, distance: "l2", reduction: "mean" },
          "mode-regularizer": { weight: 0.005 },
        },
      },
    },
  ],
  paces: [
    {
      name: "quick",
      summary: "the paper's networks and weights; Adam 1e-3 in the place of 1e-4, 5000 iterations",
      work: { steps: 5000, every: 250, learningRate: 1e-3, judged: 2500 },
    },
    {
      name: "paper",
      summary: "the paper's networks, weights and rate; 200,000 iterations, which it does not state",
      work: { steps: 200_000, every: 2500, learningRate: 1e-4, judged: 2500 },
    },
  ],
  iterations: (work, steps) => ({ ...work, steps, every: Math.max(1, Math.floor(steps / 20)) }),
  async measure({ own, work, seed }) {
    const config = await resolveConfig({
      recipe: "gan",
      settings: [
        {
          data: { name: "ring", modes: MODES, radius: RADIUS, std: STD },
          net: {
            prior: { size: 3, distribution: "unit" },
            generatorHidden: [128, 128],
            generatorBatchNorm: false,
            discriminatorHidden: [128],
            discriminatorActivation: "relu",
            initialization: "default",
          },
          optimizers: { default: { kind: "adam", learningRate: work.learningRate, betas: [0.9, 0.999] } },
          terms: own.terms,
          batch: 100,
          steps: work.steps,
          threads: 1,
          seed,
          intervals: { log: 1_000_000_000 },
        },
      ],
    });
    const { every, judged } = work;
    return await trainOnPoints(config, {
      every,
      judged,
      scored: 1,
      limit: seed === SHOWN_SEED ? 1.4 * RADIUS : undefined,
    });
  },
  read(results, { steps, learningRate }) {
    const cases = ["gan", ...REGULARIZED].filter((name) => results.of(name).length > 0);
    const of = (name: string, pick: (looks: readonly Look[]) => number) => results.numbers(name, pick);
    const ends = (name: string) => of(name, (looks) => last(looks).modes);
    const early = of("gan", firstHalf);
    const [paired, plain] = [of("reg-gan", area), of("gan", area)];
    const fits = ends("reg-gan");
    // A training that is not at its end by then tells nothing against it: the paper states no number.
    const complete: Verdict = {
      word: fits.length > 0 && fits.every((modes) => modes === MODES) ? "holds" : "undecided",
      why: `modes at the end: ${fits.join(", ")}`,
    };
    const looks = results.of(cases[0] ?? "gan")[0] ?? [];
    const x = looks.map(({ iteration }) => iteration);
    return {
      settings: [
        `G 3-128-128-2 of ReLU on latents of U(0,1), D 2-128-1 of ReLU, PyTorch's initialisation; Adam ${learningRate}, betas (0.9, 0.999), batch 100, ${steps} iterations; both weights 0.005.`,
        "The paper states neither D's width, nor betas, batch and iterations: those are ours, the same for all.",
        "Of 2500 samples; high quality: within 3 standard deviations of a mode; a mode counts with one such sample.",
      ],
      findings: [
        {
          claim: "M16",
          paper: "the plain GAN wanders, and recovers one mode at once",
          here: `${showSpread(spread(early), 2)} modes, a mean over the first half of the training`,
          verdict: judge(below(early, 1.5)),
        },
        {
          claim: "M17",
          paper: "Reg-GAN quickly captures the modes and fits the target",
          here: `${showSpread(spread(paired), 2)} modes over the training against ${showSpread(spread(plain), 2)}; ${showSpread(spread(fits), 1)} of ${MODES} at the end`,
          verdict: judge(
            all([
              ["more modes over the training", higher(paired, plain)],
              ["all modes at the end", () => complete],
            ]),
          ),
        },
      ],
      tables: [
        {
          title: "At the end, and on the way",
          head: ["method", "modes", "high quality %", "reverse KL", "iterations to 2 modes", "to 4", "to 6"],
          rows: cases.map((name) => [
            name,
            showSpread(spread(ends(name)), 1),
            showSpread(spread(of(name, (all) => 100 * last(all).highQuality)), 1),
            showSpread(spread(of(name, (all) => last(all).reverseKl)), 2),
            ...times(results, name),
          ]),
        },
      ],
      pictures: [
        {
          name: "heat",
          picture: heatPicture(
            cases.map((name) => ({ name, looks: results.of(name)[0] ?? [] })),
            { means: ringMeans(MODES, RADIUS), std: STD, limit: 1.4 * RADIUS },
          ),
          caption: `Seed ${SHOWN_SEED}, generated points over iterations, at the right the data.`,
        },
        {
          name: "modes",
          picture: lines(
            [
              {
                title: "modes",
                lines: cases.map((label) => {
                  const at = x.map((_, i) => spread(of(label, (all) => all[i]?.modes ?? Number.NaN)));
                  return { label, x, y: at.map(({ mean }) => mean), band: at.map(({ std }) => std) };
                }),
              },
            ],
            { xLabel: "iterations", range: [0, MODES] },
          ),
          caption: "Modes, mean and deviation over seeds.",
        },
      ],
    };
  },
});
