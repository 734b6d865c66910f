import { oneLine } from "../errors.js";
import { amount, bytes, columns, count, duration, rate, scalar, shape } from "./format.js";
import type { Beginning, Ending, Evaluated, Pace, Progress } from "./reporter.js";
import type { Style } from "./style.js";

/** `60,000 images of 1x28x28`, `100,000 points`. */
export function describeItems(data: Pick<Beginning["data"], "kind" | "count" | "shape">): string {
  return `${count(data.count)} ${data.kind === "images" ? `images of ${shape(data.shape)}` : "points"}`;
}

/** Classes that are named before a run; `--dry-run` names all. */
const NAMED = 12;

/** `2 classes, by folders: cat 5,000, dog 4,998`; undefined for points, whose modes are no labels. */
export function describeClasses(
  { kind, classes, labels }: Beginning["data"],
  most = NAMED,
): string | undefined {
  if (kind === "points") return undefined;
  if (classes === null) return "no classes";
  const shown = classes.length <= most ? classes : classes.slice(0, most);
  const rest = classes.slice(shown.length).map((each) => each.count);
  const more =
    rest.length === 0
      ? ""
      : `, and ${count(rest.length)} more of ${count(Math.min(...rest))} to ${count(Math.max(...rest))} images (--dry-run names all)`;
  const named = shown.map((each) => `${oneLine(each.name)} ${count(each.count)}`).join(", ");
  return `${amount(classes.length, "classes")}, by ${labels}: ${named}${more}`;
}

/** `dcgan on fashion-mnist: 60,000 images of 1x28x28`, and what else a person wants to see before the wait. */
export function describeBeginning(beginning: Beginning): string[] {
  const { data, iteration, steps } = beginning;
  const parameters = Object.entries(beginning.parameters)
    .map(([player, size]) => `${player} ${count(size)}`)
    .join(", ");
  const threads = `${amount(beginning.threads, "threads")}`;
  const where = beginning.device === "cpu" ? threads : beginning.device;
  return [
    `${beginning.recipe} on ${data.name}: ${describeItems(data)}`,
    ...[describeClasses(data)].filter((line) => line !== undefined),
    `parameters: ${parameters}`,
    `batch ${beginning.batch}, seed ${beginning.seed}, ${beginning.precision}, ${where}`,
    `${iteration > 0 ? `going on from iteration ${count(iteration)} to` : "iterations:"} ${count(steps)}; everything goes to ${beginning.run}`,
    `pictures: ${beginning.run}/reals.png of the data, ${beginning.run}/samples at iterations 1, 10, 30, 100, ...`,
  ];
}

/** `modes` and its like as words. */
function describeScores(scores: Ending["scores"]): string {
  const { modes, modesTotal, "high-quality": highQuality, "reverse-kl": reverseKl } = scores;
  if (modes === undefined || highQuality === undefined) return "";
  const of = modesTotal === undefined ? "" : ` of ${modesTotal}`;
  const kl = reverseKl === undefined ? "" : `, reverse KL ${scalar(reverseKl)}`;
  return `${modes}${of}; ${(100 * highQuality).toFixed(1)} % of the points lie close to a mode${kl}`;
}

/** What was made, where, and what to try next. */
export function describeEnding(
  ending: Ending,
  kind: "images" | "points",
  style: Style,
  width: number,
): string {
  const { state, iteration, steps, imagesSeen, seconds } = ending;
  const head =
    state === "done"
      ? `${style.good("Done")}: ${amount(iteration, "iterations")}, ${amount(imagesSeen, kind)} seen; ${duration(seconds)}`
      : `${style.bad("Stopped")} after ${count(iteration)} of ${amount(steps, "iterations")}, with a checkpoint`;
  const rows: [string, string][] = [["run", ending.run]];
  if (ending.sample !== null) rows.push([kind === "images" ? "samples" : "picture", ending.sample]);
  rows.push(["checkpoint", ending.checkpoint]);
  const { best } = ending;
  if (best !== null)
    rows.push([
      "best",
      `iteration ${count(best.iteration)}, ${best.name} ${scalar(best.value)}: ${ending.run}@best`,
    ]);
  const scores = describeScores(ending.scores);
  if (scores !== "") rows.push(["modes kept", scores]);
  const next = ending.next.map(([line, meaning]) => `  ${line}\n      ${style.dim(meaning)}`).join("\n");
  return `${head}\n${columns(rows, width, style.dim)}\n${state === "done" ? "Try next" : "Go on with"}:\n${next}`;
}

/** How fast work goes, and how long it will take: `412 images/s, 12 s left`; empty where nothing is known yet. */
export function describePace(
  pace: { readonly rate: number; readonly secondsLeft: number | undefined } | undefined,
  unit: string,
): string {
  if (pace === undefined) return "";
  const speed = unit === "bytes" ? `${bytes(Math.round(pace.rate))}/s` : `${rate(pace.rate)} ${unit}/s`;
  // Shares of a whole have no speed that says anything.
  const parts = unit === "%" || unit === "" ? [] : [speed];
  if (pace.secondsLeft !== undefined) parts.push(`${duration(pace.secondsLeft)} left`);
  return parts.join(", ");
}

/** `decoding photos.zip`, how many of how many. */
export function describeProgress({ what, done, total, unit }: Progress): string {
  if (unit === "%") return `${what}: ${done} %`;
  const amount = (value: number) => (unit === "bytes" ? bytes(value) : count(value));
  const of = total === undefined ? "" : ` of ${amount(total)}`;
  return `${what}: ${amount(done)}${of}${unit === "bytes" || unit === "" ? "" : ` ${unit}`}`;
}

/** Every scalar of a step, one after the other. */
export function describeScalars(scalars: Pace["scalars"]): string {
  return Object.entries(scalars ?? {})
    .map(([name, value]) => `${name} ${scalar(value)}`)
    .join("  ");
}

/** `evaluated iteration 500 in 12 s: fid[cifar10-cnn] 34.2, is[cifar10-cnn] 4.1 (the best by fid[cifar10-cnn])` */
export function describeEvaluated({ iteration, scores, bestBy, seconds }: Evaluated): string {
  const all = Object.entries(scores).map(([name, value]) => `${name} ${scalar(value)}`);
  const best = bestBy === null ? "" : ` (the best by ${bestBy})`;
  return `evaluated iteration ${count(iteration)} in ${duration(seconds)}: ${all.join(", ")}${best}`;
}

/** The players' first losses, as `D 1.23 G 0.71`: enough for a bar. */
export function describeLosses(scalars: Pace["scalars"]): string {
  const shown = new Map<string, string>();
  for (const [name, value] of Object.entries(scalars ?? {})) {
    const player = name.split("/")[0] ?? name;
    if (!shown.has(player)) shown.set(player, `${SHORT[player] ?? player} ${Number(value.toPrecision(3))}`);
  }
  return [...shown.values()].join(" ");
}

const SHORT: Readonly<Record<string, string>> = { discriminator: "D", generator: "G", encoder: "E" };
