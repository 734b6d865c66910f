import { resolveConfig } from "@gantry/gan";
import { openDataset } from "@gantry/gan/data";
import { lines } from "@gantry/gan/figures";
import { MemoryTable, precisionRecallDensityCoverage } from "@gantry/gan/metrics";
import { showSpread, spread } from "@gantry/gan/sweep";
import { brief, slopeOf } from "../engine/fit.js";
import { numbersOf } from "../engine/nearest.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";
import { above, all, below, judge } from "../engine/verdict.js";

interface Work {
  readonly steps: number;
  readonly channels: number;
  /** Samples judged, against as many reals. */
  readonly judged: number;
}

interface Own {
  readonly by: "truncation" | "psi";
  readonly recipe: "dcgan" | "stylegan";
}

interface Seen {
  readonly value: number;
  readonly precision: number;
  readonly recall: number;
}

/** From little variety to all there is; no threshold is told as 3, which one number in 370 exceeds. */
const VALUES = { truncation: [0.2, 0.5, 1, 1.5, 3], psi: [0.3, 0.5, 0.7, 1] } as const;
const SIDE = 32;

const CASES = [
  {
    name: "truncation",
    summary: "a threshold for Gaussian latents: DCGAN",
    own: { by: "truncation", recipe: "dcgan" },
  },
  {
    name: "psi",
    summary: "a factor for intermediate latents: StyleGAN",
    own: { by: "psi", recipe: "stylegan" },
  },
] as const;

export default definePaperStudy<Own, Work, Seen[]>({
  name: "notes-truncation",
  summary: "precision and recall as latents are truncated",
  paper: "notes",
  shows: "BigGAN's and StyleGAN's truncation",
  claims: ["N13"],
  seeds: 3,
  cases: CASES,
  paces: [
    {
      name: "quick",
      summary:
        "MNIST at 32 pixels, 16 channels (StyleGAN 8), 600 iterations of 64 (StyleGAN 200), 1000 samples",
      work: { steps: 600, channels: 16, judged: 1000 },
    },
    {
      name: "paper",
      summary: "MNIST at 32 pixels, 64 channels (StyleGAN 32), 20,000 iterations of 64, 5000 samples",
      work: { steps: 20_000, channels: 64, judged: 5000 },
    },
  ],
  iterations: (work, steps) => (steps < 10 ? { steps, channels: 8, judged: 40 } : { ...work, steps }),
  async measure({ own: { by, recipe }, work: { steps, channels, judged }, seed, workplace }) {
    const isStyle = recipe === "stylegan";
    const config = await resolveConfig({
      recipe,
      settings: [
        {
          data: { name: "mnist", size: SIDE },
          net: isStyle
            ? { channels: channels / 2, styleSize: channels, mappingLayers: 2 }
            : { channels, prior: { distribution: "normal" } },
          batch: 64,
          // Each of StyleGAN's takes several times as long.
          steps: isStyle ? Math.ceil(steps / 3) : steps,
          threads: 1,
          seed,
        },
      ],
    });
    const run = await trainedRun(config, recipe, workplace);
    const real = await openDataset({ name: "mnist", split: "test", size: SIDE });
    const size = SIDE * SIDE;
    const some = Array.from({ length: judged }, (_, i) => i);
    const reals = new MemoryTable(numbersOf(real, some), size);
    const seen: Seen[] = [];
    for (const value of VALUES[by]) {
      const fakes = await sampling(run, { [by]: value }, (sampler) =>
        joined(sampler.samples(sampler.latents(judged, seed))),
      );
      const { precision, recall } = await precisionRecallDensityCoverage(new MemoryTable(fakes, size), reals);
      seen.push({ value, precision: brief(precision), recall: brief(recall) });
    }
    return seen;
  },
  read(results, { steps, channels, judged }) {
    const here = CASES.filter(({ name }) => results.of(name).length > 0);
    const slopes = (name: string, which: "precision" | "recall") =>
      results.numbers(name, (seen) =>
        slopeOf(
          seen.map(({ value }) => value),
          seen.map((each) => each[which]),
        ),
      );
    const told = (name: string, which: "precision" | "recall") =>
      `${name}: ${showSpread(spread(slopes(name, which)), 3)} for each 1`;
    return {
      settings: [
        `Trained on MNIST at ${SIDE} pixels: DCGAN of ${channels} channels on normal latents, ${steps} iterations of 64; StyleGAN of ${channels / 2} channels, ${Math.ceil(steps / 3)}. Precision and recall (3 neighbours) of ${judged} samples against as many test images, by distances of pixels: no network looks.`,
        "One training a seed; at each value the latents are of the same seed. A threshold of 3 leaves all but one number in 370 as it is.",
      ],
      findings: [
        {
          claim: "N13, quality",
          paper: "truncation raises quality; here: precision falls as the value rises",
          here: here.map(({ name }) => told(name, "precision")).join("; ") || "-",
          verdict: judge(all(here.map(({ name }) => [name, below(slopes(name, "precision"), 0)] as const))),
        },
        {
          claim: "N13, variety",
          paper: "and costs variety; here: recall rises with the value",
          here: here.map(({ name }) => told(name, "recall")).join("; ") || "-",
          verdict: judge(all(here.map(({ name }) => [name, above(slopes(name, "recall"), 0)] as const))),
        },
      ],
      tables: [
        {
          title: "Over the value",
          head: ["by", "value", "precision", "recall"],
          rows: here.flatMap(({ name, own: { by } }) =>
            VALUES[by].map((value, i) => [
              name,
              String(value),
              ...(["precision", "recall"] as const).map((which) =>
                showSpread(spread(results.numbers(name, (seen) => seen[i]![which])), 3),
              ),
            ]),
          ),
        },
      ],
      pictures: [
        {
          name: "trade-off",
          picture: lines(
            here.map(({ name, summary, own: { by } }) => ({
              title: summary,
              lines: (["precision", "recall"] as const).map((which) => {
                const spreads = VALUES[by].map((_, i) =>
                  spread(results.numbers(name, (seen) => seen[i]![which])),
                );
                return {
                  label: which,
                  x: [...VALUES[by]],
                  y: spreads.map(({ mean }) => mean),
                  band: spreads.map(({ std }) => std),
                };
              }),
            })),
            { xLabel: "threshold, or psi", range: [0, 1] },
          ),
          caption: "The mean over seeds, with a band of one deviation.",
        },
      ],
      notes: [
        "The notes name the truncation trick and claim nothing: the claim is BigGAN's, and StyleGAN's of psi.",
      ],
    };
  },
});
