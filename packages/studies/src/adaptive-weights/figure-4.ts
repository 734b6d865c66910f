import { type JsonObject, resolveConfig, Trainer } from "@gantry/gan";
import { histograms } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { EXCERPT, openCifar10 } from "../engine/cifar10.js";
import { brief } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { above, differences, judge, untestable, type Verdict } from "../engine/verdict.js";

interface Own {
  readonly data: "cifar10" | "ring";
  readonly variant: "equal" | "normalized";
}

interface Work {
  readonly steps: number;
  readonly channels: number;
}

/** In degrees, a number an iteration. */
interface Result {
  readonly realFake: readonly number[];
  readonly realCombined: readonly number[];
  readonly fakeCombined: readonly number[];
  /** Which case of algorithm 1; with equal weights, which it would be. */
  readonly cases: readonly number[];
}

const ANGLES = [
  ["realFake", "real and fake"],
  ["realCombined", "real and the step"],
  ["fakeCombined", "fake and the step"],
] as const;

const DATA = ["cifar10", "ring"] as const;
const LOSSES = [
  ["equal", "original"],
  ["normalized", "aw"],
] as const;
const nameOf = (data: string, variant: string) => `${data}-${variant}`;

const share = (values: readonly number[], is: (value: number) => boolean): number =>
  values.filter(is).length / values.length;

const obtuse = (angle: number) => angle > 90;

/** What a data set's networks are: DCGAN for images, those of the preset for points. */
function settingsOf({ data }: Own, { channels }: Work): { recipe: string; preset?: string; own: JsonObject } {
  return data === "ring"
    ? { recipe: "gan", preset: "one-layer", own: {} }
    : { recipe: "dcgan", own: { data: { name: data }, net: { channels }, batch: 64 } };
}

