import { lines } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { noGrad, scope, torch } from "@gantry/torch";
import { begin, brief, evenlySpaced, fit, mlp } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { all, below, exactly, judge, type Verdict } from "../engine/verdict.js";

interface Own {
  /** Of q = N(mean, std), where p = N(0, 1). */
  readonly mean: number;
  readonly std: number;
}

interface Work {
  readonly steps: number;
}

interface Result {
  /** Means of |D - D*|, weighted by p + q, and the greatest where p + q is more than a thousandth of its own greatest. */
  readonly error: number;
  readonly worst: number;
  /** The criterion at the trained D, by quadrature. */
  readonly value: number;
  /** D at the points that are drawn. */
  readonly curve: readonly number[];
}

const CASES: readonly Own[] = [
  { mean: 0, std: 1 },
  { mean: 0.5, std: 1 },
  { mean: 1, std: 1 },
  { mean: 2, std: 1 },
  { mean: 4, std: 1 },
  { mean: 0, std: 2 },
];
const nameOf = ({ mean, std }: Own) => `N(${mean},${std})`;
const LEAST = -Math.log(4);
const BATCH = 512;

const density = (x: number, mean: number, std: number) =>
  Math.exp(-(((x - mean) / std) ** 2) / 2) / (std * Math.sqrt(2 * Math.PI));

/** Where the two densities are looked at: all that counts of both, evenly. */
const fields = ({ mean, std }: Own, count: number) =>
  evenlySpaced(Math.min(-9, mean - 9 * std), Math.max(9, mean + 9 * std), count);

/** The best D at a point. */
const best = (x: number, { mean, std }: Own) => {
  const p = density(x, 0, 1);
  return p / (p + density(x, mean, std));
};

/** E_p log D + E_q log(1 - D) for D given by log D and log(1 - D), by the trapezoid rule, which is exact to rounding for such tails. */
function criterion(own: Own, logs: (x: number, i: number) => readonly [number, number]): number {
  const x = fields(own, 4001);
  const step = x[1]! - x[0]!;
  return x.reduce((sum, at, i) => {
    const [yes, no] = logs(at, i);
    return sum + step * (density(at, 0, 1) * yes + density(at, own.mean, own.std) * no);
  }, 0);
}

/** Under the best D: -log 4 + 2 JS. From log densities, so that nothing underflows. */
const closed = (own: Own): number =>
  criterion(own, (x) => {
    const gap = x ** 2 / 2 - ((x - own.mean) / own.std) ** 2 / 2 - Math.log(own.std);
    return [-Math.log1p(Math.exp(gap)), -Math.log1p(Math.exp(-gap))];
  });

const shownAt = (own: Own) => evenlySpaced(-4, own.mean + 4, 61);

