import { noGrad, scope, torch } from "@gantry/torch";
import { resolveConfig, validateConfig } from "../config/config.js";
import { type JsonObject, merge } from "../config/merge.js";
import type { PointMode } from "../data/dataset.js";
import { isPoints } from "../data/index.js";
import { RunError, UsageError } from "../errors.js";
import { lines } from "../figures/lines.js";
import { panels } from "../figures/panels.js";
import { scatter } from "../figures/scatter.js";
import { scorePoints } from "../metrics/points.js";
import { nearest } from "../nearest.js";
import type { Named } from "../registry.js";
import { Trainer } from "../train/trainer.js";
import { markdownTable, type Spread, spread, standardErrorsApart, textTable } from "./engine/statistics.js";
import { type Cell, defineStudy, type Outcome, type StudyReport, type StudyRequest } from "./engine/study.js";

/** Samples that are judged, as in PacGAN's experiments. */
const JUDGED = 2500;
/** Times at which samples are drawn and judged on the way, the end included. */
const SNAPSHOTS = 5;
/** Points of a snapshot that are kept for the pictures. */
const SHOWN = 600;
/** Times at which D's scores of real points are taken. */
const SCORE_TIMES = 60;
/** Real points of each mode whose scores are averaged, as in the adaptive-weights paper. */
const SCORED = 100;
/** The seed whose samples are shown. */
const SHOWN_SEED = 0;
/** Latents of the judged samples; not the training's. */
const SAMPLE_SEED = 77;

type Pace = "quick" | "paper";

const paces: readonly (Named & { readonly name: Pace })[] = [
  {
    name: "quick",
    summary:
      "small machines: G and D of two ReLU layers of 128 units (mode-ring: D of one), PyTorch's default initialisation, " +
      "Adam 2e-3, betas (0.5, 0.999), batch 100; not the papers' setting, but one that learns in a few thousand iterations",
  },
  {
    name: "paper",
    summary:
      "ring, grid: PacGAN's networks (G 4x400 with batch norm, D three maxout layers of 200), N(0, 0.02), Adam 1e-4, " +
      "beta1 0.8, batch 100; mode-ring: G 2x128 ReLU, D 1x128 ReLU, Adam 1e-4",
  },
];

interface Problem extends Named {
  readonly data: JsonObject;
  readonly latent: { readonly size: number; readonly distribution: "normal" | "unit" };
  /** Laid upon the recipe `gan` at this pace. */
  readonly settings: Readonly<Record<Pace, JsonObject>>;
  readonly iterations: Readonly<Record<Pace, number>>;
  /** Weights of Reg-GAN: reconstruction and reward. */
  readonly regularization: readonly [number, number];
}

const quickNet = (discriminatorHidden: readonly number[]): JsonObject => ({
  net: {
    generatorHidden: [128, 128],
    generatorBatchNorm: false,
    discriminatorHidden: [...discriminatorHidden],
    discriminatorActivation: "relu",
    initialization: "default",
  },
  optimizers: { default: { kind: "adam", learningRate: 2e-3, betas: [0.5, 0.999] } },
});

const problems: readonly Problem[] = [
  {
    name: "ring",
    summary: "8 Gaussians on the unit circle, standard deviation 0.01",
    data: { name: "ring" },
    latent: { size: 2, distribution: "normal" },
    settings: { quick: quickNet([128, 128]), paper: {} },
    iterations: { quick: 3000, paper: 400_000 },
    regularization: [0.2, 0.1],
  },
  {
    name: "grid",
    summary: "25 Gaussians on a grid of spacing 2, standard deviation 0.05",
    data: { name: "grid" },
    latent: { size: 2, distribution: "normal" },
    settings: { quick: quickNet([128, 128]), paper: {} },
    iterations: { quick: 3000, paper: 400_000 },
    regularization: [0.2, 0.1],
  },
  {
    name: "mode-ring",
    summary: "6 Gaussians on a circle of radius 5, standard deviation 0.1; latents from U(0,1)^3",
    data: { name: "ring", modes: 6, radius: 5, std: 0.1 },
    latent: { size: 3, distribution: "unit" },
    settings: {
      quick: quickNet([128]),
      paper: merge(quickNet([128]), {
        optimizers: { default: { learningRate: 1e-4, betas: [0.9, 0.999] } },
      }),
    },
    iterations: { quick: 3000, paper: 25_000 },
    regularization: [0.005, 0.005],
  },
];

