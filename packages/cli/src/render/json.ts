import { countCells } from "./cells.js";
import type { Reporter } from "./reporter.js";
import type { Sink } from "./sink.js";

/** Milliseconds between two lines about one piece of work. */
const PAUSE = 1000;

/** For programs: one object a line on standard output, its kind under `event`. */
export function jsonReporter(stdout: Sink, stderr: Sink): Reporter {
  const emit = (event: string, value: object) => stdout.write(`${JSON.stringify({ event, ...value })}\n`);
  const warned = new Set<string>();
  let told = Number.NEGATIVE_INFINITY;
  return {
    progress({ what, done, total, unit }) {
      const now = performance.now();
      if (done !== total && now - told < PAUSE) return;
      told = now;
      emit("progress", { what, done, total: total ?? null, unit });
    },
    opening: (message) => emit("opening", { message }),
    begin: (beginning) => emit("begin", beginning),
    step(pace) {
      if (pace.scalars === undefined && !pace.last) return;
      const { iteration, steps, imagesSeen, epoch, scalars = {} } = pace;
      const { iterationsPerSecond = null, imagesPerSecond = null, secondsLeft = null } = pace;
      emit("step", {
        iteration,
        steps,
        imagesSeen,
        epoch,
        iterationsPerSecond,
        imagesPerSecond,
        secondsLeft,
        scalars,
      });
    },
    evaluated: (evaluated) => emit("evaluation", evaluated),
    cells({ cells, secondsLeft = null }) {
      const now = performance.now();
      if (now - told < PAUSE) return;
      told = now;
      const running = cells
        .filter(({ state }) => state === "running")
        .map(({ name, iteration, steps, secondsLeft = null }) => ({ name, iteration, steps, secondsLeft }));
      emit("cells", { ...countCells(cells), secondsLeft, running });
    },
    end: ({ next, ...ending }) => emit("end", { ...ending, next: next.map(([line]) => line) }),
    note: (message) => emit("note", { message }),
    warning(message) {
      if (warned.has(message)) return;
      warned.add(message);
      emit("warning", { message });
      stderr.write(`gantry: warning: ${message}\n`);
    },
    clear() {},
  };
}
