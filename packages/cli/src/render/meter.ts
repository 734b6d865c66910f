/** Milliseconds over which speed is measured, and between two marks. */
const WINDOW = 10_000;
const SPACING = 200;

interface Mark {
  readonly time: number;
  readonly iteration: number;
  readonly images: number;
}

/** How fast a training goes: over the last seconds, pauses for pictures and checkpoints included. */
export class SpeedMeter {
  readonly #now: () => number;
  readonly #marks: Mark[];

  /** @param now milliseconds */
  constructor(iteration: number, images: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#marks = [{ time: now(), iteration, images }];
  }

  /**
   * After an iteration.
   * @returns undefined until enough time has gone by to tell
   */
  measure(iteration: number, images: number): { iterations: number; images: number } | undefined {
    const time = this.#now();
    const marks = this.#marks;
    while (marks.length > 1 && time - marks[1]!.time >= WINDOW) marks.shift();
    const first = marks[0]!;
    if (time - marks.at(-1)!.time >= SPACING) marks.push({ time, iteration, images });
    const seconds = (time - first.time) / 1000;
    if (seconds < 0.2 || iteration <= first.iteration) return undefined;
    return { iterations: (iteration - first.iteration) / seconds, images: (images - first.images) / seconds };
  }
}

/** How fast work other than training goes, since it began. */
export class WorkMeter {
  readonly #now: () => number;
  #work = "";
  #done = 0;
  #began = 0;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * @param work what is being done, without what changes while it is done
   * @returns undefined until there is enough to tell
   */
  measure(
    work: string,
    done: number,
    total: number | undefined,
  ): { rate: number; secondsLeft: number | undefined } | undefined {
    const now = this.#now();
    if (work !== this.#work || done < this.#done) {
      this.#work = work;
      this.#done = done;
      this.#began = now;
      return undefined;
    }
    const seconds = (now - this.#began) / 1000;
    if (seconds < 1 || done === this.#done) return undefined;
    const rate = (done - this.#done) / seconds;
    return { rate, secondsLeft: total === undefined ? undefined : (total - done) / rate };
  }
}