interface Method extends Named {
  /** What it adds to the plain GAN. */
  terms(problem: Problem, pace: Pace): JsonObject;
  /** Left out where nobody names the methods. */
  readonly optional?: boolean;
  /** Times the plain GAN's batch. */
  readonly pack?: number;
  /** Why it does not apply to a problem. */
  objection?(problem: Problem): string | undefined;
}

const pacgan = (degree: number): Method => ({
  name: degree === 2 ? "pacgan" : `pacgan${degree}`,
  summary: `PacGAN: D judges packs of ${degree}; a batch of as many packs`,
  terms: () => ({ packing: { degree } }),
  pack: degree,
  optional: degree > 2,
});

const methods: readonly Method[] = [
  { name: "gan", summary: "the plain GAN, non-saturating", terms: () => ({}) },
  {
    name: "reg-gan",
    summary:
      "Reg-GAN: reconstruction and reward with the paper's weights 0.005 on mode-ring, 0.2 and 0.1 elsewhere",
    terms: ({ regularization: [weight, reward] }) => ({
      reconstruction: { weight },
      "mode-regularizer": { weight: reward },
    }),
  },
  {
    name: "mdgan",
    summary: "MDGAN: manifold and diffusion phases, weights 1",
    terms: () => ({ "manifold-diffusion": {} }),
  },
  {
    name: "adaptive-weights",
    summary: "aw-GAN: adaptive weighted D, algorithm 1",
    terms: () => ({ "adaptive-weights": {} }),
  },
  pacgan(2),
  pacgan(3),
  pacgan(4),
  { name: "unrolled", summary: "unrolled GAN, 5 steps", terms: () => ({ unrolled: { steps: 5 } }) },
  {
    name: "intervention",
    summary:
      "IVGAN: as many blocks as the latent has numbers, weights of the paper, no instance noise; steps of E: 10, quick: 2",
    terms: ({ latent }, pace) => ({
      intervention: { k: latent.size, encoderSteps: pace === "quick" ? 2 : 10 },
    }),
  },
  {
    name: "veegan",
    summary: "VEEGAN with its log-ratio loss",
    terms: () => ({ "non-saturating": null, "log-ratio": {}, veegan: {} }),
  },
  { name: "ali", summary: "ALI with a stochastic encoder", terms: () => ({ ali: {} }) },
  {
    name: "vaegan",
    summary: "VAEGAN: errors in D's last hidden layer, weight 0.01, minimax",
    terms: () => ({ "non-saturating": null, minimax: {}, vaegan: { features: "global", weight: 0.01 } }),
    objection: ({ latent }) =>
      latent.distribution === "normal" ? undefined : "its encoder needs Gaussian latents",
  },
  {
    name: "aae",
    summary: "adversarial autoencoder; D judges latents by two layers of 128",
    terms: () => ({ aae: { hidden: [128, 128] } }),
  },
];

/** How well the samples are spread, at one time. */
interface Scores {
  readonly iteration: number;
  readonly modes: number;
  readonly highQuality: number;
  readonly reverseKl: number;
}

interface Result {
  readonly curve: readonly Scores[];
  /** Seconds of training, on a machine that may have had other work. */
  readonly seconds: number;
  /** Generated points at the same times; only of the seed that is shown. */
  readonly snapshots: readonly { readonly iteration: number; readonly points: readonly number[] }[];
  /** Mean of sigmoid(D(x)) over real points of each mode, where D judges points alone. */
  readonly realScores: readonly { readonly iteration: number; readonly means: readonly number[] }[];
}

