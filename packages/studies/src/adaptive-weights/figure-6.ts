import { type JsonObject, resolveConfig } from "@gantry/gan";
import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { definePaperStudy } from "../engine/paperStudy.js";
import { type Look, ringMeans, trainOnPoints } from "../engine/points.js";
import { evenly, heatPicture } from "../engine/pointsPicture.js";
import { all, below, higher, judge, lower, type Verdict } from "../engine/verdict.js";

interface Own {
  readonly terms: JsonObject;
}

interface Work {
  readonly preset: "small" | null;
  readonly steps: number;
  readonly every: number;
}

const MODES = 8;
const SHOWN_SEED = 0;
const PLAIN = "gan";
const WEIGHTED = "aw-gan";

const last = (looks: readonly Look[]): Look => looks.at(-1)!;
const level = ({ logits }: Look): number => spread(logits).mean;
const range = ({ logits }: Look): number => Math.max(...logits) - Math.min(...logits);

export default definePaperStudy<Own, Work, Look[]>({
  name: "adaptive-weights-figure-6",
  summary: "modes of a ring and D's logits of real points, with adaptive weights and without",
  paper: "adaptive-weights",
  shows: "figure 6",
  claims: ["A6", "A7"],
  seeds: 5,
  cases: [
    {
      name: PLAIN,
      summary: "the plain GAN of the unrolled GAN's paper",
      own: { terms: { "adaptive-weights": null } },
    },
    { name: WEIGHTED, summary: "the same with adaptive weights", own: { terms: {} } },
  ],
  paces: [
    {
      name: "quick",
      summary: "the paper's networks; batch 128 for 512, D's rate 1e-3 for 1e-4, 2000 iterations for 25,000",
      work: { preset: "small", steps: 2000, every: 100 },
    },
    {
      name: "paper",
      summary: "the paper's networks, rates and 25,000 iterations",
      work: { preset: null, steps: 25_000, every: 1000 },
    },
  ],
  iterations: (work, steps) => ({ ...work, steps, every: Math.max(1, Math.floor(steps / 20)) }),
  async measure({ own, work: { preset, steps, every }, seed }) {
    const config = await resolveConfig({
      recipe: "aw-gan",
      ...(preset === null ? {} : { preset }),
      settings: [{ terms: own.terms, steps, threads: 1, seed, intervals: { log: 1_000_000_000 } }],
    });
    return await trainOnPoints(config, {
      every,
      judged: 2500,
      scored: 100,
      limit: seed === SHOWN_SEED ? 1.5 : undefined,
    });
  },
  read(results, { steps, preset }) {
    const cases = [PLAIN, WEIGHTED].filter((name) => results.of(name).length > 0);
    const ends = (name: string, pick: (look: Look) => number) =>
      results.numbers(name, (looks) => pick(last(looks)));
    const show = (name: string, pick: (look: Look) => number, digits: number) =>
      showSpread(spread(ends(name, pick)), digits);
    const modes = (name: string) => ends(name, (look) => look.modes);
    const complete: Verdict = {
      word:
        modes(WEIGHTED).length > 0 && modes(WEIGHTED).every((each) => each === MODES) ? "holds" : "undecided",
      why: `modes at the end: ${modes(WEIGHTED).join(", ")}`,
    };
    const logits = (name: string) => evenly(results.of(name)[0] ?? [], 5);
    const along = Array.from({ length: MODES }, (_, i) => i + 1);
    return {
      settings: [
        `Recipe aw-gan${preset === null ? "" : ` --preset ${preset}`}: latents N(0, I) of 256, G and D of two tanh layers of 128, orthogonal of gain 1.4, the saddle loss of the unrolled GAN's paper; ${steps} iterations. The plain GAN is the same without the term.`,
        "Of 2500 samples; a mode counts with one sample within 3 standard deviations. Logits: means over 100 real points of each mode.",
      ],
      findings: [
        {
          claim: "A6",
          paper:
            "the plain GAN comes to two or three points and moves off; real scores stay around 0, uneven",
          here: `${show(PLAIN, (look) => look.modes, 1)} modes, mean logit ${show(PLAIN, level, 2)}, modes ${show(PLAIN, range, 2)} apart`,
          verdict: judge(
            all([
              ["fewer than four modes", below(modes(PLAIN), 4)],
              [
                "logits within half of 0",
                below(
                  ends(PLAIN, (look) => Math.abs(level(look))),
                  0.5,
                ),
              ],
            ]),
          ),
        },
        {
          claim: "A7",
          paper: "with adaptive weights all eight, and real scores high for all",
          here: `${show(WEIGHTED, (look) => look.modes, 1)} modes, mean logit ${show(WEIGHTED, level, 2)}, modes ${show(WEIGHTED, range, 2)} apart`,
          verdict: judge(
            all([
              ["more modes", higher(modes(WEIGHTED), modes(PLAIN))],
              ["all modes", () => complete],
              ["higher logits", higher(ends(WEIGHTED, level), ends(PLAIN, level))],
              ["more even logits", lower(ends(WEIGHTED, range), ends(PLAIN, range))],
            ]),
          ),
        },
      ],
      tables: [
        {
          title: "At the end",
          head: ["method", "modes", "high quality %", "reverse KL", "mean logit", "highest less lowest"],
          rows: cases.map((name) => [
            name,
            show(name, (look) => look.modes, 1),
            show(name, ({ highQuality }) => 100 * highQuality, 1),
            show(name, ({ reverseKl }) => reverseKl, 2),
            show(name, level, 2),
            show(name, range, 2),
          ]),
        },
      ],
      pictures: [
        {
          name: "heat",
          picture: heatPicture(
            cases.map((name) => ({ name, looks: results.of(name)[0] ?? [] })),
            { means: ringMeans(MODES, 1), std: 0.01, limit: 1.5 },
          ),
          caption: `Seed ${SHOWN_SEED}, generated points over iterations, at the right the data.`,
        },
        {
          name: "logits",
          picture: lines(
            cases.map((name) => ({
              title: name,
              lines: logits(name).map((look) => ({
                label: `iteration ${look.iteration}`,
                x: along,
                y: look.logits,
              })),
            })),
            { xLabel: "mode", yLabel: "mean logit of real points" },
          ),
          caption: `Seed ${SHOWN_SEED}: D's mean logit of real points, mode by mode.`,
        },
      ],
    };
  },
});
