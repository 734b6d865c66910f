import { Random } from "@gantry/gan/data";
import { heat, panels } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { begin, brief, evenlySpaced } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { ringMeans } from "../engine/points.js";
import { above, all, exactly, higher, judge, lower } from "../engine/verdict.js";
import { CLIP, type CriticKind, linearShare, slopesAt, trainCritic } from "./critics.js";

interface Own {
  readonly data: string;
  readonly kind: CriticKind;
}

interface Work {
  readonly steps: number;
  readonly hidden: readonly number[];
}

interface Result {
  /** R² of the best quadratic over the values on a grid: what the first two moments of the data explain. */
  readonly quadratic: number;
  /** What it finds of the Wasserstein distance: divided by its largest slope on the grid and at the points. */
  readonly distance: number;
  /** Share of all weights that stand at the clipping's limit. */
  readonly atLimit: number;
  /** The largest singular value of each layer's weight as it is used. */
  readonly singular: readonly number[];
  /** Values on the grid, rows from the top; of the shown seed alone. */
  readonly levels: readonly (readonly number[])[] | null;
}

const SHOWN_SEED = 0;
const SIDE = 41;
/** The mean length of a normal vector in the plane: moving every point back costs so much at most. */
const BOUND = Math.sqrt(Math.PI / 2);

/** Points by name, with the square that is looked at. */
const DATA: Readonly<Record<string, { limit: number; draw: (random: Random) => readonly [number, number] }>> =
  {
    ring: {
      limit: 4,
      draw: (random) => {
        const [x = 0, y = 0] = ringMeans(8, 2)[random.integer(8)]!;
        return [x + 0.02 * random.gaussian(), y + 0.02 * random.gaussian()];
      },
    },
    grid: {
      limit: 6,
      draw: (random) => [
        2 * random.integer(5) - 4 + 0.05 * random.gaussian(),
        2 * random.integer(5) - 4 + 0.05 * random.gaussian(),
      ],
    },
    "swiss-roll": {
      limit: 4,
      draw: (random) => {
        const t = 1.5 * Math.PI * (1 + 2 * random.uniform());
        const along = (x: number) => (x + 0.25 * random.gaussian()) / 7.5;
        return [along(t * Math.cos(t)), along(t * Math.sin(t))];
      },
    },
  };

/** A point's coordinates, and their products: a plane over these is a quadratic over the point. */
const withSquares = ([x = 0, y = 0]: readonly number[]) => [x, y, x * x, x * y, y * y];

const KINDS = [
  ["clipping", `weights clipped at ${CLIP}`],
  ["penalty", "gradient penalty of 10"],
  ["spectral", "spectral norm"],
] as const;
const nameOf = (data: string, kind: string) => `${data}-${kind}`;

function measure({ data, kind }: Own, { steps, hidden }: Work, seed: number): Result {
  begin(seed);
  const { limit, draw } = DATA[data]!;
  const random = new Random(seed);
  const real = (count: number): Tensor =>
    torch.tensor(Array.from({ length: count }, () => [...draw(random)]));
  const fake = (count: number): Tensor => real(count).add(torch.randn([count, 2]));
  const network = trainCritic(kind, { size: 2, hidden, steps, batch: 256, real, fake });
  const along = evenlySpaced(-limit, limit, SIDE);
  const places = along.toReversed().flatMap((y) => along.map((x) => [x, y]));
  const result = scope((): Result => {
    const grid = torch.tensor(places);
    const [reals, fakes] = [real(2000), fake(2000)];
    const values = noGrad(() => network.forward(grid).toNumbers());
    const norms = slopesAt(network, torch.cat([grid, reals, fakes]))
      .square()
      .sum([1])
      .sqrt();
    const apart = noGrad(() => network.forward(reals).mean().sub(network.forward(fakes).mean()).item());
    const layers = network.layers.filter((layer) => layer instanceof nn.Linear);
    const weights = noGrad(() => torch.cat(layers.map(({ weight }) => weight.flatten()))).toNumbers();
    return {
      quadratic: brief(linearShare(places.map(withSquares), values)),
      distance: brief(apart / norms.max().item()),
      atLimit: brief(weights.filter((weight) => Math.abs(weight) > 0.999 * CLIP).length / weights.length),
      singular: noGrad(() =>
        layers.map((layer) => brief(torch.linalgSvd(layer.effectiveWeight())[1].max().item())),
      ),
      levels:
        seed === SHOWN_SEED
          ? along.map((_, row) => values.slice(row * SIDE, (row + 1) * SIDE).map(brief))
          : null,
    };
  });
  network.dispose();
  return result;
}

