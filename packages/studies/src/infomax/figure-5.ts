import { resolveConfig } from "@gantry/gan";
import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { costRatios, type Turns } from "../engine/cost.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { all, below, judge } from "../engine/verdict.js";

interface Own {
  readonly steps: number;
}

interface Work extends Turns {
  readonly channels: number;
  readonly batch: number;
}

/** Steps of D an iteration. The figure's own are not in the text. */
const STEPS = [1, 2, 5];
const nameOf = (steps: number) => `n${steps}`;
/** Less than 0.1 % of the time. */
const BOUND = 0.001;
/** R over D's channels. */
const RELATIVE_R = 8;

export default definePaperStudy<Own, Work, number[]>({
  name: "infomax-figure-5",
  summary: "time of InfoMax-GAN's iterations over SNGAN's, for several steps of D",
  paper: "infomax",
  shows: "figure 5",
  claims: ["I15"],
  seeds: 3,
  cases: STEPS.map((steps) => ({
    name: nameOf(steps),
    summary: `${steps} steps of D an iteration`,
    own: { steps },
  })),
  paces: [
    {
      name: "quick",
      summary:
        "8 channels for 128, batches of 32 for 64, MNIST at 32 pixels; four rounds of two iterations each",
      work: { rounds: 4, iterations: 2, channels: 8, batch: 32 },
    },
    {
      name: "paper",
      summary: "128 channels, batches of 64, MNIST at 32 pixels; five rounds of 20 iterations each",
      work: { rounds: 5, iterations: 20, channels: 128, batch: 64 },
    },
  ],
  iterations: (work, iterations) => ({ ...work, iterations, ...(iterations < 2 ? { rounds: 1 } : {}) }),
  async measure({ own: { steps }, work: { channels, batch, ...turns }, seed }) {
    const configOf = (recipe: "sngan" | "infomax-gan") =>
      resolveConfig({
        recipe,
        settings: [
          {
            data: { name: "mnist", size: 32 },
            net: { channels },
            ...(recipe === "infomax-gan"
              ? { terms: { infomax: { criticUnits: RELATIVE_R * channels } } }
              : {}),
            schedule: { discriminatorSteps: steps },
            batch,
            threads: 1,
            seed,
            intervals: { log: 1_000_000_000 },
          },
        ],
      });
    return await costRatios(await configOf("infomax-gan"), await configOf("sngan"), turns);
  },
  read(results, { rounds, iterations, channels, batch }) {
    const here = STEPS.filter((steps) => results.of(nameOf(steps)).length > 0);
    const overhead = (steps: number) => results.numbers(nameOf(steps), (ratios) => spread(ratios).mean - 1);
    const percent = (values: readonly number[]) => showSpread(spread(values.map((value) => 100 * value)), 1);
    const spreads = here.map((steps) => spread(overhead(steps)));
    return {
      settings: [
        `SNGAN's networks of ${channels} channels, batches of ${batch}, R of ${RELATIVE_R * channels}, on MNIST at 32 pixels. Both trainings in one process of one thread, in turn, ${rounds} rounds of ${iterations} iterations each; processor seconds, so that what else runs counts little. A number a seed: the mean over rounds.`,
        "The paper measured on a GPU, and its figure has no numbers in the text.",
      ],
      findings: [
        {
          claim: "I15",
          paper: "InfoMax takes less than 0.1 % of training time per update, for every n_dis",
          here: here.map((steps) => `n_dis ${steps}: ${percent(overhead(steps))} %`).join("; ") || "-",
          verdict: judge(all(here.map((steps) => [nameOf(steps), below(overhead(steps), BOUND)] as const))),
        },
      ],
      tables: [
        {
          title: "Processor time over SNGAN's",
          head: ["steps of D", "more, %"],
          rows: here.map((steps) => [String(steps), percent(overhead(steps))]),
        },
      ],
      pictures: [
        {
          name: "overhead",
          picture: lines(
            [
              {
                title: "more processor time than SNGAN, %",
                lines: [
                  {
                    label: "InfoMax-GAN",
                    x: here,
                    y: spreads.map(({ mean }) => 100 * mean),
                    band: spreads.map(({ std }) => 100 * std),
                  },
                ],
              },
            ],
            { xLabel: "steps of D an iteration" },
          ),
          caption: "The mean over seeds, with a band of one deviation.",
        },
      ],
      notes: [
        "At full width and on an idle machine `npm run bench -- cost-infomax` measured 0.76 % (0.29 to 1.85): narrow networks make the critics' share larger.",
      ],
    };
  },
});
