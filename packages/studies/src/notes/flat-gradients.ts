import { resolveConfig, Trainer } from "@gantry/gan";
import { Random } from "@gantry/gan/data";
import { lines } from "@gantry/gan/figures";
import type { Discriminator, Generator } from "@gantry/gan/nets";
import { showSpread, spread } from "@gantry/gan/sweep";
import { grad, optim, scope, type Tensor, torch } from "@gantry/torch";
import { begin, brief, evenlySpaced, fit, slopeOf } from "../engine/fit.js";
import { definePaperStudy, type Results } from "../engine/paperStudy.js";
import { all, below, judge, lower } from "../engine/verdict.js";

interface Own {
  /** Iterations of the GAN before G is held fixed. */
  readonly before: number;
}

interface Work {
  /** Steps of D alone after which G's gradients are looked at. */
  readonly looks: readonly number[];
}

/** log10 of the norms of G's gradient, a number a look. */
interface Result {
  readonly minimax: readonly number[];
  readonly nonSaturating: readonly number[];
  /** Mean of sigmoid(D(G(z))). */
  readonly fake: readonly number[];
}

const LATENTS = 1024;
const BATCH = 128;
const CASES = [0, 500, 2000];
const nameOf = (before: number) => `after ${before}`;

async function measure(before: number, looks: readonly number[], seed: number): Promise<Result> {
  const config = await resolveConfig({
    recipe: "gan",
    preset: "one-layer",
    settings: [{ steps: 3000, threads: 1, seed, intervals: { log: 1_000_000_000 } }],
  });
  const trainer = await Trainer.create(config);
  try {
    for await (const _ of trainer.run(before));
    const { dataset, game } = trainer;
    const generator = game.network<Generator>("generator");
    const discriminator = game.network<Discriminator>("discriminator");
    begin(seed);
    const scoreOf = (image: Tensor) => discriminator.score(discriminator.features({ image }), { image });
    const make = (count: number) => generator.forward(torch.randn([count, generator.prior.size]));
    const latents = torch.randn([LATENTS, generator.prior.size]);
    const weights = generator.parameters();
    const result = { minimax: [] as number[], nonSaturating: [] as number[], fake: [] as number[] };
    const look = () =>
      scope(() => {
        const score = scoreOf(generator.forward(latents));
        const norm = (loss: Tensor) =>
          brief(
            Math.log10(
              torch
                .stack(grad(loss, weights, { retainGraph: true }).map((each) => each.vectorNorm()))
                .vectorNorm()
                .item(),
            ),
          );
        // log(1 - s) = -softplus(l), -log s = softplus(-l).
        result.minimax.push(norm(score.softplus().mean().neg()));
        result.nonSaturating.push(norm(score.neg().softplus().mean()));
        result.fake.push(brief(score.detach().sigmoid().mean().item()));
      });
    const random = new Random(seed);
    const draw = () => {
      const chosen = Array.from({ length: BATCH }, () => random.integer(dataset.count));
      return torch.fromTypedArray(dataset.read(chosen), [BATCH, 2]);
    };
    const optimizer = new optim.Adam(discriminator.parameters(), { learningRate: 1e-3, betas: [0.5, 0.999] });
    const loss = () => {
      const real = scoreOf(draw()).neg().softplus().mean();
      return real.add(scoreOf(make(BATCH).detach()).softplus().mean());
    };
    let done = 0;
    for (const until of looks) {
      fit(discriminator, loss, { steps: until - done, optimizer });
      done = until;
      look();
    }
    optimizer.dispose();
    latents.dispose();
    return result;
  } finally {
    await trainer.close();
  }
}

/** Slopes of log10 of the norm over log10 of D's steps, a number a seed. */
const slopes = (results: Results<Result>, name: string, looks: readonly number[], which: keyof Result) =>
  results.numbers(name, (result) =>
    slopeOf(
      looks.map((steps) => Math.log10(1 + steps)),
      result[which],
    ),
  );

