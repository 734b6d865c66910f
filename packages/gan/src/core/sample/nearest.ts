import { scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";

/** The image of a data set that is nearest to a sample. */
export interface NearestReal {
  /** Its number in the data set. */
  readonly index: number;
  /** Root mean square of the differences of their numbers, which go from -1 to 1. */
  readonly distance: number;
}

/** Images compared at a time: what is held of them is bounded. */
const BLOCK = 2048;

/**
 * The nearest images of a data set, pixel by pixel (Euclidean): whether a generator repeats what it has seen.
 * @param samples N*C*H*W numbers in [-1, 1]
 * @param onImages called with how many of the data set were compared
 * @throws UsageError for points, and for samples of another shape
 */
export function nearestReals(
  dataset: Dataset,
  samples: Float32Array,
  onImages: (done: number) => void = () => {},
): NearestReal[] {
  const size = dataset.shape.reduce((product, extent) => product * extent, 1);
  const count = samples.length / size;
  if (dataset.kind !== "images" || !Number.isInteger(count))
    throw new UsageError(`${dataset.name}: its items are not images of the samples' shape`);
  const best = Array.from({ length: count }, () => ({ index: -1, square: Number.POSITIVE_INFINITY }));
  const squares = (rows: Tensor) => rows.mul(rows).sum([1]);
  for (let from = 0; from < dataset.count; from += BLOCK) {
    const length = Math.min(BLOCK, dataset.count - from);
    const bytes = dataset.read(Uint32Array.from({ length }, (_, i) => from + i)) as Uint8Array;
    const found = scope(() => {
      const real = torch
        .fromTypedArray(bytes, [length, size])
        .toCopy({ dtype: "float32" })
        .mul_(2 / 255)
        .sub_(1);
      const fake = torch.fromTypedArray(samples, [count, size]);
      // |x - y|^2 = |x|^2 - 2xy + |y|^2.
      const distances = fake.matmul(real.t()).mul_(-2).add_(squares(real)).add_(squares(fake).unsqueeze(1));
      return distances.toTypedArray() as Float32Array;
    });
    for (const [i, nearest] of best.entries())
      for (let j = 0; j < length; j++) {
        const square = found[i * length + j] as number;
        if (square < nearest.square) best[i] = Object.assign(nearest, { index: from + j, square });
      }
    onImages(from + length);
  }
  return best.map(({ index, square }) => ({ index, distance: Math.sqrt(Math.max(0, square) / size) }));
}
