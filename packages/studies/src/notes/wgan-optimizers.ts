import { type JsonObject, resolveConfig } from "@gantry/gan";
import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { definePaperStudy } from "../engine/paperStudy.js";
import { type Look, trainOnPoints } from "../engine/points.js";
import { all, higher, judge, lower, untestable } from "../engine/verdict.js";

interface Own {
  /** Laid upon the recipe gan, preset one-layer. */
  readonly settings: JsonObject;
}

interface Work {
  readonly steps: number;
}

const MODES = 8;
/** WGAN's limit and another, as it is not known that the first one trains on points. */
const LIMITS = [0.01, 0.1];
const RATES = [5e-5, 5e-4];
const OPTIMIZERS = [
  { name: "rmsprop", of: { kind: "rmsprop" } },
  { name: "adam-0.9", of: { kind: "adam", betas: [0.9, 0.999] } },
  { name: "adam-0.5", of: { kind: "adam", betas: [0.5, 0.999] } },
  { name: "adam-0", of: { kind: "adam", betas: [0, 0.9] } },
] as const;
/** Steps of the critic an iteration, tried with RMSProp at the larger rate and limit. */
const CRITIC_STEPS = [1, 25];
const USUAL_STEPS = 5;

const wasserstein = (optimizer: JsonObject, limit: number, discriminatorSteps: number): JsonObject => ({
  terms: { "non-saturating": null, wasserstein: {}, "weight-clipping": { limit } },
  optimizers: { default: optimizer },
  schedule: { discriminatorSteps },
});

const nameOf = (optimizer: string, rate: number, limit: number) => `${optimizer}-${rate}-${limit}`;
const stepsName = (steps: number) => `critic-steps-${steps}`;

const ofOptimizer = (name: string): string[] =>
  RATES.flatMap((rate) => LIMITS.map((limit) => nameOf(name, rate, limit)));

const end = (looks: readonly Look[]): Look => looks.at(-1)!;

