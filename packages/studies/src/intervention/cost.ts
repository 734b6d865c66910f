import { resolveConfig } from "@gantry/gan";
import { amount } from "@gantry/gan/amount";
import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { costRatios, type Turns } from "../engine/cost.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { about, all, judge } from "../engine/verdict.js";

interface Own {
  readonly recipe: "ivdcgan" | "ivlsgan";
  readonly base: "dcgan" | "lsgan";
  readonly encoderSteps: number;
}

interface Work extends Turns {
  readonly channels: number;
  readonly size: number;
}

const PAIRS = [
  ["ivdcgan", "dcgan"],
  ["ivlsgan", "lsgan"],
] as const;
/** Steps of E an iteration: the least, and the public code's. */
const STEPS = [1, 2, 10];
const nameOf = (recipe: string, steps: number) => `${recipe}-${steps}`;

export default definePaperStudy<Own, Work, number[]>({
  name: "intervention-cost",
  summary: "time of IVDCGAN's and IVLSGAN's iterations over their bases'",
  paper: "intervention",
  shows: "footnote 1",
  claims: ["V14"],
  seeds: 3,
  cases: PAIRS.flatMap(([recipe, base]) =>
    STEPS.map((encoderSteps) => ({
      name: nameOf(recipe, encoderSteps),
      summary: `${recipe} with ${amount(encoderSteps, "steps")} of E over ${base}`,
      own: { recipe, base, encoderSteps },
    })),
  ),
  paces: [
    {
      name: "quick",
      summary: "8 channels for 64, MNIST at 32 pixels; four rounds of three iterations each",
      work: { rounds: 4, iterations: 3, channels: 8, size: 32 },
    },
    {
      name: "paper",
      summary: "64 channels, MNIST at 64 pixels; five rounds of ten iterations each",
      work: { rounds: 5, iterations: 10, channels: 64, size: 64 },
    },
  ],
  iterations: (work, iterations) => ({ ...work, iterations, ...(iterations < 2 ? { rounds: 1 } : {}) }),
  async measure({ own: { recipe, base, encoderSteps }, work: { channels, size, ...turns }, seed }) {
    const common = {
      data: { name: "mnist", size },
      net: { channels },
      batch: 64,
      threads: 1,
      seed,
      intervals: { log: 1_000_000_000 },
    };
    const one = await resolveConfig({
      recipe,
      settings: [{ ...common, terms: { intervention: { encoderSteps } } }],
    });
    const other = await resolveConfig({ recipe: base, preset: "intervention-gan", settings: [common] });
    return await costRatios(one, other, turns);
  },
  read(results, { rounds, iterations, channels, size }) {
    const ratios = (recipe: string, steps: number) =>
      results.numbers(nameOf(recipe, steps), (all_) => spread(all_).mean);
    const show = (recipe: string, steps: number) => showSpread(spread(ratios(recipe, steps)), 2);
    const least = PAIRS.filter(([recipe]) => ratios(recipe, STEPS[0]!).length > 0);
    return {
      settings: [
        `Networks of ${channels} channels on MNIST at ${size} pixels, batches of 64, the bases at the paper's rates. Each pair in one process of one thread, in turn, ${rounds} rounds of ${iterations} iterations each; processor seconds. A number a seed: the mean over rounds.`,
        "The paper does not say how often E steps in an iteration; its public code takes ten. The claim is judged with one step, the least there is; 'about' is a factor of 1.25.",
      ],
      findings: [
        {
          claim: "V14",
          paper: "about 2 times slower than its base",
          here:
            PAIRS.map(
              ([recipe]) =>
                `${recipe}: ${STEPS.map((steps) => `${show(recipe, steps)} with ${steps}`).join(", ")}`,
            ).join("; ") || "-",
          verdict: judge(
            all(
              least.map(
                ([recipe]) => [`${recipe} with one step`, about(ratios(recipe, 1), 2, 1.25)] as const,
              ),
            ),
          ),
        },
      ],
      tables: [
        {
          title: "Processor time over the base's",
          head: ["method", ...STEPS.map((steps) => `${amount(steps, "steps")} of E`)],
          rows: PAIRS.map(([recipe]) => [recipe, ...STEPS.map((steps) => show(recipe, steps))]),
        },
      ],
      pictures: [
        {
          name: "cost",
          picture: lines(
            [
              {
                title: "time over the base's",
                lines: PAIRS.map(([recipe]) => {
                  const spreads = STEPS.map((steps) => spread(ratios(recipe, steps)));
                  return {
                    label: recipe,
                    x: STEPS,
                    y: spreads.map(({ mean }) => mean),
                    band: spreads.map(({ std }) => std),
                  };
                }),
              },
            ],
            { xLabel: "steps of E an iteration" },
          ),
          caption: "The mean over seeds, with a band of one deviation.",
        },
      ],
    };
  },
});