export default definePaperStudy<Own, Work, Result>({
  name: "notes-clipping",
  summary:
    "what a critic becomes under clipping, a gradient penalty, spectral norm; fakes are reals with unit noise",
  paper: "notes",
  shows: "WGAN-GP and SN-GAN",
  claims: ["N10", "N11"],
  seeds: 5,
  cases: Object.keys(DATA).flatMap((data) =>
    KINDS.map(([kind, called]) => ({
      name: nameOf(data, kind),
      summary: `${called}, on ${data}`,
      own: { data, kind },
    })),
  ),
  paces: [
    {
      name: "quick",
      summary: "three hidden layers of 128 for 512, 600 steps for 3000",
      work: { steps: 600, hidden: [128, 128, 128] },
    },
    {
      name: "paper",
      summary: "WGAN-GP's toy critics: three hidden layers of 512; 3000 steps",
      work: { steps: 3000, hidden: [512, 512, 512] },
    },
  ],
  iterations: (work, steps) => ({ ...work, steps }),
  measure: async ({ own, work, seed }) => measure(own, work, seed),
  read(results, { steps, hidden }) {
    const sets = Object.keys(DATA).filter((data) =>
      KINDS.some(([kind]) => results.of(nameOf(data, kind)).length > 0),
    );
    const of = (data: string, kind: CriticKind, pick: (result: Result) => number) =>
      results.numbers(nameOf(data, kind), pick);
    const quadratic = (result: Result) => result.quadratic;
    const distance = (result: Result) => result.distance;
    const show = (kind: CriticKind, pick: (result: Result) => number) =>
      sets.map((data) => showSpread(spread(of(data, kind, pick)), 2)).join(", ");
    const off = sets.flatMap((data) =>
      results
        .of(nameOf(data, "spectral"))
        .flatMap(({ singular }) => singular.map((value) => Math.abs(value - 1))),
    );
    return {
      settings: [
        `Real: 8 Gaussians (radius 2, 0.02), 25 Gaussians (spacing 2, 0.05), a swiss roll; fake: real and unit noise, both held fixed. Critics 2-${hidden.join("-")}-1 of ReLU, ${steps} steps of 256: clipping at ${CLIP} by RMSProp 5e-5, the others by Adam 1e-3, betas (0.5, 0.9).`,
        `Quadratic: R² of the best polynomial of degree two over the critic on a square. The measure is ours: no text at hand names one. Distance: E f(real) - E f(fake), divided by the largest slope that was met; the true Wasserstein distance is ${BOUND.toFixed(3)} at most, and more is nearer to it.`,
      ],
      notes: [
        "N11: spectral norm divides by an estimate, from one power iteration a forward pass (SN-GAN, algorithm 1). It lags behind weights that move; PyTorch's does so too.",
      ],
      findings: [
        {
          claim: "N10",
          paper: "clipping biases D to much simpler functions; its slope goes to the largest that is allowed",
          here: `R² of a quadratic ${show("clipping", quadratic)} against ${show("penalty", quadratic)} with a penalty; distance ${show("clipping", distance)} against ${show("penalty", distance)}; ${show("clipping", ({ atLimit }) => 100 * atLimit)} % of the weights at the limit`,
          verdict: judge(
            all(
              sets.flatMap((data) => [
                [
                  `${data}, nearer to a quadratic`,
                  higher(of(data, "clipping", quadratic), of(data, "penalty", quadratic)),
                ] as const,
                [
                  `${data}, less of the distance`,
                  lower(of(data, "clipping", distance), of(data, "penalty", distance)),
                ] as const,
                [
                  `${data}, most weights at the limit`,
                  above(
                    of(data, "clipping", ({ atLimit }) => atLimit),
                    0.5,
                  ),
                ] as const,
              ]),
            ),
          ),
        },
        {
          claim: "N11",
          paper: "spectral normalisation gives every layer a norm of 1, and stabilises D",
          here: `largest singular values at most ${Math.max(0, ...off).toExponential(1)} from 1; whether it stabilises is not asked here`,
          verdict: exactly(
            off.length > 0 && off.every((each) => each < 1e-3),
            "every layer within 0.001 of 1",
          ),
        },
      ],
      tables: [
        {
          title: "Critics at their end",
          head: [
            "data",
            "critic",
            "R² of a quadratic",
            "distance",
            "weights at the limit %",
            "largest singular values, seed 0",
          ],
          rows: sets.flatMap((data) =>
            KINDS.map(([kind, called]) => [
              data,
              called,
              showSpread(spread(of(data, kind, quadratic)), 3),
              showSpread(spread(of(data, kind, distance)), 3),
              kind === "clipping"
                ? showSpread(spread(of(data, kind, ({ atLimit }) => 100 * atLimit)), 0)
                : "-",
              (results.of(nameOf(data, kind))[0]?.singular ?? []).join(", "),
            ]),
          ),
        },
      ],
      pictures: [
        {
          name: "levels",
          picture: panels(
            {
              columns: KINDS.map(([kind]) => kind),
              rows: sets.map((data) => ({
                name: data,
                pictures: KINDS.map(([kind]) => {
                  const levels = results.of(nameOf(data, kind))[0]?.levels;
                  return levels ? heat(levels, { size: 160 }) : undefined;
                }),
              })),
            },
            { size: 160 },
          ),
          caption: `Critics of seed ${SHOWN_SEED} as heat maps, each from its least to its greatest value: light is called real.`,
        },
      ],
    };
  },
});
