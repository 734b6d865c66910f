import { describeCells, describeRunning } from "./cells.js";
import { count, duration, rate } from "./format.js";
import { WorkMeter } from "./meter.js";
import { type Beginning, kindOf, type Reporter } from "./reporter.js";
import type { Sink } from "./sink.js";
import {
  describeBeginning,
  describeEvaluated,
  describePace,
  describeProgress,
  describeScalars,
} from "./words.js";

/** Milliseconds between two lines of training, and of other work. */
const PAUSE = 2000;
/** Milliseconds between two lines about many trainings. */
const CELLS_PAUSE = 10_000;

/** For pipes and files: whole lines, no control characters, and not too many of them. */
export function plainReporter(stderr: Sink): Reporter {
  const line = (text: string): void => {
    stderr.write(`${text}\n`);
  };
  const warned = new Set<string>();
  let told = Number.NEGATIVE_INFINITY;
  let work = "";
  const meter = new WorkMeter();
  let beginning: Beginning | undefined;
  return {
    progress(progress) {
      const now = performance.now();
      const kind = kindOf(progress);
      const pace = meter.measure(kind, progress.done, progress.total);
      // Quick work ends before its first line is due.
      if (kind !== work) told = now;
      work = kind;
      if (now - told < PAUSE) return;
      told = now;
      const parts = [describeProgress(progress), describePace(pace, progress.unit)];
      line(parts.filter((part) => part !== "").join(", "));
    },
    opening: line,
    begin(begun) {
      beginning = begun;
      for (const text of describeBeginning(begun)) line(text);
      told = Number.NEGATIVE_INFINITY;
    },
    step(pace) {
      if (pace.scalars === undefined && !pace.last) return;
      const now = performance.now();
      if (!pace.last && now - told < PAUSE) return;
      told = now;
      const { iteration, steps, iterationsPerSecond, imagesPerSecond, secondsLeft } = pace;
      const parts = [`iteration ${count(iteration)} of ${count(steps)}`];
      if (iterationsPerSecond !== undefined) parts.push(`${rate(iterationsPerSecond)} it/s`);
      if (imagesPerSecond !== undefined)
        parts.push(`${rate(imagesPerSecond)} ${beginning?.data.kind ?? "images"}/s`);
      if (secondsLeft !== undefined && !pace.last) parts.push(`${duration(secondsLeft)} left`);
      const scalars = describeScalars(pace.scalars);
      line([parts.join(", "), ...(scalars === "" ? [] : [scalars])].join("  "));
    },
    evaluated: (evaluated) => line(describeEvaluated(evaluated)),
    cells(progress) {
      const now = performance.now();
      if (now - told < CELLS_PAUSE) return;
      told = now;
      line([describeCells(progress), ...describeRunning(progress)].join("; "));
    },
    end() {},
    note: line,
    warning(message) {
      if (warned.has(message)) return;
      warned.add(message);
      line(`gantry: warning: ${message}`);
    },
    clear() {},
  };
}
