import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { begin, brief, evenlySpaced } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { above, all, below, differences, judge } from "../engine/verdict.js";
import { CLIP, type CriticKind, linearShare, slopesAt, trainCritic } from "./critics.js";

interface Own {
  readonly kind: CriticKind;
}

interface Work {
  readonly steps: number;
}

interface Result {
  /** log10 of the mean slope of the critic, or of D's sigmoid, at fakes. */
  readonly slope: number;
  /** log10 of the mean slope of -log D at fakes; of a critic the same as `slope`. */
  readonly lossSlope: number;
  /** R² of a line between the two means. */
  readonly linear: number;
  /** D's sigmoid, or the critic from 0 to 1, at the points that are drawn. */
  readonly curve: readonly number[];
}

const DISTANCE = 8;
const KINDS = ["cross-entropy", "clipping", "penalty"] as const;
const CRITICS = ["clipping", "penalty"] as const;
const SHOWN = evenlySpaced(-4, DISTANCE + 4, 65);
/** A slope of exactly 0 has no logarithm. */
const LEAST = 1e-30;

const real = (count: number): Tensor => torch.randn([count, 1]);
const fake = (count: number): Tensor => torch.randn([count, 1]).add(DISTANCE);

export default definePaperStudy<Own, Work, Result>({
  name: "notes-critic-gradients",
  summary: "what slope D and a Wasserstein critic leave where the fakes are, trained to their end",
  paper: "notes",
  shows: "WGAN, empirical results",
  claims: ["N7"],
  seeds: 5,
  cases: [
    { name: "cross-entropy", summary: "D of the GAN", own: { kind: "cross-entropy" } },
    { name: "clipping", summary: `WGAN's critic, weights within ${CLIP}`, own: { kind: "clipping" } },
    { name: "penalty", summary: "WGAN-GP's critic", own: { kind: "penalty" } },
  ],
  paces: [
    {
      name: "quick",
      summary: "two Gaussians 8 apart, 3000 steps of two hidden layers of 64",
      work: { steps: 3000 },
    },
  ],
  iterations: (_, steps) => ({ steps }),
  async measure({ own: { kind }, work: { steps }, seed }) {
    begin(seed);
    const network = trainCritic(kind, { size: 1, hidden: [64, 64], steps, batch: 256, real, fake });
    const valuesAt = (x: readonly number[]) =>
      noGrad(() => scope(() => network.forward(torch.tensor(x.map((at) => [at]))).toNumbers()));
    const [slope, lossSlope] = scope(() => {
      const points = fake(5000);
      const slopes = slopesAt(network, points).abs();
      if (kind !== "cross-entropy") return [slopes.mean().item(), slopes.mean().item()];
      const probability = noGrad(() => network.forward(points).sigmoid());
      const rest = probability.neg().add(1);
      return [slopes.mul(probability).mul(rest).mean().item(), slopes.mul(rest).mean().item()];
    }) as [number, number];
    const between = evenlySpaced(0, DISTANCE, 81);
    const linear = linearShare(
      between.map((at) => [at]),
      valuesAt(between),
    );
    const shown = valuesAt(SHOWN);
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    network.dispose();
    return {
      slope: brief(Math.log10(Math.max(LEAST, slope))),
      lossSlope: brief(Math.log10(Math.max(LEAST, lossSlope))),
      linear: brief(linear),
      curve: shown.map((value) =>
        brief(kind === "cross-entropy" ? 1 / (1 + Math.exp(-value)) : (value - low) / (high - low)),
      ),
    };
  },
  read(results, { steps }) {
    const cases = KINDS.filter((name) => results.of(name).length > 0);
    const of = (name: string, pick: (result: Result) => number) => results.numbers(name, pick);
    const show = (name: string, pick: (result: Result) => number) => showSpread(spread(of(name, pick)), 2);
    const apart = (critic: string) => {
      const [ones, others] = results.pairs("cross-entropy", critic, ({ slope }) => slope);
      return differences(ones, others);
    };
    return {
      settings: [
        `Real N(0, 1), fake N(${DISTANCE}, 1), both held fixed; networks 1-64-64-1 of ReLU, batch 256, ${steps} steps: cross-entropy and the penalty of 10 by Adam 1e-3, betas (0.5, 0.9); clipping at ${CLIP} by RMSProp 5e-5.`,
        "Slopes: means of absolute values at 5000 fakes, as log10. Of D the sigmoid's; beside it that of -log D, which G minimises.",
      ],
      findings: [
        {
          claim: "N7",
          paper: "a GAN's D leaves no gradient; a critic does not saturate, and is linear between the two",
          here: `log10 of the slope: D ${show("cross-entropy", ({ slope }) => slope)}; critics ${CRITICS.map((name) => `${name} ${show(name, ({ slope }) => slope)}`).join(", ")}; R² of a line ${CRITICS.map((name) => show(name, ({ linear }) => linear)).join(", ")}`,
          verdict: judge(
            all(
              CRITICS.flatMap((name) => [
                [`D's slope less than a hundredth of ${name}'s`, below(apart(name), -2)] as const,
                [
                  `${name} linear`,
                  above(
                    of(name, ({ linear }) => linear),
                    0.95,
                  ),
                ] as const,
              ]),
            ),
          ),
        },
      ],
      tables: [
        {
          title: "At the fakes",
          head: ["", "log10 of the slope", "of -log D", "R² of a line between the means"],
          rows: cases.map((name) => [
            name,
            show(name, ({ slope }) => slope),
            name === "cross-entropy" ? show(name, ({ lossSlope }) => lossSlope) : "-",
            showSpread(spread(of(name, ({ linear }) => linear)), 3),
          ]),
        },
      ],
      pictures: [
        {
          name: "functions",
          picture: lines(
            [
              {
                title: "D, and critics from 0 to 1",
                lines: cases.map((label) => ({ label, x: SHOWN, y: results.of(label)[0]!.curve })),
              },
            ],
            { xLabel: `x: real around 0, fake around ${DISTANCE}`, range: [0, 1] },
          ),
          caption: "As figure 2 of the WGAN paper, of the first seed. The real points are left, around 0.",
        },
      ],
      notes: [
        "A slope of the sigmoid that vanishes is minimax's; -log D, which GANs minimise in practice, keeps its slope (see notes-flat-gradients).",
      ],
    };
  },
});
