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
import { NETWORK, type Result, type Time, type Work } from "./measure.js";
import { methods } from "./methods.js";

/** Standard errors that two means must lie apart to count as different. */
const SEEN_APART = 2;
const DIGITS = 3;

interface Row {
  readonly iteration: number;
  readonly float32: Spread;
  readonly bfloat16: Spread;
  /** How many standard errors bfloat16's mean lies above; null with fewer than two seeds of either. */
  readonly apart: number | null;
}

const workOf = ({ cell }: Outcome<Result>) => cell.work as unknown as Work;

function rowsOf(done: readonly Done<Result>[]): Row[] {
  const iterations = [...new Set(done.flatMap(({ result }) => result.curve.map((time) => time.iteration)))];
  const at = (method: string, iteration: number) =>
    spread(
      done
        .filter(({ cell }) => cell.method === method)
        .flatMap(({ result }) => result.curve.find((time) => time.iteration === iteration)?.fid ?? []),
    );
  return iterations
    .sort((a, b) => a - b)
    .map((iteration) => {
      const [float32, bfloat16] = [at("float32", iteration), at("bfloat16", iteration)];
      return { iteration, float32, bfloat16, apart: standardErrorsApart(bfloat16, float32) ?? null };
    });
}

/** What a distance in standard errors says, of a score of which less is better. */
export function verdictOn(apart: number | null): string {
  if (apart === null) return "not decided: fewer than two seeds";
  if (apart > SEEN_APART) return "bfloat16 is worse";
  return apart < -SEEN_APART ? "bfloat16 is better" : "within the seeds' spread";
}

const HEAD = [
  "iteration",
  "FID, float32",
  "FID, bfloat16",
  "standard errors apart",
  "bfloat16 costs quality?",
] as const;

const cellsOfRow = ({ iteration, float32, bfloat16, apart }: Row): string[] => [
  String(iteration),
  showSpread(float32, DIGITS),
  showSpread(bfloat16, DIGITS),
  apart === null ? "-" : apart.toFixed(1),
  verdictOn(apart),
];

const lastOf = ({ result }: Done<Result>) => result.curve.at(-1) as Time;

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const done = outcomes.filter(isDone);
  const rows = rowsOf(done);
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed"
      ? [`${outcome.cell.method}, seed ${outcome.cell.seed} failed: ${outcome.reason}`]
      : [],
  );
  const one = done[0];
  const { config, samples } = one === undefined ? {} : workOf(one);
  const accuracy = one?.result.accuracy ?? undefined;
  const setting =
    config === undefined
      ? "Nothing was measured."
      : `SNGAN with ${String(config.net.channels)} channels on CIFAR-10, batch ${config.batch}, ${config.schedule.discriminatorSteps} steps of D for one of G; ` +
        `the learning rate falls to nothing over ${config.steps} iterations. FID of ${samples} generated images against all training images, through ${NETWORK}` +
        `${accuracy === undefined ? "" : `, which names ${(100 * accuracy).toFixed(2)} % of the test images rightly`}; images are made in float32 by both.`;
  const meaning = `Mean ± sample standard deviation over the seeds. A difference counts from ${SEEN_APART} standard errors on.`;
  const cost = methods.map(({ name }) => {
    const own = done.filter(({ cell }) => cell.method === name);
    return spread(own.map(lastOf).map(({ seconds, iteration }) => seconds / iteration));
  });
  const seconds = methods.map(({ name }, i) => `${name} ${showSpread(cost[i] as Spread, 2)}`).join(", ");
  const words = [setting, meaning, `Processor seconds an iteration: ${seconds}.`];
  const cells = rows.map(cellsOfRow);
  const pictures = new Map<string, string | Uint8Array>();
  const markdown = ["# Study: does bfloat16 cost quality?", ...words, markdownTable(HEAD, cells), ...failed];
  if (rows.length > 1) {
    const drawn = methods.flatMap(({ name, colour }) =>
      done
        .filter(({ cell }) => cell.method === name)
        .map(({ cell, result: { curve } }) => ({
          label: `${name}, seed ${cell.seed}`,
          colour,
          x: curve.map(({ iteration }) => iteration),
          y: curve.map(({ fid }) => fid),
        })),
    );
    pictures.set("fid", lines([{ title: `FID[${NETWORK}]`, lines: drawn }], { xLabel: "iterations" }));
    markdown.push("![FID during training](fid.png)");
  }
  for (const { name } of methods) {
    const shown = done.find(({ cell }) => cell.method === name);
    if (shown === undefined) continue;
    pictures.set(`samples-${name}`, new Uint8Array(Buffer.from(shown.result.grid, "base64")));
    markdown.push(
      `## ${name}`,
      `Seed ${shown.cell.seed}, iteration ${lastOf(shown).iteration}.`,
      `![Images of ${name}](samples-${name}.png)`,
    );
  }
  return {
    text: [...words, textTable(HEAD, cells), ...failed].join("\n\n"),
    markdown: `${markdown.join("\n\n")}\n`,
    data: { study: "precision", rows, failed },
    pictures,
  };
}
