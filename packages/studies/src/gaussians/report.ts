import type { JsonObject } from "@gantry/gan";
import { lines, panels, scatter } from "@gantry/gan/figures";
import {
  type Cell,
  type Done,
  isDone,
  markdownTable,
  type Outcome,
  type Spread,
  showSpread,
  spread,
  textTable,
} from "@gantry/gan/sweep";
import { CLAIM_MEANING, claimHead, compareModes } from "../engine/claims.js";
import type { StudyReport } from "../engine/study.js";
import { JUDGED, type Result, SCORED, type Scores, SHOWN_SEED } from "./measure.js";
import { methods } from "./methods.js";
import { modesOf, type Problem, paces, problems } from "./problems.js";

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
    const done = all.filter(isDone);
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

const cellsOfRow = (row: Row): string[] => [
  row.method,
  row.failed.length === 0 ? String(row.seeds) : `${row.seeds} (${row.failed.length} failed)`,
  showSpread(row.modes, 1),
  showSpread(row.highQuality, 1),
  showSpread(row.reverseKl, 2),
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

/** Every method against the plain GAN on the same problem, the claims of papers named as such. */
function judgeClaims(rows: readonly Row[]): string[][] {
  return rows.flatMap((one) => {
    const gan = rows.find(({ problem, method }) => problem === one.problem && method === "gan");
    if (one === gan || gan === undefined || one.seeds === 0 || gan.seeds === 0) return [];
    // Trainings of different lengths say nothing about methods.
    if (one.iterations.join() !== gan.iterations.join()) return [];
    const claim = claims.find((each) => each.problem === one.problem && each.method === one.method);
    const label = `${one.method}, ${one.problem}${claim === undefined ? "" : ` (${claim.source})`}`;
    const spreads = ({ modes, reverseKl: kl }: Row) => ({ modes, kl });
    return [compareModes({ label, ...spreads(one) }, spreads(gan))];
  });
}

const CLAIM_HEAD = claimHead("reverse KL");

/** Rows methods, columns iterations: generated points over crosses at the modes. */
function picture(problem: Problem, outcomes: readonly Outcome<Result>[]): string | undefined {
  const shown = methods.flatMap(({ name }) =>
    outcomes.filter(
      (outcome): outcome is Done<Result> =>
        isDone(outcome) &&
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
      (outcome): outcome is Done<Result> =>
        isDone(outcome) && outcome.cell.problem === "ring" && outcome.cell.method === method,
    );
    if (done.length === 0) return [];
    const late = done.map(({ result }) => result.realScores.slice(Math.floor(result.realScores.length / 2)));
    const level = spread(late.map((times) => spread(times.map(({ means }) => spread(means).mean)).mean));
    const uneven = spread(
      late.map((times) => spread(times.map(({ means }) => Math.max(...means) - Math.min(...means))).mean),
    );
    return [[method, String(done.length), showSpread(level, 3), showSpread(uneven, 3)]];
  });
}

const SCORE_HEAD = ["method", "seeds", "mean score", "highest less lowest mode"] as const;

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
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
    text.push([textTable(CLAIM_HEAD, judged), CLAIM_MEANING].join("\n"));
    markdown.push("## Claims", markdownTable(CLAIM_HEAD, judged), CLAIM_MEANING);
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
