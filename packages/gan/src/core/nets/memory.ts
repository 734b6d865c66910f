import { availableMemory } from "@gantry/torch";
import { UsageError } from "../base/errors.js";

/** `3.4 GiB`. */
const gibibytes = (bytes: number): string => {
  const value = bytes / 2 ** 30;
  return `${value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1)} GiB`;
};

/**
 * Refuses work that is known to take more memory than there is, before it is begun.
 * @param bytes what it will hold beyond what is held already
 * @param what takes them, as `100,000 samples`;
 * @param remedy what to do, behind a semicolon
 * @throws UsageError
 */
export function requireMemory(
  bytes: number,
  what: string,
  remedy: string,
  free = availableMemory() ?? Number.POSITIVE_INFINITY,
): void {
  if (bytes <= free) return;
  throw new UsageError(
    `${what} would take about ${gibibytes(bytes)} of memory, and ${gibibytes(free)} are free; ${remedy}`,
  );
}

/**
 * Watches work of many equal rounds that all keep what they made: how much memory each takes is known after the first ones, and
 * what all will take is told then, not when the machine has none left.
 */
export class MemoryForecast {
  readonly #rounds: number;
  readonly #held = process.memoryUsage.rss();
  #done = 0;

  constructor(rounds: number) {
    this.#rounds = rounds;
  }

  /**
   * After each round; it looks after 2, 4, 8, ... of them.
   * @param what as in {@link requireMemory}
   * @throws UsageError
   */
  roundDone(what: string, remedy: string): void {
    this.#done++;
    if (this.#done < 2 || !Number.isInteger(Math.log2(this.#done))) return;
    const each = (process.memoryUsage.rss() - this.#held) / this.#done;
    requireMemory(each * (this.#rounds - this.#done), what, remedy);
  }
}
