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

  /** After an iteration. @returns undefined until enough time has gone by to tell */
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
