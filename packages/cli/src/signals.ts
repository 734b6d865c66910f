/** What a shell expects of a process that a signal ended. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type SignalName = keyof typeof STATUS;

/**
 * Turns the first wish to stop (Ctrl-C, kill, a closed terminal) into an abort, so that work can be saved; the second
 * ends the process at once. Call `release` when there is nothing left to save.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #listeners: [SignalName | "gantry:stdoutClosed", () => void][] = [];
  #status = 0;

  /** @param onFirst called once, at the first wish to stop by Ctrl-C */
  constructor(onFirst: () => void) {
    for (const name of Object.keys(STATUS) as SignalName[]) {
      this.#listen(name, () => {
        if (this.signal.aborted) process.exit(STATUS[name]);
        this.#status = STATUS[name];
        if (name === "SIGINT") onFirst();
        this.#controller.abort(new Interrupted(STATUS[name]));
      });
    }
    // Nobody reads the results any more: save, and end quietly.
    this.#listen("gantry:stdoutClosed", () => this.#controller.abort(new Interrupted(0)));
  }

  #listen(name: SignalName | "gantry:stdoutClosed", listener: () => void): void {
    process.on(name as SignalName, listener);
    this.#listeners.push([name, listener]);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What to exit with; 0 while nobody wished to stop. */
  get status(): number {
    return this.#status;
  }

  release(): void {
    for (const [name, listener] of this.#listeners) process.off(name as SignalName, listener);
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