export default definePaperStudy<Own, Work, Look[]>({
  name: "notes-wgan-optimizers",
  summary: "a WGAN of points with RMSProp and with Adam, and with few and many steps of the critic",
  paper: "notes",
  shows: "WGAN",
  claims: ["N8", "N9"],
  seeds: 5,
  cases: [
    { name: "gan", summary: "the plain GAN", own: { settings: {} } },
    ...OPTIMIZERS.flatMap(({ name, of }) =>
      RATES.flatMap((rate) =>
        LIMITS.map((limit) => ({
          name: nameOf(name, rate, limit),
          summary: `${name} at ${rate}, weights within ${limit}`,
          own: { settings: wasserstein({ ...of, learningRate: rate } as JsonObject, limit, USUAL_STEPS) },
        })),
      ),
    ),
    ...CRITIC_STEPS.map((steps) => ({
      name: stepsName(steps),
      summary: `RMSProp at ${RATES[1]}, weights within ${LIMITS[1]}, ${steps} steps of the critic`,
      own: { settings: wasserstein({ kind: "rmsprop", learningRate: RATES[1]! }, LIMITS[1]!, steps) },
    })),
  ],
  paces: [
    {
      name: "quick",
      summary: "the ring, networks of gan --preset one-layer, 3000 iterations",
      work: { steps: 3000 },
    },
  ],
  iterations: (_, steps) => ({ steps }),
  async measure({ own, work: { steps }, seed }) {
    const config = await resolveConfig({
      recipe: "gan",
      preset: "one-layer",
      settings: [own.settings, { steps, threads: 1, seed, intervals: { log: 1_000_000_000 } }],
    });
    return await trainOnPoints(config, {
      every: Math.max(1, Math.floor(steps / 10)),
      judged: 2500,
      scored: 1,
    });
  },
  read(results, { steps }) {
    const of = (name: string, pick: (look: Look) => number) =>
      results.numbers(name, (looks) => pick(end(looks)));
    const kl = (name: string) => of(name, ({ reverseKl }) => reverseKl);
    const modes = (name: string) => of(name, (look) => look.modes);
    /** The settings with which an optimizer gets nearest, by its mean. */
    const nearest = (optimizer: string): string | undefined =>
      ofOptimizer(optimizer)
        .filter((name) => kl(name).length > 0)
        .sort((a, b) => spread(kl(a)).mean - spread(kl(b)).mean)[0];
    const [rmsprop, adam] = [nearest("rmsprop"), nearest("adam-0.9")];
    const middle = nameOf("rmsprop", RATES[1]!, LIMITS[1]!);
    const balances = [stepsName(CRITIC_STEPS[0]!), middle, stepsName(CRITIC_STEPS[1]!)];
    const measured = [
      "gan",
      ...OPTIMIZERS.flatMap(({ name }) => ofOptimizer(name)),
      ...CRITIC_STEPS.map(stepsName),
    ].filter((name) => results.of(name).length > 0);
    const show = (name: string, pick: (look: Look) => number, digits: number) =>
      showSpread(spread(of(name, pick)), digits);
    const best = [
      ["gan", "gan"] as const,
      ...OPTIMIZERS.map(({ name }) => [name, nearest(name)] as const),
    ].flatMap(([label, name]) =>
      name === undefined || results.of(name).length === 0 ? [] : [{ label, name }],
    );
    return {
      settings: [
        `Recipe gan --preset one-layer on its ring, ${steps} iterations; WGAN with ${USUAL_STEPS} steps of the critic an iteration. Each optimizer at rates ${RATES.join(", ")} and limits ${LIMITS.join(", ")}; compared at the settings of its least reverse KL, the same number of tries for all.`,
      ],
      findings: [
        {
          claim: "N8",
          paper: "Adam trains a WGAN worse than RMSProp",
          here:
            rmsprop === undefined || adam === undefined
              ? "-"
              : `reverse KL ${showSpread(spread(kl(rmsprop)), 2)} (${rmsprop}) against ${showSpread(spread(kl(adam)), 2)} (${adam})`,
          verdict:
            rmsprop === undefined || adam === undefined
              ? untestable("one of the two was not measured")
              : judge(lower(kl(rmsprop), kl(adam))),
        },
        {
          claim: "N9",
          paper: "WGAN got rid of the mode collapse, and needs no balance of G and D",
          here: `modes: ${balances.map((name) => `${name} ${show(name, (look) => look.modes, 1)}`).join(", ")}; the plain GAN ${show("gan", (look) => look.modes, 1)}`,
          verdict: judge(all(balances.map((name) => [name, higher(modes(name), modes("gan"))] as const))),
        },
      ],
      tables: [
        {
          title: "At the end",
          head: ["optimizer, rate, limit", `modes of ${MODES}`, "high quality %", "reverse KL"],
          rows: measured.map((name) => [
            name,
            show(name, (look) => look.modes, 1),
            show(name, ({ highQuality }) => 100 * highQuality, 1),
            show(name, ({ reverseKl }) => reverseKl, 2),
          ]),
        },
      ],
      pictures: [
        {
          name: "reverse-kl",
          picture: lines(
            [
              {
                title: "reverse KL",
                lines: best.map(({ label, name }) => {
                  const runs = results.of(name);
                  const at = runs[0]!.map((_, i) =>
                    spread(runs.map((looks) => looks[i]?.reverseKl ?? Number.NaN)),
                  );
                  return {
                    label,
                    x: runs[0]!.map(({ iteration }) => iteration),
                    y: at.map(({ mean }) => mean),
                    band: at.map(({ std }) => std),
                  };
                }),
              },
            ],
            { xLabel: "iterations" },
          ),
          caption: "Each optimizer at its best settings, and the plain GAN; mean and deviation over seeds.",
        },
      ],
    };
  },
});
