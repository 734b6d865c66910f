import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  composeConfig,
  forkRun,
  type JsonObject,
  parseSetting,
  parseTerm,
  type Run,
  resolveConfig,
  startRun,
} from "@gantry/gan";
import { claimUnused } from "@gantry/gan/run";
import type { LabFrame, LabRequest } from "../messages.js";
import { viewOf } from "./view.js";

/** Milliseconds between pictures. */
const PICTURE = 80;

/** A training in the lab: an ordinary run, of which each iteration waits to be asked for. */
export class LabTraining {
  readonly #folder: string;
  readonly #show: (frame: LabFrame) => void;
  #run!: Run;
  #reports!: AsyncIterator<unknown>;
  #control = new AbortController();
  #scalars: Record<string, number> = {};
  #playing = false;
  #done = false;
  #rate = 0;
  #shown = 0;

  constructor(folder: string, show: (frame: LabFrame) => void) {
    this.#folder = folder;
    this.#show = show;
  }

  /** @throws UsageError for what does not go together */
  async begin({ recipe, with: terms, set, seed, data }: LabRequest): Promise<void> {
    const own: JsonObject[] = [{ data: null }, { data: data as unknown as JsonObject }, { seed }];
    const config = await resolveConfig({
      recipe,
      preset: "small",
      with: terms.map(parseTerm),
      settings: [...own, ...set.map(parseSetting)],
      strict: true,
    }).catch(async (error: Error) => {
      if (!/no preset 'small'/.test(error.message)) throw error;
      return await resolveConfig({
        recipe,
        with: terms.map(parseTerm),
        settings: [...own, ...set.map(parseSetting)],
        strict: true,
      });
    });
    this.#follow(await startRun(config, await claimUnused(join(this.#folder, `lab-${recipe}-${seed}`))));
    this.show();
  }

  #follow(run: Run): void {
    this.#run = run;
    this.#control = new AbortController();
    this.#reports = run.reports({ signal: this.#control.signal })[Symbol.asyncIterator]();
    this.#done = false;
  }

  async #iterate(): Promise<void> {
    const { done, value } = await this.#reports.next();
    const scalars = (value as { scalars?: Record<string, number> } | undefined)?.scalars;
    if (scalars !== undefined) this.#scalars = scalars;
    if (done) {
      this.#done = true;
      this.#playing = false;
    }
  }

  get isPlaying(): boolean {
    return this.#playing;
  }

  /** Until paused, or done. */
  async play(rate: number): Promise<void> {
    this.#rate = rate;
    if (this.#playing) return;
    this.#playing = !this.#done;
    while (this.#playing) {
      await this.#iterate();
      if (!this.#playing || performance.now() - this.#shown > PICTURE) this.show();
      // Orders get a turn.
      await setTimeout(this.#rate > 0 ? 1000 / this.#rate : 0);
    }
    this.show();
  }

  pause(): void {
    this.#playing = false;
  }

  /** @param phase null for a whole iteration */
  async step(phase: string | null): Promise<void> {
    if (phase === null) await this.#iterate();
    else await this.#run.trainer.playPhase(phase);
    this.show();
  }

  /**
   * Goes on under other settings: this run ends with a checkpoint, and another begins with it.
   * @throws UsageError for what does not go together; this run goes on then
   */
  async change(terms: readonly string[], set: readonly string[]): Promise<void> {
    const { directory } = this.#run;
    const config = await composeConfig(directory.config as unknown as JsonObject, {
      with: terms.map(parseTerm),
      settings: set.map(parseSetting),
      strict: true,
    });
    await this.end();
    this.#follow(await forkRun(directory.path, undefined, config, await claimUnused(directory.path)));
    this.show();
  }

  /** Ends the run, with a checkpoint. */
  async end(): Promise<void> {
    this.#playing = false;
    this.#control.abort();
    while (!this.#done) await this.#iterate();
    await this.#run.trainer.close();
  }

  show(): void {
    const { trainer, directory } = this.#run;
    this.#show({
      run: basename(directory.path),
      iteration: trainer.iteration,
      steps: trainer.config.steps,
      playing: this.#playing,
      done: this.#done,
      ...viewOf(trainer),
      scalars: this.#scalars,
    });
    this.#shown = performance.now();
  }
}
