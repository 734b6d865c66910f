// Images by their nearest training images: a judge that needs no training.
import type { Dataset } from "@gantry/gan/data";
import { noGrad, scope, type Tensor, torch } from "@gantry/torch";

/** The nearest of some images, by the Euclidean distance of pixels in [-1, 1]. */
export interface Nearest {
  /** To the nearest one, one each. */
  readonly distances: readonly number[];
  /** Its place. */
  readonly places: readonly number[];
}

/** Pictures compared at once. */
const PIECE = 256;

/** Images of a data set as numbers in [-1, 1], one after the other. */
export const numbersOf = (dataset: Dataset, chosen: readonly number[]): Float32Array =>
  Float32Array.from(dataset.read(chosen), (byte) => byte / 127.5 - 1);

/**
 * @param size numbers of an image
 * @param images, known one after the other
 */
export function nearestOf(images: Float32Array, known: Float32Array, size: number): Nearest {
  const distances: number[] = [];
  const places: number[] = [];
  noGrad(() =>
    scope(() => {
      const all = torch.fromTypedArray(known, [known.length / size, size]);
      const squares: Tensor = all.square().sum([1]);
      for (let from = 0; from < images.length; from += PIECE * size) {
        const part = images.slice(from, from + PIECE * size);
        const [found, at] = scope(() => {
          const rows = torch.fromTypedArray(part, [part.length / size, size]);
          // |a - b|² without |a|², by which the order does not change.
          const [values, indices] = squares.sub(rows.mm(all.t()).mul(2)).neg().topk(1);
          const own = rows.square().sum([1]);
          const apart = own.sub(values.select(1, 0)).clamp(0, Number.POSITIVE_INFINITY).sqrt();
          return [apart.toNumbers(), indices.select(1, 0).toNumbers()] as const;
        });
        distances.push(...found);
        places.push(...at);
      }
    }),
  );
  return { distances, places };
}
