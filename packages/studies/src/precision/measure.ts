import { setImmediate } from "node:timers/promises";
import { pngGrid } from "@gantry/formats";
import {
  type Config,
  evaluate,
  parseMetrics,
  RunError,
  type Trainer,
  toBytes,
  validateConfig,
} from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import { scope } from "@gantry/torch";
import { openCifar10 } from "../engine/cifar10.js";
import { goOn, processorSeconds, type Standing, saveStanding } from "../engine/standing.js";
import type { Workplace } from "../engine/study.js";

/** The network that images are judged through. */
export const NETWORK = "cifar10-cnn";
/** Latents of the judged images; not the training's. */
const SAMPLE_SEED = 7700;
/** Images of the picture: 5 rows of 10. */
const SHOWN = 50;
/** Iterations between checkpoints. */
const CHECKPOINT = 25;

/** What a cell is given to do, beside its seed. Plain JSON. */
export interface Work {
  /** Of the training, whose learning rate falls over all of its iterations. */
  readonly config: Config;
  /** Iterations to come to. */
  readonly until: number;
  /** Iterations between judgements. */
  readonly every: number;
  /** Images that are judged, and training images that the set must have. */
  readonly samples: number;
  readonly least: number;
}

/** The images at one time. */
export interface Time {
  readonly iteration: number;
  readonly fid: number;
  /** Processor seconds of training until then. */
  readonly seconds: number;
}

export interface Result {
  readonly curve: readonly Time[];
  /** Of the network, on its test images; null where it is not known. */
  readonly accuracy: number | null;
  /** A PNG picture of images at the end, base64. */
  readonly grid: string;
}

interface TrainingStanding extends Standing {
  readonly seconds: number;
  readonly curve: readonly Time[];
  readonly accuracy: number | null;
}

/**
 * Trains in one precision, judging images on the way; goes on where the same training was killed, or had ended earlier.
 * @throws RunError where it has gone further already
 */
export async function measure(cell: Cell, { folder, tell, signal }: Workplace): Promise<Result> {
  const { config: given, until, every, samples, least } = cell.work as unknown as Work;
  const config = await validateConfig(given);
  const dataset = await openCifar10("train", least);
  const of = { config, every, samples };
  const { trainer, standing } = await goOn<TrainingStanding>(config, of, folder, dataset);
  try {
    if (trainer.iteration > until)
      throw new RunError(
        `this training has come to iteration ${trainer.iteration} already: ask for as many or more, or name another folder`,
      );
    const curve = [...(standing?.curve ?? [])];
    let accuracy = standing?.accuracy ?? null;
    let seconds = standing?.seconds ?? 0;
    const judge = async () => {
      const report = await evaluate({
        subject: {
          kind: "generator",
          name: "the training's generator",
          data: dataset,
          begin: (seed) => {
            let next = seed + SAMPLE_SEED;
            return (count) => trainer.generate({ count, seed: next++ });
          },
        },
        against: { kind: "dataset", dataset },
        metrics: parseMetrics("fid"),
        network: NETWORK,
        samples,
      });
      accuracy = report.networks[0]?.accuracy ?? null;
      const time: Time = { iteration: trainer.iteration, fid: report.scores[0]!.value, seconds };
      curve.push(time);
      tell(
        `iteration ${time.iteration}: FID ${time.fid.toFixed(3)}, ${Math.round(seconds)} processor seconds`,
      );
    };
    const isDue = () => trainer.iteration % every === 0 || trainer.iteration === until;
    const save = async () => {
      const now: TrainingStanding = { of, iteration: trainer.iteration, seconds, curve, accuracy };
      await saveStanding(trainer, folder, now);
    };
    let began = processorSeconds();
    for await (const _ of trainer.run(until)) {
      seconds += processorSeconds() - began;
      if (isDue()) await judge();
      if (isDue() || trainer.iteration % CHECKPOINT === 0) await save();
      // Training is one microtask after the other: without a pause it would not be heard that the parent is gone.
      await setImmediate();
      if (signal.aborted) {
        await save();
        signal.throwIfAborted();
      }
      began = processorSeconds();
    }
    return { curve, accuracy, grid: await picture(trainer, dataset.shape as [number, number, number]) };
  } finally {
    await trainer.close();
  }
}

async function picture(trainer: Trainer, shape: [number, number, number]): Promise<string> {
  const data = scope(() => toBytes(trainer.generate({ count: SHOWN, seed: SAMPLE_SEED - 1 })));
  const png = await pngGrid({ data, shape }, { columns: 10, scale: 2 });
  return Buffer.from(png).toString("base64");
}