export default definePaperStudy<Own, Work, Result>({
  name: "adaptive-weights-figure-4",
  summary: "angles between D's gradients of the real and of the fake loss, and its step",
  paper: "adaptive-weights",
  shows: "figure 4",
  claims: ["A1", "A2", "A3"],
  seeds: 5,
  cases: DATA.flatMap((data) =>
    LOSSES.map(([variant, called]) => ({
      name: nameOf(data, variant),
      summary: `the ${called} loss on ${data}`,
      own: { data, variant },
    })),
  ),
  paces: [
    {
      name: "quick",
      summary: "DCGAN of 16 channels for 64, the first 100 iterations",
      work: { steps: 100, channels: 16 },
    },
    {
      name: "paper",
      summary: "DCGAN of 64 channels, the first 100 iterations",
      work: { steps: 100, channels: 64 },
    },
  ],
  iterations: (work, steps) => ({ ...work, steps }),
  async measure({ own, work, seed }) {
    const { own: settings, ...base } = settingsOf(own, work);
    const config = await resolveConfig({
      ...base,
      settings: [
        settings,
        { terms: { "non-saturating": null, hinge: {}, "adaptive-weights": { variant: own.variant } } },
        { steps: work.steps, threads: 1, seed, intervals: { log: 1 } },
      ],
    });
    const dataset = own.data === "cifar10" ? await openCifar10("train", 600) : undefined;
    const trainer = await Trainer.create(config, undefined, dataset);
    const result: Record<keyof Result, number[]> = {
      realFake: [],
      realCombined: [],
      fakeCombined: [],
      cases: [],
    };
    const places = {
      realFake: "angle/real-fake",
      realCombined: "angle/real-combined",
      fakeCombined: "angle/fake-combined",
      cases: "weights/case",
    } as const;
    try {
      for await (const { scalars } of trainer.run()) {
        const values = Object.values(places).map((place) => scalars?.[`discriminator/${place}`]);
        // Where hinge leaves one side no gradient there is no angle.
        if (!values.every((value) => value !== undefined && Number.isFinite(value))) continue;
        for (const [i, name] of Object.keys(places).entries())
          result[name as keyof Result].push(brief(values[i]!));
      }
    } finally {
      await trainer.close();
    }
    return result;
  },
  read(results, { steps, channels }) {
    const shares = (name: string, pick: (result: Result) => number) => results.numbers(name, pick);
    const over = (angle: "realFake" | "realCombined" | "fakeCombined") => (result: Result) =>
      share(result[angle], obtuse);
    const percent = (values: readonly number[]) => showSpread(spread(values.map((value) => 100 * value)), 0);
    const [original, weighted] = LOSSES.map(([variant]) => nameOf("cifar10", variant)) as [string, string];
    const missing: Verdict | undefined =
      results.of(original).length === 0 ? untestable("nothing was measured on CIFAR-10") : undefined;
    const [real, fake] = [shares(original, over("realCombined")), shares(original, over("fakeCombined"))];
    const both = (result: Result) =>
      1 -
      share(
        result.realCombined.map((angle, i) => Math.max(angle, result.fakeCombined[i] ?? 0)),
        obtuse,
      );
    const first = shares(weighted, ({ cases }) => share(cases, (each) => each === 1));
    const a3 = judge(above(shares(weighted, both), 0.5));
    const along = judge(above(first, 0.5));
    const named = DATA.flatMap((data) =>
      LOSSES.map(([variant, called]) => ({ name: nameOf(data, variant), called: `${data}, ${called}` })),
    ).filter(({ name }) => results.of(name).length > 0);
    return {
      settings: [
        `Recipe dcgan on CIFAR-10 at 32 pixels, ${channels} channels, hinge, batch 64, Adam 2e-4, betas (0.5, 0.999); the first ${steps} iterations (the paper shows 50 of the first epoch, and does not say which). D judges reals and fakes apart. Beside it gan --preset one-layer on its ring, hinge.`,
        EXCERPT,
        "Shares of iterations, one number a seed.",
      ],
      findings: [
        {
          claim: "A1",
          paper: "real and fake gradients stand at more than 90 degrees in most steps, closer to 180",
          here: `${percent(shares(original, over("realFake")))} % of the steps; mean angle ${showSpread(spread(shares(original, ({ realFake }) => spread(realFake).mean)), 0)}`,
          verdict: missing ?? judge(above(shares(original, over("realFake")), 0.5)),
        },
        {
          claim: "A2",
          paper: "so D's step often goes against the real loss, less often against the fake one",
          here: `against the real loss in ${percent(real)} %, against the fake one in ${percent(fake)} %`,
          verdict: missing ?? judge(above(differences(real, fake), 0)),
        },
        {
          claim: "A3",
          paper:
            "with adaptive weights both angles stay below 90 degrees; most steps go along the real gradient",
          here: `both at most 90 in ${percent(shares(weighted, both))} %; case 1 in ${percent(first)} %`,
          verdict:
            missing ??
            (a3.word === "holds" && along.word !== "holds"
              ? { word: along.word, why: `both angles: ${a3.why}; but along the real gradient: ${along.why}` }
              : a3),
        },
      ],
      tables: [
        {
          title: "Share of the steps at more than 90 degrees, %",
          head: ["data, loss", ...ANGLES.map(([, called]) => called), "case 1 of algorithm 1"],
          rows: named.map(({ name, called }) => [
            called,
            ...ANGLES.map(([angle]) => percent(shares(name, over(angle)))),
            percent(shares(name, ({ cases }) => share(cases, (each) => each === 1))),
          ]),
        },
      ],
      pictures: [
        {
          name: "angles",
          picture: histograms(
            named.flatMap(({ name, called }) =>
              ANGLES.map(([angle, between]) => ({
                title: `${called}: ${between}`,
                values: results.of(name).flatMap((result) => result[angle]),
              })),
            ),
            { range: [0, 180], bins: 36, columns: 3, width: 300, height: 190, xLabel: "degrees" },
          ),
          caption: "Angles of all steps and seeds; rows: data and loss.",
        },
      ],
    };
  },
});
