// A GAN of points in the plane, trained and looked at on the way.
import { type Config, RunError, Trainer, UsageError } from "@gantry/gan";
import { isPoints } from "@gantry/gan/data";
import { countPoints } from "@gantry/gan/figures";
import { scorePoints } from "@gantry/gan/metrics";
import type { Discriminator } from "@gantry/gan/nets";
import { noGrad, scope, torch } from "@gantry/torch";

/** What was seen at one time. */
export interface Look {
  readonly iteration: number;
  readonly modes: number;
  /** Share of samples within three standard deviations of a mode. */
  readonly highQuality: number;
  readonly reverseKl: number;
  /** Mean logit of D over real points of each mode. */
  readonly logits: readonly number[];
  /** Generated points counted over the plane, rows from the top; only where asked for. */
  readonly heat?: readonly (readonly number[])[];
}

export interface LookOptions {
  /** Iterations between looks; the last is looked at in any case. */
  readonly every: number;
  /** Samples that are judged. */
  readonly judged: number;
  /** Real points of each mode whose logits are averaged. */
  readonly scored: number;
  /** The heat map's plane, from -limit to limit; undefined for none. */
  readonly limit?: number | undefined;
}

/** Fields of a heat map along each side. */
const FIELDS = 48;
/** Latents of the judged samples; not the training's. */
const SAMPLE_SEED = 77;

/** Four digits: results are kept as text. */
const brief = (value: number) => Number(value.toPrecision(4));

/**
 * Trains a configuration of points to its end.
 * @throws RunError where samples are not finite any more
 */
export async function trainOnPoints(config: Config, options: LookOptions): Promise<Look[]> {
  const { every, judged, scored, limit } = options;
  const trainer = await Trainer.create(config);
  try {
    const { dataset } = trainer;
    if (!isPoints(dataset)) throw new UsageError("this study is about points");
    const { modes } = dataset;
    const some = Array.from({ length: Math.min(dataset.count, 3 * scored * modes.length) }, (_, i) => i);
    const labels = dataset.labels(some) ?? [];
    const reals = modes.map((_, mode) =>
      dataset.read(some.filter((i) => labels[i] === mode).slice(0, scored)),
    );
    const looks: Look[] = [];
    for await (const { iteration } of trainer.run()) {
      if (iteration % every !== 0 && iteration !== config.steps) continue;
      const samples = scope(
        () => trainer.generate({ count: judged, seed: SAMPLE_SEED }).toTypedArray() as Float32Array,
      );
      if (!samples.every(Number.isFinite))
        throw new RunError(`samples are not finite at iteration ${iteration}`);
      const { modesCovered, highQuality, reverseKl } = scorePoints(samples, modes);
      looks.push({
        iteration,
        modes: modesCovered,
        highQuality: brief(highQuality),
        reverseKl: brief(reverseKl),
        logits: reals.map((points) => brief(meanLogit(trainer, points as Float32Array))),
        ...(limit === undefined ? {} : { heat: countPoints(samples, limit, FIELDS) }),
      });
    }
    return looks;
  } finally {
    await trainer.close();
  }
}

function meanLogit({ game }: Trainer, points: Float32Array): number {
  const discriminator = game.network<Discriminator>("discriminator");
  return noGrad(() =>
    scope(() => {
      const seen = { image: torch.fromTypedArray(points, [points.length / 2, 2]), label: undefined };
      return discriminator.score(discriminator.features(seen), seen).mean().item();
    }),
  );
}

/** Points of a mixture's modes as a heat map shows them: what a perfect generator would make. */
export function targetHeat(means: readonly (readonly number[])[], std: number, limit: number): number[][] {
  const step = (2 * limit) / FIELDS;
  return Array.from({ length: FIELDS }, (_, row) =>
    Array.from({ length: FIELDS }, (_, column) => {
      const [x, y] = [-limit + (column + 0.5) * step, limit - (row + 0.5) * step];
      // A mode narrower than a field would be seen or not by chance.
      const wide = Math.max(std, step / 2);
      return means.reduce((sum, [mx = 0, my = 0]) => {
        return sum + Math.exp(-((x - mx) ** 2 + (y - my) ** 2) / (2 * wide ** 2));
      }, 0);
    }),
  );
}

/** Means of a ring's modes. */
export const ringMeans = (modes: number, radius: number): number[][] =>
  Array.from({ length: modes }, (_, mode) => {
    const angle = (2 * Math.PI * mode) / modes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
