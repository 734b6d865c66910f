import { RunError, Trainer, UsageError, validateConfig } from "@gantry/gan";
import { isPoints } from "@gantry/gan/data";
import { scorePoints } from "@gantry/gan/metrics";
import type { Discriminator } from "@gantry/gan/nets";
import type { Cell } from "@gantry/gan/sweep";
import { noGrad, scope, torch } from "@gantry/torch";

/** Samples that are judged, as in PacGAN's experiments. */
export const JUDGED = 2500;
/** Times at which samples are drawn and judged on the way, the end included. */
const SNAPSHOTS = 5;
/** Points of a snapshot that are kept for the pictures. */
const SHOWN = 600;
/** Times at which D's scores of real points are taken. */
const SCORE_TIMES = 60;
/** Real points of each mode whose scores are averaged, as in the adaptive-weights paper. */
export const SCORED = 100;
/** The seed whose samples are shown. */
export const SHOWN_SEED = 0;
/** Latents of the judged samples; not the training's. */
const SAMPLE_SEED = 77;

/** How well the samples are spread, at one time. */
export interface Scores {
  readonly iteration: number;
  readonly modes: number;
  readonly highQuality: number;
  readonly reverseKl: number;
}

export interface Result {
  readonly curve: readonly Scores[];
  /** Seconds of training, on a machine that may have had other work. */
  readonly seconds: number;
  /** Generated points at the same times; only of the seed that is shown. */
  readonly snapshots: readonly { readonly iteration: number; readonly points: readonly number[] }[];
  /** Mean of sigmoid(D(x)) over real points of each mode, where D judges points alone. */
  readonly realScores: readonly { readonly iteration: number; readonly means: readonly number[] }[];
}

const REAL_SCORED = new Set(["gan", "adaptive-weights"]);

export async function measure(cell: Cell): Promise<Result> {
  const config = await validateConfig(cell.work.config);
  const trainer = await Trainer.create(config);
  try {
    const { dataset } = trainer;
    if (!isPoints(dataset)) throw new UsageError("this study is about points");
    const { modes } = dataset;
    const evenly = (count: number) =>
      new Set(
        Array.from({ length: count }, (_, i) => Math.max(1, Math.round((config.steps * (i + 1)) / count))),
      );
    const snapshotTimes = evenly(SNAPSHOTS);
    const scoreTimes = REAL_SCORED.has(cell.method) ? evenly(SCORE_TIMES) : new Set<number>();
    const looked = Array.from({ length: Math.min(dataset.count, 2 * SCORED * modes.length) }, (_, i) => i);
    const labels = dataset.labels(looked) ?? [];
    const reals = modes.map((_, mode) => looked.filter((i) => labels[i] === mode).slice(0, SCORED));
    const curve: Scores[] = [];
    const snapshots: { iteration: number; points: number[] }[] = [];
    const realScores: { iteration: number; means: number[] }[] = [];
    let seconds = 0;
    for await (const report of trainer.run()) {
      const { iteration } = report;
      seconds += report.seconds;
      if (snapshotTimes.has(iteration)) {
        const samples = sample(trainer);
        if (!samples.every(Number.isFinite))
          throw new RunError(`samples are not finite at iteration ${iteration}`);
        const scores = scorePoints(samples, modes);
        curve.push({
          iteration,
          modes: scores.modesCovered,
          highQuality: scores.highQuality,
          reverseKl: scores.reverseKl,
        });
        if (cell.seed === SHOWN_SEED)
          snapshots.push({
            iteration,
            points: Array.from(samples.subarray(0, 2 * SHOWN), (x) => Math.round(x * 1000) / 1000),
          });
      }
      if (scoreTimes.has(iteration)) {
        const means = reals.map((indices) => meanScore(trainer, dataset.read(indices) as Float32Array));
        realScores.push({ iteration, means });
      }
    }
    return { curve, seconds: Math.round(seconds * 10) / 10, snapshots, realScores };
  } finally {
    await trainer.close();
  }
}

function sample(trainer: Trainer): Float32Array {
  return scope(() => trainer.generate({ count: JUDGED, seed: SAMPLE_SEED }).toTypedArray() as Float32Array);
}

/** Mean of sigmoid(D(x)), to four digits. */
function meanScore(trainer: Trainer, points: Float32Array): number {
  const discriminator = trainer.game.network<Discriminator>("discriminator");
  const mean = noGrad(() =>
    scope(() => {
      const image = torch.fromTypedArray(points, [points.length / 2, 2]);
      const seen = { image, label: undefined };
      return discriminator.score(discriminator.features(seen), seen).sigmoid().mean().item();
    }),
  );
  return Math.round(mean * 1e4) / 1e4;
}