export default definePaperStudy<Own, Work, Result>({
  name: "notes-flat-gradients",
  summary: "what gradient is left for G while D alone is trained on: minimax against non-saturating",
  paper: "notes",
  shows: "GAN, training",
  claims: ["N1", "M2"],
  seeds: 5,
  cases: CASES.map((before) => ({
    name: nameOf(before),
    summary: `G held fixed after ${before} iterations`,
    own: { before },
  })),
  paces: [
    {
      name: "quick",
      summary: "the ring, networks of gan --preset one-layer, D trained on alone for 5000 steps",
      work: { looks: [0, 10, 100, 1000, 5000] },
    },
  ],
  iterations: ({ looks }, steps) => ({ looks: looks.filter((each) => each < steps).concat(steps) }),
  measure: ({ own, work, seed }) => measure(own.before, work.looks, seed),
  read(results, { looks }) {
    const cases = CASES.map(nameOf).filter((name) => results.of(name).length > 0);
    const end = (name: string, which: keyof Result) =>
      results.numbers(name, (result) => result[which].at(-1)!);
    const show = (which: keyof Result) =>
      cases.map((name) => showSpread(spread(end(name, which)), 2)).join("; ");
    const falls = (which: keyof Result) =>
      cases.map((name) => [`${which}, ${name}`, below(slopes(results, name, looks, which), 0)] as const);
    const l = evenlySpaced(-10, 10, 81);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    return {
      settings: [
        `Recipe gan --preset one-layer on its ring; G fixed after ${CASES.join(", ")} iterations, D trained on by cross-entropy, Adam 1e-3, betas (0.5, 0.999), batch ${BATCH}. Norms of the gradient of G's loss by all its weights, over ${LATENTS} latents that stay.`,
      ],
      findings: [
        {
          claim: "N1",
          paper:
            "log(1 - D(G(z))) leaves G a flat gradient where samples are likely fake; log D(G(z)) does not",
          here: `log10 of the norm after ${looks.at(-1)} steps: ${show("minimax")} against ${show("nonSaturating")}`,
          verdict: judge(
            all(
              cases.map((name) => [name, lower(end(name, "minimax"), end(name, "nonSaturating"))] as const),
            ),
          ),
        },
        {
          claim: "M2",
          paper: "where D tells all apart G gets no gradient; also with log D(G(z)) as its target",
          here: `slopes of log10 of the norm over log10 of D's steps: ${(
            ["minimax", "nonSaturating"] as const
          )
            .map((which) =>
              cases.map((name) => showSpread(spread(slopes(results, name, looks, which)), 2)).join("; "),
            )
            .join(" against ")}`,
          verdict: judge(all([...falls("minimax"), ...falls("nonSaturating")])),
        },
      ],
      tables: [
        {
          title: "log10 of the gradient's norm, and the mean of D at fakes",
          head: ["G", "D's steps", "minimax", "non-saturating", "D(G(z))"],
          rows: cases.flatMap((name) =>
            looks.map((steps, i) => [
              name,
              String(steps),
              ...(["minimax", "nonSaturating"] as const).map((which) =>
                showSpread(spread(results.numbers(name, (result) => result[which][i]!)), 2),
              ),
              showSpread(spread(results.numbers(name, ({ fake }) => fake[i]!)), 4),
            ]),
          ),
        },
      ],
      pictures: [
        {
          name: "norms",
          picture: lines(
            cases.map((name) => ({
              title: `log10 of the norm, G ${name}`,
              lines: (["minimax", "nonSaturating"] as const).map((which) => {
                const at = looks.map((_, i) => spread(results.numbers(name, (result) => result[which][i]!)));
                return {
                  label: which === "minimax" ? "minimax" : "non-saturating",
                  x: looks.map((steps) => Math.log10(1 + steps)),
                  y: at.map(({ mean }) => mean),
                  band: at.map(({ std }) => std),
                };
              }),
            })),
            { width: 320, xLabel: "log10 of 1 + D's steps" },
          ),
          caption: "Mean and deviation over seeds.",
        },
        {
          name: "closed-form",
          picture: lines(
            [
              {
                title: "slope of G's loss by the logit",
                lines: [
                  { label: "log(1 - D): -s(l)", x: l, y: l.map((x) => -sigmoid(x)) },
                  { label: "-log D: -(1 - s(l))", x: l, y: l.map((x) => -(1 - sigmoid(x))) },
                ],
              },
            ],
            { xLabel: "logit of D(G(z))" },
          ),
          caption: "Closed forms. Left are samples that D calls fake: there one slope is 0, the other 1.",
        },
      ],
      notes: [
        "The norm by G's weights is the slope by the logit times what D's slope by its input is: that one changes as D is trained, for both losses alike.",
      ],
    };
  },
});
