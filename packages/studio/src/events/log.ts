import type { RunEvent } from "@gantry/gan/run";
import type { CurveJson, FindingJson } from "../json.js";
import { History } from "./history.js";
import { GrowingLines, glimpse } from "./lines.js";

/** Milliseconds for which a long file waits after a glimpse: what that shows is drawn first. */
const PAUSE = 250;

/** A run's events.jsonl, each byte read once as it grows; until a long one is read, what a glimpse into it tells. */
export class EventLog {
  readonly #file: string;
  readonly #lines: GrowingLines;
  #read = new History();
  #glimpsed: History | undefined;
  /** Bytes of the file when it was looked into. */
  #size = 0;
  #glimpsing: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#lines = new GrowingLines(
      file,
      (line) => this.#read.take(line),
      () => {
        this.#read = new History();
      },
    );
  }

  /**
   * Reads what is new.
   * @param patience milliseconds after which the rest is read in the background; where a glimpse tells of it, that is not waited for
   * @returns whether everything has been read
   */
  async read(patience = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (patience < Number.POSITIVE_INFINITY) await this.glimpse();
    if (patience < Number.POSITIVE_INFINITY && this.#glimpsed !== undefined) {
      this.#later ??= setTimeout(() => void this.read().catch(() => {}), PAUSE).unref();
      return false;
    }
    const isWhole = await this.#lines.read(patience);
    if (isWhole) this.#glimpsed = undefined;
    return isWhole;
  }

  /** Looks into a long file that is not read yet, once. */
  async glimpse(): Promise<void> {
    this.#glimpsing ??= this.#glimpse();
    await this.#glimpsing;
  }

  async #glimpse(): Promise<void> {
    if (this.#lines.offset > 0) return;
    const history = new History(true);
    this.#size = await glimpse(this.#file, (line) => history.take(line));
    if (this.#size > 0) this.#glimpsed = history;
  }

  get #history(): History {
    return this.#glimpsed ?? this.#read;
  }

  get position(): { readonly bytes: number; readonly of: number } {
    const { offset, size } = this.#lines;
    return { bytes: offset, of: this.#glimpsed === undefined ? size : Math.max(size, this.#size) };
  }

  /** See {@link History}, as all that follow. */
  get iteration(): number {
    return this.#history.iteration;
  }

  get speed(): number | undefined {
    return this.#history.speed;
  }

  get events(): RunEvent[] {
    return this.#history.events;
  }

  get restarts(): History["restarts"] {
    return this.#history.restarts;
  }

  get findings(): readonly FindingJson[] {
    return this.#history.findings;
  }

  curves(limit: number, from?: number, to?: number): Record<string, CurveJson> {
    return this.#history.curves(limit, from, to);
  }
}