function find<T extends Named>(kind: string, all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const close = nearest(
    name,
    all.map((each) => each.name),
  );
  throw new UsageError(
    `unknown ${kind} '${name}'${close === undefined ? "" : `; did you mean '${close}'?`} Known: ${all.map((each) => each.name).join(", ")}`,
  );
}

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const pace = find("pace", paces, request.pace ?? "quick").name;
  const chosenProblems = request.problems?.map((name) => find("problem", problems, name)) ?? problems;
  const chosenMethods =
    request.methods?.map((name) => find("method", methods, name)) ??
    methods.filter(({ optional }) => optional !== true);
  const cells: Cell[] = [];
  // Seed by seed, so that a study that is cut short has something of everything.
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const problem of chosenProblems) {
      for (const method of chosenMethods) {
        if (method.objection?.(problem) !== undefined) continue;
        const iterations = request.iterations ?? problem.iterations[pace];
        const config = await resolveConfig({
          recipe: "gan",
          settings: [
            { net: { prior: problem.latent }, data: problem.data },
            problem.settings[pace],
            { terms: method.terms(problem, pace), batch: 100 * (method.pack ?? 1) },
            { steps: iterations, threads: 1, seed, intervals: { log: 1_000_000_000 } },
          ],
        });
        const work = { pace, config: config as unknown as JsonObject };
        cells.push({ problem: problem.name, method: method.name, seed, work });
      }
    }
  }
  return cells;
}

const REAL_SCORED = new Set(["gan", "adaptive-weights"]);

async function measure(cell: Cell): Promise<Result> {
  const config = await validateConfig(cell.work.config);
  const trainer = await Trainer.create(config);
  try {
    const { dataset } = trainer;
    if (!isPoints(dataset)) throw new UsageError("this study is about points");
    const { modes } = dataset;
    const evenly = (count: number) =>
      new Set(
        Array.from({ length: count }, (_, i) => Math.max(1, Math.round((config.steps * (i + 1)) / count))),
      );
    const snapshotTimes = evenly(SNAPSHOTS);
    const scoreTimes = REAL_SCORED.has(cell.method) ? evenly(SCORE_TIMES) : new Set<number>();
    const looked = Array.from({ length: Math.min(dataset.count, 2 * SCORED * modes.length) }, (_, i) => i);
    const labels = dataset.labels(looked) ?? [];
    const reals = modes.map((_, mode) => looked.filter((i) => labels[i] === mode).slice(0, SCORED));
    const curve: Scores[] = [];
    const snapshots: { iteration: number; points: number[] }[] = [];
    const realScores: { iteration: number; means: number[] }[] = [];
    let seconds = 0;
    for await (const report of trainer.run()) {
      const { iteration } = report;
      seconds += report.seconds;
      if (snapshotTimes.has(iteration)) {
        const samples = sample(trainer);
        if (!samples.every(Number.isFinite))
          throw new RunError(`samples are not finite at iteration ${iteration}`);
        const scores = scorePoints(samples, modes);
        curve.push({
          iteration,
          modes: scores.modesCovered,
          highQuality: scores.highQuality,
          reverseKl: scores.reverseKl,
        });
        if (cell.seed === SHOWN_SEED)
          snapshots.push({
            iteration,
            points: Array.from(samples.subarray(0, 2 * SHOWN), (x) => Math.round(x * 1000) / 1000),
          });
      }
      if (scoreTimes.has(iteration)) {
        const means = reals.map((indices) => meanScore(trainer, dataset.read(indices) as Float32Array));
        realScores.push({ iteration, means });
      }
    }
    return { curve, seconds: Math.round(seconds * 10) / 10, snapshots, realScores };
  } finally {
    await trainer.close();
  }
}

function sample(trainer: Trainer): Float32Array {
  return scope(() => trainer.generate({ count: JUDGED, seed: SAMPLE_SEED }).toTypedArray() as Float32Array);
}

/** Mean of sigmoid(D(x)), to four digits. */
function meanScore(trainer: Trainer, points: Float32Array): number {
  const discriminator = trainer.game.network<import("../nets/contract.js").Discriminator>("discriminator");
  const mean = noGrad(() =>
    scope(() => {
      const image = torch.fromTypedArray(points, [points.length / 2, 2]);
      const seen = { image, label: undefined };
      return discriminator.score(discriminator.features(seen), seen).sigmoid().mean().item();
    }),
  );
  return Math.round(mean * 1e4) / 1e4;
}

type Done = Extract<Outcome<Result>, { status: "done" }>;

