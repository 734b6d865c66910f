import { type Config, openConfiguredData, Trainer, validateConfig } from "@gantry/gan";
import { type History, type Reading, SignalMeter, Watch } from "@gantry/gan/diagnose";
import type { Cell } from "@gantry/gan/sweep";
import { processorSeconds } from "../engine/standing.js";
import { type DataFault, spoilt } from "./faults.js";

/** What a cell is given to do, beside its seed. */
export interface Work {
  readonly config: Config;
  /** Null: the data is as it is, and is trained on. */
  readonly data: DataFault | null;
}

/** Readings of a training, so many. */
export const READINGS = 12;

/** What was told of a training. */
export interface Told {
  readonly name: string;
  /** The iteration it began; 0: of the data. */
  readonly began: number;
  /** The iteration it was told at. */
  readonly noticed: number;
  /** Whether it was seen to have passed by the end. */
  readonly passed: boolean;
}

export interface Result {
  readonly told: readonly Told[];
  /** Iterations trained. */
  readonly iterations: number;
  /** The last reading's. */
  readonly signals: Readonly<Record<string, number>>;
  /** Of the processor. */
  readonly seconds: number;
}

/** Trains and looks, as a training of `gantry train` does, at READINGS times. */
export async function measure(cell: Cell): Promise<Result> {
  const { config: given, data } = cell.work as unknown as Work;
  const began = processorSeconds();
  const config = await validateConfig(given);
  const opened = await openConfiguredData(config);
  const dataset = data === null ? opened : spoilt(opened, data, cell.seed);
  const trainer = await Trainer.create(config, undefined, dataset);
  const watch = await Watch.open();
  const weights = trainer.game
    .network("discriminator")
    .parameters()
    .reduce((sum, { numel }) => sum + numel, 0);
  watch.examine(dataset, config, weights);
  const readings: Reading[] = [];
  const curves = new Map<string, { iterations: number[]; values: number[] }>();
  const meter = data === null ? new SignalMeter(trainer) : undefined;
  try {
    const every = Math.round(config.steps / READINGS);
    if (meter !== undefined)
      for await (const { iteration, scalars = {} } of trainer.run()) {
        for (const [name, value] of Object.entries(scalars)) {
          const curve = curves.get(name) ?? { iterations: [], values: [] };
          curves.set(name, curve);
          curve.iterations.push(iteration);
          curve.values.push(value);
        }
        if (iteration % every !== 0) continue;
        readings.push(meter.read());
        const history: History = { config, data: undefined, readings, curves, iteration };
        watch.look(history);
      }
    return {
      told: watch.found.map(({ finding, evidence, noticed, until }) => ({
        name: finding.name,
        began: evidence.began,
        noticed,
        passed: until !== undefined,
      })),
      iterations: trainer.iteration,
      signals: readings.at(-1)?.signals ?? {},
      seconds: Math.round(10 * (processorSeconds() - began)) / 10,
    };
  } finally {
    meter?.close();
    await trainer.close();
  }
}
