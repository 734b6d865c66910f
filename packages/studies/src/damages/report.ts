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
import { damages } from "./damages.js";
import type { Called, Result, Work } from "./measure.js";

/** Standard errors beyond which a score is another one. */
const SEEN = 3;
/** What the others are held against. */
const WHOLE = "none";

/** Digits after the point, by the size of the undamaged score. */
function digitsOf(mean: number): number {
  const size = Math.abs(mean);
  return size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : size >= 1e-3 ? 4 : 5;
}

/** Whether a metric finds a damaged set worse than a whole one: beyond {@link SEEN} standard errors. */
export function verdictOn(
  damaged: Spread,
  whole: Spread,
  better: "lower" | "higher",
): "worse" | "better" | "alike" | "one seed" {
  const apart = standardErrorsApart(damaged, whole);
  if (apart === undefined) return "one seed";
  if (Math.abs(apart) <= SEEN) return "alike";
  return apart > 0 === (better === "lower") ? "worse" : "better";
}

const MARKS = { worse: "", better: " (better)", alike: " (alike)", "one seed": "" } as const;

const percent = (share: number | null) => (share === null ? "-" : `${(100 * share).toFixed(1)} %`);

/** What the estimate of missing modes calls missing, a row for each set, seed and noise. */
function calledRows(done: readonly Done<Result>[]): string[][] {
  return done.flatMap(({ cell, result }) =>
    (result.called ?? []).map(({ name, called, right, found }: Called) => [
      cell.problem,
      cell.method,
      `${cell.seed}`,
      name.replace("missing-", ""),
      percent(called),
      percent(right),
      percent(found),
    ]),
  );
}

const CALLED_HEAD = ["data", "set", "seed", "noise", "called missing", "right", "found"];
const CALLED_MEANING =
  "called missing: share of the held-out images; right: share of these that are of the classes left out; found: share of " +
  "the held-out images of those classes that are called.";

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const finished = outcomes.filter(isDone);
  const rowsOfCalled = calledRows(finished);
  const calledOf = (table: (head: readonly string[], rows: readonly string[][]) => string): string[] =>
    rowsOfCalled.length === 0 ? [] : [table(CALLED_HEAD, rowsOfCalled), CALLED_MEANING];
  // Scores of several problems are of no one table.
  const several = new Set(finished.map(({ cell }) => cell.problem)).size > 1;
  const done = several ? [] : finished;
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed"
      ? [`${outcome.cell.method}, seed ${outcome.cell.seed} failed: ${outcome.reason}`]
      : [],
  );
  const used = damages.filter(({ name }) => done.some(({ cell }) => cell.method === name));
  const names = [...new Set(done.flatMap(({ result }) => result.scores.map(({ name }) => name)))];
  const of = (damage: string, metric: string): Spread =>
    spread(
      done
        .filter(({ cell }) => cell.method === damage)
        .flatMap(({ result }) =>
          result.scores.filter(({ name }) => name === metric).map(({ value }) => value),
        ),
    );
  const rows = names.map((metric) => {
    const { better } = done.flatMap(({ result }) => result.scores).find(({ name }) => name === metric)!;
    const whole = of(WHOLE, metric);
    const scores = used.map((damage) => {
      const found = of(damage.name, metric);
      const verdict =
        damage.name === WHOLE || whole.count === 0 ? undefined : verdictOn(found, whole, better);
      return { damage: damage.name, ...found, verdict };
    });
    return { metric, better, scores };
  });
  const head = ["metric", "better", ...used.map(({ name }) => name)];
  const cells = rows.map(({ metric, better, scores }) => {
    const digits = digitsOf(scores.find(({ damage }) => damage === WHOLE)?.mean ?? scores[0]!.mean);
    return [
      metric.replace(/\[.*\]$/, ""),
      better,
      ...scores.map(
        (score) => `${showSpread(score, digits)}${score.verdict === undefined ? "" : MARKS[score.verdict]}`,
      ),
    ];
  });
  const one = finished[0];
  const work = one?.cell.work as unknown as Work | undefined;
  const seeds = new Set(finished.map(({ cell }) => cell.seed)).size;
  const network = one?.result.network;
  const setting =
    one === undefined
      ? "Nothing was measured."
      : `${[...new Set(finished.map(({ cell }) => cell.problem))].join(", ")}: ${work?.images} images of each set against ${work?.reference} training images that none of them holds, ` +
        `${work?.heldOut === 0 ? "" : `${work?.heldOut} more held out for the estimate of missing modes; `}${seeds} seed${seeds === 1 ? "" : "s"} of the draw. ` +
        `${network === undefined ? "" : `Features and classes of ${network.name}, which names ${(100 * (network.accuracy ?? Number.NaN)).toFixed(2)} % of the test images rightly. `}` +
        `Metrics: ${[...new Set(finished.map(({ cell }) => (cell.work as unknown as Work).metrics))].join("; ")}; all other options at their defaults.`;
  const meaning =
    seeds < 2
      ? "One seed of the draw: how far scores lie apart by chance is not known, so that nothing is marked."
      : `Mean ± sample standard deviation over the seeds. A damaged set scores worse than the undamaged one (none) by more ` +
        `than ${SEEN} standard errors, unless marked: (alike), within them; (better), beyond them in the other direction.`;
  const pictures = new Map<string, Uint8Array>();
  for (const { name } of used) {
    const shown = done.find(({ cell }) => cell.method === name && cell.seed === 0);
    if (shown !== undefined) pictures.set(name, Buffer.from(shown.result.picture, "base64"));
  }
  for (const { cell, result } of finished)
    for (const [name, png] of Object.entries(result.missing ?? {}))
      pictures.set(`${cell.problem}-${cell.method}-${cell.seed}-${name}`, Buffer.from(png, "base64"));
  const sets = used.map(({ name, summary }) => [
    name,
    summary,
    ...(pictures.has(name) ? [`![${name}](${name}.png)`] : ["-"]),
  ]);
  return {
    text: [
      setting,
      ...calledOf(textTable),
      ...(several ? [] : [textTable(head, cells), meaning]),
      ...failed,
    ].join("\n\n"),
    markdown: `${[
      "# Study: which metric sees which damage",
      setting,
      ...calledOf(markdownTable),
      ...(several ? [] : [markdownTable(head, cells), meaning]),
      ...(used.length === 0 ? [] : ["## The sets", markdownTable(["set", "what it is", "seed 0"], sets)]),
      ...failed,
    ].join("\n\n")}\n`,
    data: {
      study: "damages",
      work,
      network,
      rows,
      called: finished.map(({ cell: { problem, method, seed }, result }) => ({
        problem,
        set: method,
        seed,
        scores: result.called ?? [],
      })),
      failed,
    },
    pictures,
  };
}