export default definePaperStudy<Own, Work, Result>({
  name: "notes-optimal-discriminator",
  summary: "the best D between two Gaussians on a line, and the criterion's least value",
  paper: "notes",
  shows: "GAN, theoretical results",
  claims: ["N2"],
  seeds: 5,
  cases: CASES.map((own) => ({ name: nameOf(own), summary: `generated as ${nameOf(own)}`, own })),
  paces: [{ name: "quick", summary: "3000 steps of a D of two hidden layers of 64", work: { steps: 3000 } }],
  iterations: (_, steps) => ({ steps }),
  async measure({ own, work, seed }) {
    begin(seed);
    const network = mlp([1, 64, 64, 1]);
    fit(
      network,
      () => {
        const real = network.forward(torch.randn([BATCH, 1]));
        const fake = network.forward(torch.randn([BATCH, 1]).mul(own.std).add(own.mean));
        return real.neg().softplus().mean().add(fake.softplus().mean());
      },
      work,
    );
    const logitsAt = (x: readonly number[]) =>
      noGrad(() => scope(() => network.forward(torch.tensor(x.map((at) => [at]))).toNumbers()));
    const x = fields(own, 4001);
    const logits = logitsAt(x);
    const value = criterion(own, (_, i) => [
      -Math.log1p(Math.exp(-logits[i]!)),
      -Math.log1p(Math.exp(logits[i]!)),
    ]);
    const errors = x.map((at, i) => ({
      off: Math.abs(1 / (1 + Math.exp(-logits[i]!)) - best(at, own)),
      mass: density(at, 0, 1) + density(at, own.mean, own.std),
    }));
    const heaviest = Math.max(...errors.map(({ mass }) => mass));
    const total = errors.reduce((sum, { mass }) => sum + mass, 0);
    const curve = logitsAt(shownAt(own)).map((logit) => brief(1 / (1 + Math.exp(-logit))));
    network.dispose();
    return {
      error: brief(errors.reduce((sum, { off, mass }) => sum + off * mass, 0) / total),
      worst: brief(Math.max(...errors.map(({ off, mass }) => (mass > heaviest / 1000 ? off : 0)))),
      value: brief(value),
      curve,
    };
  },
  read(results, { steps }) {
    const cases = CASES.filter((own) => results.of(nameOf(own)).length > 0);
    const errors = (own: Own) => results.numbers(nameOf(own), ({ error }) => error);
    const least = Math.abs(closed(CASES[0]!) - LEAST);
    const others = Math.min(...CASES.slice(1).map((own) => closed(own) - LEAST));
    const form: Verdict = exactly(
      least < 1e-9 && others > 1e-3,
      `off by ${least.toExponential(1)} where q is p, ${others.toFixed(4)} above at least elsewhere`,
    );
    const shift = evenlySpaced(0, 4, 41);
    const value = (own: Own) => spread(results.numbers(nameOf(own), (result) => result.value));
    return {
      settings: [
        `p = N(0, 1), q = N(m, s). Closed: D* = p / (p + q), the criterion by quadrature. Trained: D 1-64-64-1 of ReLU, cross-entropy, Adam 1e-3, batches of ${BATCH} fresh numbers of each, ${steps} steps.`,
      ],
      findings: [
        {
          claim: "N2",
          paper: "for a fixed G one best D; the least value, -log 4, at p_g = p_data alone",
          here: `closed form off by ${least.toExponential(1)}; trained D off by ${showSpread(spread(cases.flatMap(errors)), 4)} in the mean`,
          verdict: judge(
            all([
              ["closed form", () => form],
              ...cases.map((own) => [nameOf(own), below(errors(own), 0.03)] as const),
            ]),
          ),
        },
      ],
      tables: [
        {
          title: "The best D and the trained one",
          head: ["q", "criterion: closed", "trained", "mean |D - D*|", "greatest"],
          rows: cases.map((own) => [
            nameOf(own),
            closed(own).toFixed(4),
            showSpread(value(own), 4),
            showSpread(spread(errors(own)), 4),
            showSpread(spread(results.numbers(nameOf(own), ({ worst }) => worst)), 3),
          ]),
        },
      ],
      pictures: [
        {
          name: "discriminators",
          picture: lines(
            cases.map((own) => {
              const x = shownAt(own);
              return {
                title: `q = ${nameOf(own)}`,
                lines: [
                  { label: "D*", x, y: x.map((at) => best(at, own)) },
                  { label: "D, seed 0", x, y: results.of(nameOf(own))[0]!.curve },
                  { label: "p", x, y: x.map((at) => density(at, 0, 1)), colour: "#999999" },
                  { label: "q", x, y: x.map((at) => density(at, own.mean, own.std)), colour: "#1b9e77" },
                ],
              };
            }),
            { width: 300, height: 220, columns: 3, range: [0, 1] },
          ),
          caption: "As figure 1 of the GAN paper: the best D, a trained one, and the two densities.",
        },
        {
          name: "criterion",
          picture: lines(
            [
              {
                title: "criterion under the best D",
                lines: [
                  {
                    label: "q = N(m, 1)",
                    x: shift,
                    y: shift.map((mean) => closed({ mean, std: 1 })),
                  },
                  { label: "-log 4", x: shift, y: shift.map(() => LEAST) },
                ],
              },
            ],
            { xLabel: "m", range: [-1.5, 0] },
          ),
          caption: "Its least value is at m = 0 alone.",
        },
      ],
    };
  },
});
