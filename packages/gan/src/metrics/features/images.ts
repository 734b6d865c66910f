import { noGrad, scope, type Tensor } from "@gantry/torch";
import type { Dataset } from "../../data/dataset.js";
import { Random } from "../../data/random.js";
import { UsageError } from "../../errors.js";

/** Images to evaluate, all of one shape, read in order. */
export interface ImageSource {
  /** What to call it in messages. */
  readonly name: string;
  readonly count: number;
  readonly shape: readonly [channels: number, height: number, width: number];
  /**
   * Equal only for the same images in the same order: what is computed from them may be kept. Undefined for images that
   * are made anew each time.
   */
  readonly digest: string | undefined;
  /** How numbers became bytes; see {@link Quantisation}. `none` where they were bytes. */
  readonly quantisation: string;
  /** How many of these make up one sample, where they are its parts. Default 1. */
  readonly parts?: number;
  /** The images from `start` to before `end`: N*C*H*W bytes. Sources without a digest are read once, in order. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** How images in [-1, 1] become bytes. */
export interface Quantisation {
  /**
   * `clip` (default): -1 is 0 and 1 is 255, beyond is cut off. `stretch`: the least number of the batch is 0 and the
   * largest 255, as Mimicry does; scores then depend on the batch.
   */
  readonly range?: "clip" | "stretch";
  /** `nearest` (default) brings bytes back exactly; `floor` is what torch-fidelity's example generator does. */
  readonly rounding?: "nearest" | "floor";
}

export const describeQuantisation = ({ range = "clip", rounding = "nearest" }: Quantisation): string =>
  `${range}, ${rounding}`;

/**
 * Images as bytes.
 * @param images of any float type, values -1 to 1
 * @returns uint8 of the same shape. NaN becomes 0.
 */
export function quantise(
  images: Tensor,
  { range = "clip", rounding = "nearest" }: Quantisation = {},
): Tensor {
  return noGrad(() =>
    scope(() => {
      const exact = images.detach().to({ dtype: "float32" });
      const finite = exact.maskedFill(exact.isnan(), -1);
      let unit = finite.add(1).div(2);
      if (range === "stretch") {
        const least = finite.min();
        unit = finite.sub(least).div(finite.max().sub(least).clampMin(1e-5));
      }
      const scaled = unit.mul(255).clamp(0, 255);
      return (rounding === "nearest" ? scaled.round() : scaled.floor()).to({ dtype: "uint8" });
    }),
  );
}

export interface SelectionOptions {
  /** How many; default all. */
  readonly count?: number | undefined;
  /** Which: the first ones, or (with a seed) ones drawn without replacement. Default undefined: the first. */
  readonly seed?: number | undefined;
}

/**
 * Images of a data set.
 * @throws {UsageError} points, or more images than there are
 */
export function datasetImages(
  dataset: Dataset,
  { count = dataset.count, seed }: SelectionOptions = {},
): ImageSource {
  const [channels, height, width] = dataset.shape;
  if (dataset.kind !== "images" || channels === undefined || height === undefined || width === undefined)
    throw new UsageError(`${dataset.name} holds points, not images`);
  if (count > dataset.count)
    throw new UsageError(`${dataset.name} has ${dataset.count} images, fewer than the ${count} asked for`);
  const order =
    seed === undefined
      ? Uint32Array.from({ length: count }, (_, i) => i)
      : shuffled(dataset.count, seed).subarray(0, count);
  const which = seed === undefined ? `first ${count}` : `${count} of seed ${seed}`;
  return {
    name: dataset.name,
    count,
    shape: [channels, height, width],
    get digest() {
      return `${dataset.digest}, ${which}`;
    },
    quantisation: "none",
    read: (start, end) => dataset.read(order.subarray(start, end)) as Uint8Array,
  };
}

function shuffled(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  new Random(seed).shuffle(order);
  return order;
}

/**
 * Images that a generator makes when they are read.
 * @param generate makes N,C,H,W images in [-1, 1], and owns none of them afterwards
 * @param batch images made at a time. Default 64.
 */
export function generatedImages(
  name: string,
  {
    count,
    shape,
    generate,
    batch = 64,
    quantisation = {},
  }: {
    readonly count: number;
    readonly shape: ImageSource["shape"];
    readonly generate: (count: number) => Tensor;
    readonly batch?: number;
    readonly quantisation?: Quantisation;
  },
): ImageSource {
  return {
    name,
    count,
    shape,
    digest: undefined,
    quantisation: describeQuantisation(quantisation),
    read(start, end) {
      const size = shape[0] * shape[1] * shape[2];
      const out = new Uint8Array((end - start) * size);
      for (let at = 0; at < end - start; at += batch) {
        const length = Math.min(batch, end - start - at);
        const bytes = noGrad(() =>
          scope(() => quantise(generate(length), quantisation).contiguous().toTypedArray() as Uint8Array),
        );
        if (bytes.length !== length * size)
          throw new TypeError(`${name} made ${bytes.length} bytes for ${length} images of [${shape}]`);
        out.set(bytes, at * size);
      }
      return out;
    },
  };
}

/** Images in memory: `data` is kept, not copied. Throws {@link UsageError} where it is not whole images, or none. */
export function memoryImages(
  name: string,
  data: Uint8Array,
  shape: ImageSource["shape"],
  digest?: string,
): ImageSource {
  const size = shape[0] * shape[1] * shape[2];
  const count = data.length / size;
  if (!Number.isInteger(count) || count === 0)
    throw new UsageError(`${name}: ${data.length} bytes are no images of ${shape.join(" x ")}`);
  return {
    name,
    count,
    shape,
    digest,
    quantisation: "none",
    read: (start, end) => data.subarray(start * size, end * size),
  };
}