interface Row {
  readonly problem: string;
  readonly method: string;
  readonly seeds: number;
  readonly failed: readonly string[];
  /** Planned; several where the seeds' differ. */
  readonly iterations: readonly number[];
  readonly modes: Spread;
  readonly highQuality: Spread;
  readonly reverseKl: Spread;
  readonly seconds: Spread;
}

const stepsOf = ({ work }: Cell) => (work.config as JsonObject).steps as number;

function rowsOf(outcomes: readonly Outcome<Result>[], problem: Problem): Row[] {
  return methods.flatMap((method) => {
    const all = outcomes.filter(({ cell }) => cell.problem === problem.name && cell.method === method.name);
    if (all.length === 0) return [];
    const done = all.filter((outcome): outcome is Done => outcome.status === "done");
    const of = (pick: (scores: Scores) => number) =>
      spread(done.map(({ result }) => pick(result.curve.at(-1) as Scores)));
    return {
      problem: problem.name,
      method: method.name,
      seeds: done.length,
      failed: all.flatMap((outcome) => (outcome.status === "failed" ? [outcome.reason] : [])),
      iterations: [...new Set(all.map(({ cell }) => stepsOf(cell)))].sort((a, b) => a - b),
      modes: of(({ modes }) => modes),
      highQuality: of(({ highQuality }) => 100 * highQuality),
      reverseKl: of(({ reverseKl }) => reverseKl),
      seconds: spread(done.map(({ result }) => result.seconds)),
    };
  });
}

const HEAD = ["method", "seeds", "modes", "high quality %", "reverse KL", "iterations"] as const;

const show = ({ count, mean, std }: Spread, digits: number) =>
  count === 0 ? "-" : count === 1 ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;

const cellsOfRow = (row: Row): string[] => [
  row.method,
  row.failed.length === 0 ? String(row.seeds) : `${row.seeds} (${row.failed.length} failed)`,
  show(row.modes, 1),
  show(row.highQuality, 1),
  show(row.reverseKl, 2),
  row.iterations.join(", "),
];

/** What papers say: the one covers more modes, or spreads mass more evenly, than the plain GAN. */
const claims: readonly { problem: string; method: string; source: string }[] = [
  { problem: "ring", method: "pacgan", source: "PacGAN, table 1" },
  { problem: "grid", method: "pacgan", source: "PacGAN, table 1" },
  { problem: "ring", method: "ali", source: "PacGAN, table 1" },
  { problem: "grid", method: "ali", source: "PacGAN, table 1" },
  { problem: "ring", method: "veegan", source: "VEEGAN, table 1" },
  { problem: "grid", method: "veegan", source: "VEEGAN, table 1" },
  { problem: "ring", method: "unrolled", source: "Unrolled GAN, section 3.1" },
  { problem: "ring", method: "adaptive-weights", source: "Adaptive Weighted Discriminator, figure 6" },
  { problem: "mode-ring", method: "reg-gan", source: "Mode Regularized GAN, figure 9" },
];

/** Standard errors that two means must lie apart for a difference to count as shown. */
const SHOWN_APART = 2;

/** Every method against the plain GAN on the same problem, the claims of papers named as such. */
function judgeClaims(rows: readonly Row[]): string[][] {
  return rows.flatMap((one) => {
    const gan = rows.find(({ problem, method }) => problem === one.problem && method === "gan");
    if (one === gan || gan === undefined || one.seeds === 0 || gan.seeds === 0) return [];
    // Trainings of different lengths say nothing about methods.
    if (one.iterations.join() !== gan.iterations.join()) return [];
    const claim = claims.find((each) => each.problem === one.problem && each.method === one.method);
    const verdict = (apart: number | undefined) =>
      apart === undefined
        ? "not decided (one seed)"
        : apart > SHOWN_APART
          ? "holds"
          : apart < -SHOWN_APART
            ? "the opposite"
            : "not decided";
    return [
      [
        `${one.method}, ${one.problem}${claim === undefined ? "" : ` (${claim.source})`}`,
        `${show(one.modes, 1)} vs ${show(gan.modes, 1)}`,
        verdict(standardErrorsApart(one.modes, gan.modes)),
        `${show(one.reverseKl, 2)} vs ${show(gan.reverseKl, 2)}`,
        verdict(standardErrorsApart(gan.reverseKl, one.reverseKl)),
      ],
    ];
  });
}

