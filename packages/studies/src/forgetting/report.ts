import { lines } from "@gantry/gan/figures";
import {
  type Done,
  isDone,
  markdownTable,
  type Outcome,
  type Spread,
  showSpread,
  spread,
  standardErrorsApart,
  textTable,
} from "@gantry/gan/sweep";
import type { StudyReport } from "../engine/study.js";
import { looksOf, type Reading, type Result, type Work } from "./measure.js";

const workOf = ({ cell }: Outcome<Result>) => cell.work as unknown as Work;

/** What is read off one training; each a mean over tasks, in percent. */
const MEASURES = [
  { name: "learned", meaning: "at the end of the first visits" },
  { name: "kept", meaning: "on coming back, before anything was trained on the task again" },
  { name: "relearned", meaning: "after the first tenth of the iterations of the later visits" },
  { name: "end", meaning: "at the end of the later visits" },
] as const;

type MeasureName = (typeof MEASURES)[number]["name"];

function read(outcome: Done<Result>): Record<MeasureName, number> {
  const { iterations } = workOf(outcome);
  const [, tenth = iterations] = looksOf(iterations);
  const mean = (which: (reading: Reading) => boolean) =>
    100 * spread(outcome.result.readings.filter(which).map(({ accuracy }) => accuracy)).mean;
  const later = (into: number) => mean((reading) => reading.cycle > 0 && reading.into === into);
  return {
    learned: mean(({ cycle, into }) => cycle === 0 && into === iterations),
    kept: later(0),
    relearned: later(tenth),
    end: later(iterations),
  };
}

interface Row {
  readonly problem: string;
  readonly method: string;
  readonly seeds: number;
  readonly failed: readonly string[];
  readonly measures: Readonly<Record<MeasureName, Spread>>;
}

function rowsOf(outcomes: readonly Outcome<Result>[]): Row[] {
  const keys = new Map(outcomes.map((each) => [`${each.cell.problem} ${each.cell.method}`, each.cell]));
  return [...keys.values()].map(({ problem, method }) => {
    const all = outcomes.filter(({ cell }) => cell.problem === problem && cell.method === method);
    const readings = all.filter(isDone).map(read);
    const of = (name: MeasureName) => spread(readings.map((each) => each[name]).filter(Number.isFinite));
    return {
      problem,
      method,
      seeds: readings.length,
      failed: all.flatMap((outcome) => (outcome.status === "failed" ? [outcome.reason] : [])),
      measures: {
        learned: of("learned"),
        kept: of("kept"),
        relearned: of("relearned"),
        end: of("end"),
      },
    };
  });
}

const HEAD = ["method", "seeds", ...MEASURES.map(({ name }) => `${name} %`)];

const cellsOfRow = (row: Row): string[] => [
  row.method,
  row.failed.length === 0 ? String(row.seeds) : `${row.seeds} (${row.failed.length} failed)`,
  ...MEASURES.map(({ name }) => showSpread(row.measures[name], 1)),
];

/** Two standard errors apart count as shown. */
const SHOWN_APART = 2;

function verdicts(rows: readonly Row[]): string[][] {
  const plain = rows.find(({ method }) => method === "plain");
  const infomax = rows.find(({ method }) => method === "infomax");
  if (plain === undefined || infomax === undefined) return [];
  return MEASURES.map(({ name }) => {
    const [with_, without] = [infomax.measures[name], plain.measures[name]];
    const apart = standardErrorsApart(with_, without);
    const verdict =
      apart === undefined
        ? "not decided (one seed)"
        : apart > SHOWN_APART
          ? "holds"
          : apart < -SHOWN_APART
            ? "the opposite"
            : "not decided";
    return [name, `${showSpread(with_, 1)} vs ${showSpread(without, 1)}`, verdict];
  });
}

const VERDICT_HEAD = ["InfoMax is more accurate", "infomax vs plain, %", "verdict"];

/** Accuracy over the training, a line a method, of the first seed that was measured. */
function picture(done: readonly Done<Result>[], problem: string): string | undefined {
  const first = new Map<string, Done<Result>>();
  for (const outcome of done)
    if (outcome.cell.problem === problem && !first.has(outcome.cell.method))
      first.set(outcome.cell.method, outcome);
  if (first.size === 0) return undefined;
  const drawn = [...first].map(([label, { result }]) => ({
    label,
    x: result.readings.map(({ iteration }) => iteration),
    y: result.readings.map(({ accuracy }) => 100 * accuracy),
  }));
  return lines([{ title: `${problem}: accuracy on the task at hand, %`, lines: drawn }], {
    width: 900,
    range: [0, 100],
    xLabel: "iterations",
  });
}

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const rows = rowsOf(outcomes);
  const done = outcomes.filter(isDone);
  const settings = [
    ...new Set(
      outcomes.map((outcome) => {
        const { net, iterations, cycles, batch, criticUnits, learningRate, tested } = workOf(outcome);
        return (
          `Network: ${net.family} ${JSON.stringify(net.options)}, critics of ${criticUnits} units; tasks of ${iterations} ` +
          `iterations, ${cycles} cycles; batch ${batch}, Adam ${learningRate}, betas (0, 0.9); ${tested} test images a task.`
        );
      }),
    ),
  ].join(" ");
  const meaning =
    "Balanced accuracy on test images of the task at hand (half of its class, chance 50 %), a mean over tasks: " +
    `${MEASURES.map(({ name, meaning: words }) => `${name}: ${words}`).join("; ")}. Mean ± sample standard deviation over seeds. ` +
    "Below 50 % on coming back is what a network with one output does that still answers for the class before.";
  const problems = [...new Set(rows.map(({ problem }) => problem))];
  const pictures = new Map<string, string>();
  const text = [settings, meaning];
  const markdown = ["# Forgetting: one class against all others", settings, meaning];
  for (const problem of problems) {
    const own = rows.filter((row) => row.problem === problem);
    const judged = verdicts(own);
    const svg = picture(done, problem);
    text.push(`${problem}\n${textTable(HEAD, own.map(cellsOfRow))}`);
    markdown.push(`## ${problem}`, markdownTable(HEAD, own.map(cellsOfRow)));
    if (judged.length > 0) {
      text.push(textTable(VERDICT_HEAD, judged));
      markdown.push(
        `Holds: the means are more than ${SHOWN_APART} standard errors apart, in that direction.`,
        markdownTable(VERDICT_HEAD, judged),
      );
    }
    if (svg !== undefined) {
      pictures.set(`accuracy-${problem}`, svg);
      markdown.push(`![Accuracy over the training](accuracy-${problem}.png)`);
    }
    for (const { method, failed } of own)
      for (const reason of failed) markdown.push(`${method} failed: ${reason}`);
  }
  return {
    text: text.join("\n\n"),
    markdown: `${markdown.join("\n\n")}\n`,
    data: { rows },
    pictures,
  };
}
