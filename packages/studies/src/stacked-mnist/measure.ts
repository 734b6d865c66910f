import { setImmediate } from "node:timers/promises";
import { pngGrid } from "@gantry/formats";
import { type Config, type Trainer, toBytes, validateConfig } from "@gantry/gan";
import { openDataset } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { scope } from "@gantry/torch";
import { goOn, processorSeconds, type Standing, saveStanding } from "../engine/standing.js";
import type { Workplace } from "../engine/study.js";
import { Judge, MODES, type Verdict } from "./judge.js";

/** Samples that are judged on the way, where they only show how it goes. */
export const GLANCED = 5000;
/** Times at which samples are judged, the end included. */
const TIMES = 6;
/** Samples that are made at once. */
const PIECE = 1000;
/** Latents of the judged samples; not the training's. */
const SAMPLE_SEED = 7700;
/** Images of the picture: 10 rows of 10. */
const SHOWN = 100;
/** Processor seconds between checkpoints. */
const CHECKPOINT = 120;

/** What a cell is given to do, beside its seed. */
export interface Work {
  /** Of the training; null where real triples are judged. */
  readonly config: Config | null;
  /** Processor seconds that the training may take; null: all iterations of its configuration. */
  readonly seconds: number | null;
  /** That are judged at the end. */
  readonly samples: number;
}

/** The samples at one time. */
export interface Time extends Verdict {
  readonly iteration: number;
  /** Processor seconds of training until then. */
  readonly seconds: number;
}

export interface Result {
  /** Of the digit classifier, on MNIST's test images. */
  readonly accuracy: number;
  /** The last one is of the end; of real triples there is only that. */
  readonly curve: readonly Time[];
  /** A PNG picture of 100 samples, base64. */
  readonly grid: string;
}

interface TrainingStanding extends Standing {
  readonly seconds: number;
  readonly curve: readonly Time[];
}

/** Trains until the cell's time or iterations are over, judging samples on the way; goes on where it was killed. */
export async function measure(cell: Cell, workplace: Workplace): Promise<Result> {
  const { config, ...work } = cell.work as unknown as Work;
  const judge = await Judge.open();
  try {
    if (config === null) return await measureReal(cell.seed, work.samples, judge);
    return await measureTraining({ ...work, config: await validateConfig(config) }, judge, cell, workplace);
  } finally {
    judge.dispose();
  }
}

async function measureReal(seed: number, count: number, judge: Judge): Promise<Result> {
  const dataset = await openDataset({ name: "stacked-mnist", seed, count });
  const read = (from: number, to: number) =>
    dataset.read(Uint32Array.from({ length: to - from }, (_, i) => from + i)) as Uint8Array;
  const starts = Array.from({ length: Math.ceil(count / PIECE) }, (_, i) => i * PIECE);
  const verdict = judge.judge(starts.map((from) => read(from, Math.min(from + PIECE, count))));
  const curve = [{ iteration: 0, seconds: 0, ...verdict }];
  return { accuracy: judge.accuracy, curve, grid: await picture(read(0, Math.min(SHOWN, count))) };
}

async function measureTraining(
  { config, seconds: budget, samples: judged }: Work & { readonly config: Config },
  judge: Judge,
  cell: Cell,
  { folder, tell, signal }: Workplace,
): Promise<Result> {
  const { trainer, standing } = await goOn<TrainingStanding>(config, cell, folder);
  try {
    const curve = [...(standing?.curve ?? [])];
    let seconds = standing?.seconds ?? 0;
    let saved = seconds;
    const share = () => (budget === null ? trainer.iteration / config.steps : seconds / budget);
    const ended = () => trainer.iteration >= config.steps || (budget !== null && seconds >= budget);
    const look = (count: number) => {
      const time = { iteration: trainer.iteration, seconds: Math.round(seconds * 10) / 10 };
      curve.push({ ...time, ...judge.judge(samples(trainer, count)) });
      const { modes, kl } = curve.at(-1) as Time;
      tell(
        `iteration ${time.iteration}, ${time.seconds} s: ${modes} of ${MODES} modes, KL ${kl.toFixed(2)} (${count} samples)`,
      );
    };
    let looked = Math.floor(TIMES * share());
    if (!ended()) {
      let began = processorSeconds();
      for await (const _ of trainer.run()) {
        seconds += processorSeconds() - began;
        if (ended()) break;
        const time = Math.floor(TIMES * share());
        if (time > looked) look(Math.min(GLANCED, judged));
        // Training is one microtask after the other: without a pause it would not be heard that it is to end.
        await setImmediate();
        if (time > looked || seconds - saved >= CHECKPOINT || signal.aborted) {
          const standing: TrainingStanding = { of: cell, iteration: trainer.iteration, seconds, curve };
          await saveStanding(trainer, folder, standing);
          saved = seconds;
          signal.throwIfAborted();
        }
        looked = time;
        began = processorSeconds();
      }
    }
    look(judged);
    const shown = scope(() => toBytes(trainer.generate({ count: SHOWN, seed: SAMPLE_SEED })));
    return { accuracy: judge.accuracy, curve, grid: await picture(shown) };
  } finally {
    await trainer.close();
  }
}

/** Images of generated samples, piece by piece. */
function* samples(trainer: Trainer, count: number): Generator<Uint8Array> {
  for (let from = 0; from < count; from += PIECE)
    yield scope(() =>
      toBytes(trainer.generate({ count: Math.min(PIECE, count - from), seed: SAMPLE_SEED + from / PIECE })),
    );
}

async function picture(images: Uint8Array): Promise<string> {
  const png = await pngGrid({ data: images, shape: [3, 28, 28] }, { columns: 10 });
  return Buffer.from(png).toString("base64");
}