const CLAIM_HEAD = ["better than the plain GAN?", "modes", "more modes", "reverse KL", "lower KL"] as const;

function modesOf(problem: Problem): PointMode[] {
  const { modes = 8, radius = 1, std = 0.01 } = problem.data as Record<string, number>;
  if (problem.data.name === "grid") {
    const along = [-4, -2, 0, 2, 4];
    return along.flatMap((x) => along.map((y) => ({ mean: [x, y], std: 0.05 })));
  }
  return Array.from({ length: modes }, (_, mode) => {
    const angle = (2 * Math.PI * mode) / modes;
    return { mean: [radius * Math.cos(angle), radius * Math.sin(angle)], std };
  });
}

/** Rows methods, columns iterations: generated points over crosses at the modes. */
function picture(problem: Problem, outcomes: readonly Outcome<Result>[]): string | undefined {
  const shown = methods.flatMap(({ name }) =>
    outcomes.filter(
      (outcome): outcome is Done =>
        outcome.status === "done" &&
        outcome.cell.problem === problem.name &&
        outcome.cell.method === name &&
        outcome.cell.seed === SHOWN_SEED,
    ),
  );
  const times = [...new Set(shown.flatMap(({ result }) => result.snapshots.map((s) => s.iteration)))].sort(
    (a, b) => a - b,
  );
  if (times.length === 0) return undefined;
  const size = 108;
  const centres = modesOf(problem).flatMap(({ mean }) => mean);
  const limit = Math.max(...centres.map(Math.abs)) * 1.4;
  const targets = { points: centres, colour: "#d73027", radius: 2.6, opacity: 0.75 };
  return panels(
    {
      columns: times.map(String),
      rows: shown.map(({ cell, result }) => ({
        name: cell.method,
        pictures: times.map((time) => {
          const snapshot = result.snapshots.find(({ iteration }) => iteration === time);
          if (snapshot === undefined) return undefined;
          const points = { points: snapshot.points, colour: "#1f5fbf", radius: 0.9, opacity: 0.55 };
          return scatter([targets, points], { size, limit });
        }),
      })),
    },
    { size },
  );
}

/** Figure 6 of the adaptive-weights paper: scores of real points, mode by mode. */
function scorePicture(outcomes: readonly Outcome<Result>[]): string | undefined {
  const plots = ["gan", "adaptive-weights"].flatMap((method) => {
    const outcome = outcomes.find(
      ({ cell }) => cell.problem === "ring" && cell.method === method && cell.seed === SHOWN_SEED,
    );
    if (outcome?.status !== "done") return [];
    const { realScores } = outcome.result;
    const x = realScores.map(({ iteration }) => iteration);
    return {
      title: method === "gan" ? "GAN" : "aw-GAN",
      lines: modesOf(problems[0] as Problem).map((_, mode) => ({
        label: `mode ${mode + 1}`,
        x,
        y: realScores.map(({ means }) => means[mode] ?? Number.NaN),
      })),
    };
  });
  if (plots.length === 0) return undefined;
  return lines(plots, { xLabel: "iterations", yLabel: "mean sigmoid(D(x)) of real points", range: [0, 1] });
}

/** How high and how even D scores real points over the second half of training, over all seeds. */
function scoreSummary(outcomes: readonly Outcome<Result>[]): string[][] {
  return ["gan", "adaptive-weights"].flatMap((method) => {
    const done = outcomes.filter(
      (outcome): outcome is Done =>
        outcome.status === "done" && outcome.cell.problem === "ring" && outcome.cell.method === method,
    );
    if (done.length === 0) return [];
    const late = done.map(({ result }) => result.realScores.slice(Math.floor(result.realScores.length / 2)));
    const level = spread(late.map((times) => spread(times.map(({ means }) => spread(means).mean)).mean));
    const uneven = spread(
      late.map((times) => spread(times.map(({ means }) => Math.max(...means) - Math.min(...means))).mean),
    );
    return [[method, String(done.length), show(level, 3), show(uneven, 3)]];
  });
}

