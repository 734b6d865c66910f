import { basename, join } from "node:path";
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

/** A training in the lab: an ordinary run, of which each iteration waits to be asked for. */
export class LabTraining {
  readonly #folder: string;
  #run!: Run;
  #reports!: AsyncIterator<unknown>;
  #control = new AbortController();
  #scalars: Record<string, number> = {};
  #done = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get iteration(): number {
    return this.#run.trainer.iteration;
  }

  get isDone(): boolean {
    return this.#done;
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
  }

  #follow(run: Run): void {
    this.#run = run;
    this.#control = new AbortController();
    this.#reports = run.reports({ signal: this.#control.signal })[Symbol.asyncIterator]();
    this.#done = false;
  }

  async iterate(): Promise<void> {
    const { done, value } = await this.#reports.next();
    const scalars = (value as { scalars?: Record<string, number> } | undefined)?.scalars;
    if (scalars !== undefined) this.#scalars = scalars;
    if (done) this.#done = true;
    // After the last there is but the end.
    else if (this.iteration >= this.#run.trainer.config.steps) await this.iterate();
  }

  async step(phase: string): Promise<void> {
    await this.#run.trainer.playPhase(phase);
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
  }

  /** Ends the run, with a checkpoint. */
  async end(): Promise<void> {
    this.#control.abort();
    while (!this.#done) await this.iterate();
    await this.#run.trainer.close();
  }

  /** What is to be seen of it now. */
  frame(): LabFrame {
    const { trainer, directory } = this.#run;
    return {
      run: basename(directory.path),
      iteration: trainer.iteration,
      steps: trainer.config.steps,
      done: this.#done,
      ...viewOf(trainer),
      scalars: this.#scalars,
    };
  }
}
