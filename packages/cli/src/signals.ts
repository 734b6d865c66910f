import { constants } from "node:os";
import { STOP_SIGNALS, WARNING_SIGNALS } from "@gantry/gan/signals";
import { isDaemon } from "./daemon.js";
import { watchNpm } from "./npmWatch.js";

type StopName = (typeof STOP_SIGNALS)[number];

/** What a shell expects of a process that a signal ended. */
const statusOf = (name: StopName): number => 128 + (constants.signals[name] ?? 0);

/**
 * Milliseconds after "again stops at once" was shown from which Ctrl-C is taken for an answer to it: npx sends each
 * one twice, and a hand may slip.
 */
const ANSWER = 3000;

export interface InterruptionOptions {
  /** Called once, at the first wish to stop by Ctrl-C: says that Ctrl-C again stops at once. */
  readonly onFirst: () => void;
  /** Called with the name of a signal that announces something: what is not on disk yet should be written. */
  readonly onWarning?: ((signal: string) => void) | undefined;
}

/**
 * Turns the first wish to stop into an abort, so that work can be saved. Whatever comes after it is ignored, since the
 * world sends signals in pairs; but for a Ctrl-C that comes clearly after it was said that this stops at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #listeners: [string, () => void][] = [];
  readonly #watch: NodeJS.Timeout | undefined;
  #status = 0;
  /** A hangup came, and work goes on. */
  #hungUp = false;
  #shown = Number.POSITIVE_INFINITY;

  constructor({ onFirst, onWarning }: InterruptionOptions) {
    // Asked now: of a terminal that was closed, nobody can tell any more that it was one.
    const daemon = isDaemon();
    for (const name of STOP_SIGNALS)
      this.#listen(name, () => {
        if (name === "SIGHUP" && daemon) {
          this.#hungUp = true;
          onWarning?.(name);
          return;
        }
        if (name === "SIGINT" && performance.now() - this.#shown > ANSWER) process.exit(statusOf(name));
        if (this.signal.aborted) return;
        this.#stop(name);
        if (name !== "SIGINT") return;
        onFirst();
        this.#shown = performance.now();
      });
    for (const name of WARNING_SIGNALS)
      this.#listen(name, () => {
        onWarning?.(name);
      });
    // A file too large is an error of the write, and no reason to die.
    this.#listen("SIGXFSZ", () => {});
    // Nobody reads the results any more: save, and end quietly.
    this.#listen("gantry:stdoutClosed", () => this.#controller.abort(new Interrupted(0)));
    // Who started it by npm has no other way to reach it. A hangup that this process is to outlive ends npm.
    this.#watch = watchNpm(() => {
      if (!this.#hungUp) this.#stop("SIGTERM");
    });
  }

  #stop(name: StopName): void {
    if (this.signal.aborted) return;
    this.#status = statusOf(name);
    this.#controller.abort(new Interrupted(this.#status));
  }

  #listen(name: string, listener: () => void): void {
    try {
      process.on(name as NodeJS.Signals, listener);
      this.#listeners.push([name, listener]);
    } catch {
      // A signal that this system does not have.
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What to exit with; 0 while nobody wished to stop. */
  get status(): number {
    return this.#status;
  }

  /** There is nothing left to save. What comes again of a wish that was heard is still not to spoil the end. */
  release(): void {
    clearInterval(this.#watch);
    for (const [name, listener] of this.#listeners) {
      if (this.signal.aborted && name.startsWith("SIG")) process.on(name as NodeJS.Signals, () => {});
      process.off(name as NodeJS.Signals, listener);
    }
  }
}

/** Thrown by work that was given up before there was anything to save. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly status: number;

  constructor(status: number) {
    super("interrupted");
    this.status = status;
  }
}
