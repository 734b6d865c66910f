/** What a cell is doing. */
export interface CellProgress {
  readonly name: string;
  /** `left off`: by successive halving. */
  readonly state: "waiting" | "running" | "done" | "failed" | "left off";
  readonly iteration: number;
  /** What it is to come to. */
  readonly steps: number;
  /** Undefined until there is something to measure. */
  readonly secondsLeft: number | undefined;
  /** Of a cell that has failed. */
  readonly reason: string | undefined;
}

/** Where a sweep stands. */
export interface SweepProgress {
  readonly cells: readonly CellProgress[];
  /** Of all; undefined until there is something to measure. */
  readonly secondsLeft: number | undefined;
}

interface Entry {
  readonly name: string;
  state: CellProgress["state"];
  iteration: number;
  steps: number;
  reason: string | undefined;
  /** When its process began, in milliseconds, and from which iteration. */
  began: number;
  from: number | undefined;
  /** What its iterations took, each, in seconds. */
  pace: number | undefined;
}

/** Keeps count of where the cells of a sweep stand, and tells how long they will take. */
export class ProgressCount {
  readonly #entries: Entry[];
  readonly #jobs: number;
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(
    cells: readonly { readonly name: string; readonly steps: number }[],
    jobs: number,
    now: () => number = () => performance.now(),
  ) {
    this.#entries = cells.map(({ name, steps }) => ({
      name,
      state: "waiting",
      iteration: 0,
      steps,
      reason: undefined,
      began: 0,
      from: undefined,
      pace: undefined,
    }));
    this.#jobs = jobs;
    this.#now = now;
  }

  #entry(cell: number): Entry {
    return this.#entries[cell] as Entry;
  }

  /** It is to come to so many iterations, and waits for its turn. */
  expect(cell: number, steps: number): void {
    Object.assign(this.#entry(cell), { state: "waiting", steps, from: undefined });
  }

  begin(cell: number): void {
    Object.assign(this.#entry(cell), {
      state: "running",
      began: this.#now(),
      from: undefined,
      reason: undefined,
    });
  }

  report(cell: number, iteration: number): void {
    const entry = this.#entry(cell);
    // What the process takes before its first iteration says nothing of the others.
    if (entry.from === undefined) Object.assign(entry, { from: iteration, began: this.#now() });
    else if (iteration > entry.from)
      entry.pace = (this.#now() - entry.began) / 1000 / (iteration - entry.from);
    entry.iteration = iteration;
  }

  end(cell: number, state: "done" | "failed" | "left off", reason?: string): void {
    const entry = this.#entry(cell);
    if (state === "done") entry.iteration = entry.steps;
    Object.assign(entry, { state, reason });
  }

  now(): SweepProgress {
    const known = this.#entries.flatMap(({ pace }) => pace ?? []);
    const mean = known.length === 0 ? undefined : known.reduce((sum, pace) => sum + pace, 0) / known.length;
    const leftOf = (entry: Entry): number | undefined => {
      if (entry.state !== "running" && entry.state !== "waiting") return 0;
      const pace = entry.pace ?? mean;
      return pace === undefined ? undefined : pace * (entry.steps - entry.iteration);
    };
    const left = this.#entries.map(leftOf);
    const all = left.every((each) => each !== undefined)
      ? Math.max(...left, left.reduce<number>((sum, each) => sum + each, 0) / this.#jobs)
      : undefined;
    return {
      secondsLeft: all,
      cells: this.#entries.map(({ name, state, iteration, steps, reason }, i) => ({
        name,
        state,
        iteration,
        steps,
        secondsLeft: state === "running" ? left[i] : undefined,
        reason,
      })),
    };
  }
}
