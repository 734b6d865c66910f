import { setImmediate, setTimeout } from "node:timers/promises";
import { within } from "../within.js";
import type { LabJson, LabOrder, LabRequest } from "./messages.js";
import { Side } from "./side.js";

/** Milliseconds without anybody who looks, after which it is paused, and after which it is ended. */
const PAUSED = 15_000;
const ENDED = 600_000;
/** Milliseconds that a look waits for a newer picture. */
const WAIT = 2000;
/** Milliseconds between pictures. */
const PICTURE = 80;

/** Trainings side by side in lockstep: none begins an iteration before all have ended the one before, so the slowest sets the pace. */
export class Session {
  readonly #sides: readonly { readonly recipe: string; readonly side: Side }[];
  #shown: LabJson;
  /** Who waits for news. */
  #waiting: (() => void)[] = [];
  #looked = Date.now();
  /** Until another takes its place: paused, nothing does. */
  #playing: { rate: number } | undefined;
  /** What was ordered is done one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(requests: readonly LabRequest[], folder: string) {
    this.#sides = requests.map(({ recipe }) => ({ recipe, side: new Side() }));
    this.#shown = this.#now(0);
    this.#inTurn(() =>
      Promise.all(requests.map((request, i) => this.#sides[i]!.side.ask({ do: "begin", request, folder }))),
    );
  }

  /** @param rate iterations a second, 0 for as many as they can */
  play(rate: number): void {
    this.#looked = Date.now();
    if (this.#playing !== undefined) {
      this.#playing.rate = rate;
      return;
    }
    const playing = { rate };
    this.#playing = playing;
    this.#inTurn(() => this.#play(playing));
  }

  pause(): void {
    this.#looked = Date.now();
    this.#playing = undefined;
  }

  /** @param phase null for a whole iteration */
  step(phase: string | null): void {
    this.pause();
    this.#inTurn(async () => {
      if (phase === null) {
        await this.#iterate();
        await this.#picture();
      } else {
        const having = this.#sides.filter(({ side }) => side.frame?.phases.includes(phase) === true);
        await this.#askAll(
          having.map(({ side }) => side),
          { do: "step", phase },
        );
      }
    });
  }

  /** One side goes on under other settings, as a fork. */
  change(place: number, terms: readonly string[], set: readonly string[]): void {
    this.pause();
    const side = this.#sides[place]?.side;
    if (side !== undefined) this.#inTurn(() => side.ask({ do: "change", with: terms, set }));
  }

  /** What there is, once it is newer than that of a number. */
  async look(after: number): Promise<LabJson> {
    this.#looked = Date.now();
    if (this.#shown.count <= after)
      await within(new Promise<void>((resolve) => void this.#waiting.push(resolve)), WAIT);
    return this.#shown;
  }

  /**
   * Pauses what nobody looks at.
   * @returns whether nobody comes back
   */
  tend(now: number): boolean {
    const idle = now - this.#looked;
    if (idle > PAUSED) this.#playing = undefined;
    return idle > ENDED || this.#sides.every(({ side }) => !side.isAlive);
  }

  /** Lets all save checkpoints, and end. */
  async end(): Promise<void> {
    this.#playing = undefined;
    for (const { side } of this.#sides) side.hangUp();
    await Promise.all(this.#sides.map(({ side }) => side.ended));
  }

  #now(count: number): LabJson {
    return {
      count,
      playing: this.#playing !== undefined,
      sides: this.#sides.map(({ recipe, side: { frame, trouble } }) => ({ recipe, frame, trouble })),
    };
  }

  #tell(): void {
    this.#shown = this.#now(this.#shown.count + 1);
    for (const go of this.#waiting.splice(0)) go();
  }

  #inTurn(work: () => Promise<unknown>): void {
    this.#last = this.#last.then(work).then(() => this.#tell());
  }

  async #askAll(sides: readonly Side[], order: LabOrder): Promise<void> {
    await Promise.all(sides.map((side) => side.ask(order)));
  }

  async #play(playing: { readonly rate: number }): Promise<void> {
    let pictured = Number.NEGATIVE_INFINITY;
    while (this.#playing === playing) {
      const began = performance.now();
      if (!(await this.#iterate()) && this.#playing === playing) this.#playing = undefined;
      if (playing.rate > 0 || began - pictured > PICTURE) {
        pictured = began;
        await this.#picture();
        this.#tell();
      }
      const left = playing.rate > 0 ? 1000 / playing.rate - (performance.now() - began) : 0;
      // Orders get a turn.
      await (left > 0 ? setTimeout(left) : setImmediate());
    }
    await this.#picture();
  }

  /** Lets all be seen as they are now, whose last picture is older. */
  async #picture(): Promise<void> {
    const older = this.#sides.flatMap(({ side }) =>
      side.trouble === null && side.frame?.iteration !== side.iteration ? [side] : [],
    );
    await this.#askAll(older, { do: "picture" });
  }

  /**
   * An iteration of all that go on; of those alone that lag behind, where a change let some do so.
   * @returns whether another may follow
   */
  async #iterate(): Promise<boolean> {
    const going = this.#sides.flatMap(({ side }) => (side.goesOn ? [side] : []));
    const at = Math.min(...going.map(({ iteration }) => iteration));
    await this.#askAll(
      going.filter(({ iteration }) => iteration === at),
      { do: "iterate" },
    );
    return going.some(({ goesOn }) => goesOn) && going.every(({ trouble }) => trouble === null);
  }
}
