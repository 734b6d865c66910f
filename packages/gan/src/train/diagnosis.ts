import type { EventFileWriter } from "@gantry/formats";
import { timed } from "@gantry/torch";
import { shapeOf } from "../core/nets/sample.js";
import type { RunDirectory } from "../core/run/directory.js";
import { type Found, Watch } from "../evaluation/diagnose/diagnose.js";
import { findings } from "../evaluation/diagnose/finding.js";
import type { History, Reading } from "../evaluation/diagnose/history.js";
import { findingEvent, historyOf, readingEvent, toldIn } from "../evaluation/diagnose/records.js";
import { readingEvery, SignalMeter } from "../evaluation/diagnose/signals.js";
import type { StepReport, Trainer } from "./trainer.js";

/** Weights of D; 0 where there is none. */
export const discriminatorWeights = ({ game }: Pick<Trainer, "game">): number =>
  game.has("discriminator")
    ? game
        .network("discriminator")
        .parameters()
        .reduce((sum, { numel }) => sum + numel, 0)
    : 0;

/** Looks at a training as it goes on: measures signals seldom, and says what is wrong once. */
export class TrainingDiagnosis {
  readonly #trainer: Trainer;
  readonly #run: RunDirectory;
  readonly #board: EventFileWriter;
  readonly #watch: Watch;
  readonly #every: number;
  readonly #readings: Reading[];
  readonly #curves: Map<string, { iterations: number[]; values: number[] }>;
  #meter: SignalMeter | undefined;

  private constructor(
    trainer: Trainer,
    run: RunDirectory,
    board: EventFileWriter,
    watch: Watch,
    history: History,
  ) {
    this.#trainer = trainer;
    this.#run = run;
    this.#board = board;
    this.#watch = watch;
    this.#every = readingEvery(trainer.config, trainer.dataset.kind);
    this.#readings = [...history.readings];
    this.#curves = new Map(
      [...history.curves].map(([name, { iterations, values }]) => [
        name,
        { iterations: [...iterations], values: [...values] },
      ]),
    );
  }

  /** @param run its records up to the trainer's iteration are taken over: a run that is resumed is judged as a whole */
  static async open(trainer: Trainer, run: RunDirectory, board: EventFileWriter): Promise<TrainingDiagnosis> {
    const watch = await Watch.open();
    const past = trainer.iteration > 0 ? trainer.iteration : -1;
    const known = await findings.all();
    for (const found of toldIn(await run.readEvents(), known))
      if (found.noticed <= past) watch.restore(found);
    return new TrainingDiagnosis(trainer, run, board, watch, await historyOf(run, past));
  }

  /** All that was found so far. */
  get found(): readonly Found[] {
    return this.#watch.found;
  }

  /** What of the data is trouble; nothing for a training that goes on. */
  async begin(): Promise<readonly Found[]> {
    const { dataset, config, iteration } = this.#trainer;
    if (iteration > 0) return [];
    return await this.#keep(this.#watch.examine(dataset, config, discriminatorWeights(this.#trainer)));
  }

  /** What is new after an iteration. */
  async after({ iteration, scalars, steps }: StepReport): Promise<readonly Found[]> {
    for (const [name, value] of Object.entries(scalars ?? {})) {
      let curve = this.#curves.get(name);
      if (curve === undefined) {
        curve = { iterations: [], values: [] };
        this.#curves.set(name, curve);
      }
      curve.iterations.push(iteration);
      curve.values.push(value);
    }
    if (iteration % this.#every !== 0 && iteration !== steps) return [];
    const reading = timed("part", "signals", () => {
      this.#meter ??= new SignalMeter(this.#trainer);
      return this.#meter.read();
    });
    this.#readings.push(reading);
    await this.#run.append(readingEvent(reading));
    for (const [name, value] of Object.entries(reading.signals))
      this.#board.scalar(`signals/${name}`, iteration, value);
    const { config, dataset } = this.#trainer;
    return await this.#keep(
      this.#watch.look({
        config,
        data: { ...shapeOf(dataset), count: dataset.count },
        readings: this.#readings,
        curves: this.#curves,
        iteration,
      }),
    );
  }

  async #keep(told: readonly Found[]): Promise<readonly Found[]> {
    for (const found of told) {
      await this.#run.append(findingEvent(found));
      this.#board.scalar(`findings/${found.finding.name}`, found.noticed, 1);
    }
    return told;
  }

  close(): void {
    this.#meter?.close();
  }
}
