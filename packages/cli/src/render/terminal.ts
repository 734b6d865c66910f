import { barCharacters, layOutBar } from "./bar.js";
import { cellRows } from "./cells.js";
import { clock, count, rate } from "./format.js";
import { WorkMeter } from "./meter.js";
import { type Beginning, kindOf, type Reporter } from "./reporter.js";
import type { Sink } from "./sink.js";
import { escapeOf, makeStyle } from "./style.js";
import {
  describeBeginning,
  describeEvaluated,
  describeLosses,
  describePace,
  describeProgress,
} from "./words.js";

/** Milliseconds between two looks of the bar. */
const PAUSE = 100;
/** Lines of a table of trainings: more would not fit into a small window. */
const MOST_ROWS = 18;

/** For people: one line that is drawn over and over, and whole lines above it. */
export function terminalReporter(stderr: Sink, environment: NodeJS.ProcessEnv): Reporter {
  const style = makeStyle(stderr, environment);
  const begin = escapeOf(stderr);
  // To the first column, and away with what stands in the line.
  const erase = `\r${begin}[2K`;
  const characters = barCharacters(environment);
  const warned = new Set<string>();
  /** Lines that are on the screen for now. */
  let shown = 0;
  let drawn = Number.NEGATIVE_INFINITY;
  let beginning: Beginning | undefined;
  let losses = "";
  const meter = new WorkMeter();

  const clear = () => {
    if (shown > 0) stderr.write(`${erase}${`${begin}[1A${erase}`.repeat(shown - 1)}`);
    shown = 0;
  };
  const line = (text: string) => {
    clear();
    stderr.write(`${text}\n`);
  };
  const draw = (words: readonly string[], share: number | undefined) => {
    // The last column stays free: some terminals wrap when it is written.
    const width = Math.max(10, (stderr.columns ?? 80) - 1);
    const { head, full, empty, tail } = layOutBar(words, share, width, characters);
    const before = shown > 1 ? `${erase}${`${begin}[1A${erase}`.repeat(shown - 1)}` : erase;
    stderr.write(`${before}${head}${style.good(full)}${style.dim(empty)}${tail}`);
    shown = 1;
    drawn = performance.now();
  };
  const isDue = () => performance.now() - drawn >= PAUSE;

  return {
    progress(progress) {
      const { done, total, unit } = progress;
      const pace = describePace(meter.measure(kindOf(progress), done, total), unit);
      if (!isDue()) return;
      draw(
        [describeProgress(progress), ...(pace === "" ? [] : [pace])],
        total === undefined || total === 0 ? undefined : done / total,
      );
    },
    opening: (message) => draw([message], undefined),
    begin(begun) {
      beginning = begun;
      const [first = "", ...others] = describeBeginning(begun);
      line(style.bold(first));
      for (const text of others) line(style.dim(text));
    },
    step(pace) {
      if (pace.scalars !== undefined) losses = describeLosses(pace.scalars);
      if (!pace.last && !isDue()) return;
      const { iteration, steps, iterationsPerSecond, imagesPerSecond, secondsLeft } = pace;
      const words = [`${Math.floor((100 * iteration) / steps)} %`.padStart(5)];
      // Most important first: what does not fit is left out from the end.
      // Padded, so that the bar keeps its length while numbers grow.
      const all = count(steps);
      words.push(`${count(iteration).padStart(all.length)}/${all}`);
      if (secondsLeft !== undefined) words.push(`${clock(secondsLeft)} left`);
      if (iterationsPerSecond !== undefined) words.push(`${rate(iterationsPerSecond).padStart(5)} it/s`);
      if (imagesPerSecond !== undefined)
        words.push(
          `${rate(imagesPerSecond).padStart(5)} ${beginning?.data.kind === "points" ? "pts" : "img"}/s`,
        );
      if (losses !== "") words.push(losses);
      draw(words, iteration / steps);
    },
    evaluated: (evaluated) => line(describeEvaluated(evaluated)),
    cells(progress) {
      if (!isDue()) return;
      const width = Math.max(10, (stderr.columns ?? 80) - 1);
      const rows = cellRows(progress, MOST_ROWS).map(({ words, share }) => {
        const { head, full, empty, tail } = layOutBar(words, share, width, characters);
        return `${head}${style.good(full)}${style.dim(empty)}${tail}`;
      });
      clear();
      stderr.write(rows.join("\n"));
      shown = rows.length;
      drawn = performance.now();
    },
    end: clear,
    note: line,
    warning(message) {
      if (warned.has(message)) return;
      warned.add(message);
      line(`${style.bad("warning")}: ${message}`);
    },
    clear,
  };
}