const SCORE_HEAD = ["method", "seeds", "mean score", "highest less lowest mode"] as const;

function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const used = problems.filter(({ name }) => outcomes.some(({ cell }) => cell.problem === name));
  const rows = used.flatMap((problem) => rowsOf(outcomes, problem));
  const settings = paces.filter(({ name }) => outcomes.some(({ cell }) => cell.work.pace === name));
  const setting = settings.map(({ name, summary }) => `Pace '${name}': ${summary}.`).join(" ");
  const metric =
    `Of ${JUDGED} samples at the last iteration; high quality: within 3 standard deviations of a mode (an exact sampler: ` +
    "98.9 %); modes: with at least one such sample; reverse KL: log K - H over high-quality samples, log K without any. " +
    "Mean ± sample standard deviation over seeds.";
  const text: string[] = [setting, metric];
  const markdown: string[] = ["# Study: mixtures of Gaussians", setting, metric];
  const pictures = new Map<string, string>();
  for (const problem of used) {
    const own = rows.filter((row) => row.problem === problem.name);
    const title = `${problem.name}: ${problem.summary}`;
    const cells = own.map(cellsOfRow);
    const notes = [
      ...methods.flatMap((method) => {
        const why = method.objection?.(problem);
        return why === undefined ? [] : [`${method.name} does not apply: ${why}.`];
      }),
      ...own.flatMap(({ method, failed }) => [...new Set(failed)].map((why) => `${method} failed: ${why}`)),
    ];
    text.push([title, textTable(HEAD, cells), ...notes].join("\n"));
    markdown.push(`## ${title}`, markdownTable(HEAD, cells), ...notes);
    const drawn = picture(problem, outcomes);
    if (drawn !== undefined) {
      pictures.set(problem.name, drawn);
      const named = own.map(({ method }) => method).join(", ");
      markdown.push(
        `![Generated points on ${problem.name}](${problem.name}.png)`,
        `Seed ${SHOWN_SEED}. Blue: generated points, red: the modes. Rows: ${named}; columns: iterations, evenly to the last.`,
      );
    }
  }
  const scores = scoreSummary(outcomes);
  const drawn = scorePicture(outcomes);
  if (drawn !== undefined) {
    pictures.set("scores", drawn);
    const title = "Scores of real points (figure 6 of the adaptive-weights paper)";
    text.push([`${title}, second half of training`, textTable(SCORE_HEAD, scores)].join("\n"));
    markdown.push(
      `## ${title}`,
      "![Scores of real points](scores.png)",
      `Ring, seed ${SHOWN_SEED}: mean sigmoid(D(x)) over ${SCORED} real points of each of the 8 modes (a line each), from 0 to 1, over iterations; left the plain GAN, right adaptive weights. Over the second half of training, all seeds:`,
      markdownTable(SCORE_HEAD, scores),
    );
  }
  const judged = judgeClaims(rows);
  if (judged.length > 0) {
    const meaning = `Holds: the means are more than ${SHOWN_APART} standard errors apart, in that direction; the opposite: as far in the other. In brackets: the paper that claims it.`;
    text.push([textTable(CLAIM_HEAD, judged), meaning].join("\n"));
    markdown.push("## Claims", markdownTable(CLAIM_HEAD, judged), meaning);
  }
  const applied = methods.filter(({ name }) => rows.some((row) => row.method === name));
  markdown.push("## Methods", [...applied.map(({ name, summary }) => `- ${name}: ${summary}`)].join("\n"));
  return {
    text: text.join("\n\n"),
    markdown: `${markdown.join("\n\n")}\n`,
    data: { study: "gaussians", paces: settings, rows, scores, claims: judged },
    pictures,
  };
}

export default defineStudy<Result>({
  name: "gaussians",
  summary: "modes covered on rings and a grid of Gaussians, by every method that applies",
  source:
    "PacGAN, section 4.1; Mode Regularized GAN, appendix C; Adaptive Weighted Discriminator, section 5.3",
  problems,
  methods,
  paces,
  cells: cellsOf,
  measure,
  report,
});
