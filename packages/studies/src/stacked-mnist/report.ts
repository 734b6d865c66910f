import { lines } from "@gantry/gan/figures";
import {
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
import { MODES } from "./judge.js";
import { GLANCED, type Result, type Time, type Work } from "./measure.js";
import { methods } from "./methods.js";

const BASELINE = "dcgan";
const DIGITS = [0, 3] as const;

interface Row {
  readonly method: string;
  readonly seeds: number;
  readonly failed: readonly string[];
  readonly iterations: Spread;
  /** Processor seconds of training. */
  readonly seconds: Spread;
  readonly modes: Spread;
  readonly kl: Spread;
}

const lastOf = ({ result }: Done<Result>) => result.curve.at(-1) as Time;
const workOf = ({ cell }: Outcome<Result>) => cell.work as unknown as Work;

function rowsOf(outcomes: readonly Outcome<Result>[]): Row[] {
  return methods.flatMap(({ name }) => {
    const all = outcomes.filter(({ cell }) => cell.method === name);
    if (all.length === 0) return [];
    const ends = all.filter(isDone).map(lastOf);
    return {
      method: name,
      seeds: ends.length,
      failed: all.flatMap((outcome) => (outcome.status === "failed" ? [outcome.reason] : [])),
      iterations: spread(ends.map(({ iteration }) => iteration)),
      seconds: spread(ends.map(({ seconds }) => seconds)),
      modes: spread(ends.map(({ modes }) => modes)),
      kl: spread(ends.map(({ kl }) => kl)),
    };
  });
}

const HEAD = ["method", "seeds", `modes of ${MODES}`, "KL", "iterations", "processor s"] as const;

const cellsOfRow = (row: Row): string[] => [
  row.method,
  row.failed.length === 0 ? String(row.seeds) : `${row.seeds} (${row.failed.length} failed)`,
  showSpread(row.modes, DIGITS[0]),
  showSpread(row.kl, DIGITS[1]),
  row.method === "real" ? "-" : showSpread(row.iterations, 0),
  row.method === "real" ? "-" : showSpread(row.seconds, 0),
];

/** What others found, for orientation. */
const published: readonly (readonly [what: string, modes: string, kl: string])[] = [
  ["DCGAN (PacGAN)", "78.9 ± 6.5", "4.50 ± 0.13"],
  ["DCGAN (VEEGAN)", "99", "3.40"],
  ["PacDCGAN2 (PacGAN)", "1000", "0.06"],
  ["LSGAN (IVGAN, table 2)", "53", "3.88"],
  ["IVLSGAN (IVGAN, table 2; its code's own logs fall to 3 to 16 modes later)", "1000", "0.07"],
];

const PUBLISHED_HEAD = ["published, not measured here", "modes", "KL"] as const;

const claims: Readonly<Record<string, string>> = {
  pacgan2: "PacGAN, section 4.2",
  ivlsgan: "IVGAN, table 2",
  infomax: "InfoMax-GAN, appendix A.4",
};

function judgeClaims(rows: readonly Row[]): string[][] {
  const plain = rows.find(({ method }) => method === BASELINE);
  if (plain === undefined || plain.seeds === 0) return [];
  return rows
    .filter((row) => row !== plain && row.method !== "real" && row.seeds > 0)
    .map((row) => {
      const source = claims[row.method];
      const label = `${row.method}${source === undefined ? "" : ` (${source})`}`;
      return compareModes({ label, modes: row.modes, kl: row.kl }, plain, DIGITS);
    });
}

const CLAIM_HEAD = claimHead("KL");

/** One of the curves' values over time, a line a method, of the first seed that was measured. */
function curvePicture(done: readonly Done<Result>[], what: "modes" | "kl"): string | undefined {
  const trained = methods.flatMap(
    ({ name }) => done.find(({ cell }) => cell.method === name && name !== "real") ?? [],
  );
  if (trained.length === 0) return undefined;
  const budgeted = trained.every((outcome) => workOf(outcome).seconds !== null);
  const drawn = trained.map(({ cell, result: { curve } }) => ({
    label: cell.method,
    x: curve.map(({ iteration, seconds }) => (budgeted ? seconds : iteration)),
    y: curve.map((time) => time[what]),
  }));
  const title = what === "modes" ? `Modes of ${MODES}` : "KL to uniform";
  const xLabel = budgeted ? "processor seconds of training" : "iterations";
  const highest = Math.max(...drawn.flatMap(({ y }) => y));
  return lines([{ title, lines: drawn }], { xLabel, range: [0, what === "modes" ? MODES : highest] });
}

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const rows = rowsOf(outcomes);
  const done = outcomes.filter(isDone);
  const accuracies = [...new Set(done.map(({ result }) => result.accuracy))];
  const counts = [...new Set(outcomes.map((outcome) => workOf(outcome).samples))];
  const budgets = [...new Set(outcomes.map((outcome) => workOf(outcome).seconds))].filter(
    (seconds) => seconds !== null,
  );
  const setting =
    "Networks of PacGAN's repetition of VEEGAN's protocol, the same for every method but for what it adds; latents " +
    "U(-1, 1)^100, Adam 2e-4, betas (0.5, 0.999), two steps of G for one of D, batch 64 (pacgan2: 64 packs), 128,000 triples " +
    "drawn once. The papers train for 100,000 iterations. Different from PacGAN's code: data in [-1, 1], not [0, 1]; G's " +
    "second step has latents of its own.";
  const budget =
    budgets.length === 0
      ? "Trained for a count of iterations."
      : `Every method is trained for ${budgets.join(" or ")} seconds of one processor (judging not counted), so that one whose ` +
        "iterations cost more has fewer of them.";
  const judged =
    `Modes and KL of ${counts.join(" or ")} samples at the end, G's batch norm in evaluation mode as in PacGAN's code, named digit by ` +
    `digit by digits-cnn, which Gantry trained: ${accuracies.map((each) => `${(100 * each).toFixed(2)} %`).join(", ")} of MNIST's test images named ` +
    "rightly. KL to uniform, natural logarithm. Floor for 26000: uniformly drawn labels have a KL of 0.0192 ± 0.0009, real triples " +
    "about 0.0237 (their digits are not equally frequent).";
  const words = [setting, budget, judged];
  const cells = rows.map(cellsOfRow);
  const notes = rows.flatMap(({ method, failed }) =>
    [...new Set(failed)].map((why) => `${method} failed: ${why}`),
  );
  const text = [
    ...words,
    [textTable(HEAD, cells), ...notes].join("\n"),
    textTable(PUBLISHED_HEAD, published),
  ];
  const markdown = [
    "# Study: stacked MNIST",
    ...words,
    markdownTable(HEAD, cells),
    ...notes,
    markdownTable(PUBLISHED_HEAD, published),
  ];
  const pictures = new Map<string, string | Uint8Array>();
  for (const what of ["modes", "kl"] as const) {
    const drawn = curvePicture(done, what);
    if (drawn === undefined) continue;
    pictures.set(what, drawn);
    markdown.push(`![${what === "modes" ? "Modes" : "KL"} during training](${what}.png)`);
  }
  if (pictures.size > 0)
    markdown.push(
      `On the way ${GLANCED} samples are judged, fewer than at the end. Fewer samples hit fewer modes and have a higher KL: n uniform ` +
        "ones of about 999/2n, 5000 of 0.10.",
    );
  const compared = judgeClaims(rows);
  if (compared.length > 0) {
    const meaning = `${CLAIM_MEANING} One seed decides nothing, however far apart the numbers are.`;
    text.push([textTable(CLAIM_HEAD, compared), meaning].join("\n"));
    markdown.push("## Claims", markdownTable(CLAIM_HEAD, compared), meaning);
  }
  markdown.push("## Samples");
  for (const { name, summary } of methods) {
    const shown = done.find(({ cell }) => cell.method === name);
    if (shown === undefined) continue;
    const file = `samples-${name}`;
    pictures.set(file, new Uint8Array(Buffer.from(shown.result.grid, "base64")));
    markdown.push(`### ${name}`, `${summary}.`, `![Samples of ${name}](${file}.png)`);
  }
  return {
    text: text.join("\n\n"),
    markdown: `${markdown.join("\n\n")}\n`,
    data: { study: "stacked-mnist", accuracies, seconds: budgets, rows, claims: compared },
    pictures,
  };
}
