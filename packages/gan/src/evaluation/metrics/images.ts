import { noGrad, scope, type Tensor } from "@gantry/torch";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import type { Dataset } from "../../core/data/dataset.js";
import { Random } from "../../core/data/random.js";

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
  /** Class numbers of the images in order, with the classes' names, where they are known. */
  readonly labels?: Int32Array | undefined;
  readonly classes?: readonly string[] | undefined;
  /** How many of these make up one sample, where they are its parts. Default 1. */
  readonly parts?: number;
  /** The images from `start` to before `end`: N*C*H*W bytes. Sources without a digest are read once, in order. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** How images in [-1, 1] become bytes. */
export interface Quantisation {
  /**
   * `clip` (default): -1 is 0 and 1 is 255, beyond is cut off. `stretch`: the least number of all images is 0 and the
   * largest 255, as kwotsin/mimicry does; an image's bytes then depend on the others.
   */
  readonly range?: "clip" | "stretch";
  /** `nearest` (default) brings bytes back exactly; `floor` is what torch-fidelity's example generator does. */
  readonly rounding?: "nearest" | "floor";
}

export const describeQuantisation = ({ range = "clip", rounding = "nearest" }: Quantisation): string =>
  `${range === "stretch" ? "stretch over all" : range}, ${rounding}`;

/** The least and the largest number of images: what `stretch` goes by. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** What NaN is taken for: black. */
const finite = (images: Tensor): Tensor => {
  const exact = images.detach().to({ dtype: "float32" });
  return exact.maskedFill(exact.isnan(), -1);
};

/** The span of images that come in parts. */
export function spanOf(parts: Iterable<Tensor>): Span {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const part of parts) {
    const [low, high] = noGrad(() =>
      scope(() => {
        const exact = finite(part);
        return [exact.min().item(), exact.max().item()] as const;
      }),
    );
    least = Math.min(least, low);
    most = Math.max(most, high);
  }
  return { least, most };
}

/**
 * Images as bytes.
 * @param images of any float type, values -1 to 1
 * @param span of all images, where these are only some, for `stretch`; default their own
 * @returns uint8 of the same shape. NaN becomes 0.
 */
export function quantise(
  images: Tensor,
  { range = "clip", rounding = "nearest" }: Quantisation = {},
  span?: Span,
): Tensor {
  return noGrad(() =>
    scope(() => {
      const exact = finite(images);
      if (range === "stretch") {
        const { least, most } = span ?? spanOf([exact]);
        // That code's own steps, its 1e-5 included: so are the bytes.
        const scaled = exact
          .sub(least)
          .div(most - least + 1e-5)
          .mul(255);
        const shifted = rounding === "nearest" ? scaled.add(0.5) : scaled;
        return shifted.clamp(0, 255).floor().to({ dtype: "uint8" });
      }
      const scaled = exact.add(1).div(2).mul(255).clamp(0, 255);
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
    throw new UsageError(
      `${dataset.name} has ${amount(dataset.count, "images")}, fewer than the ${count} asked for`,
    );
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
    get labels() {
      return dataset.labels(order);
    },
    classes: dataset.classes,
    read: (start, end) => dataset.read(order.subarray(start, end)) as Uint8Array,
  };
}

function shuffled(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  new Random(seed).shuffle(order);
  return order;
}

/**
 * Images that a generator makes when they are read; with `stretch` all are made once before, for their span.
 * @param options begin: begins the images; what it returns makes the next N,C,H,W in [-1, 1], and owns none of them afterwards.
 * batch: images made at a time, default 64
 */
export function generatedImages(
  name: string,
  {
    count,
    shape,
    begin,
    batch = 64,
    quantisation = {},
  }: {
    readonly count: number;
    readonly shape: ImageSource["shape"];
    readonly begin: () => (count: number) => Tensor;
    readonly batch?: number;
    readonly quantisation?: Quantisation;
  },
): ImageSource {
  let span: Span | undefined;
  let generate: ((count: number) => Tensor) | undefined;
  return {
    name,
    count,
    shape,
    digest: undefined,
    quantisation: describeQuantisation(quantisation),
    read(start, end) {
      if (generate === undefined && quantisation.range === "stretch")
        span = spanOf(allOf(begin(), count, batch));
      generate ??= begin();
      const next = generate;
      const size = shape[0] * shape[1] * shape[2];
      const out = new Uint8Array((end - start) * size);
      for (let at = 0; at < end - start; at += batch) {
        const length = Math.min(batch, end - start - at);
        const bytes = noGrad(() =>
          scope(() => quantise(next(length), quantisation, span).contiguous().toTypedArray() as Uint8Array),
        );
        if (bytes.length !== length * size)
          throw new TypeError(`${name} made ${bytes.length} bytes for ${length} images of [${shape}]`);
        out.set(bytes, at * size);
      }
      return out;
    },
  };
}

/** Every image that a generator makes, batch by batch; each is freed when the next is asked for. */
function* allOf(next: (count: number) => Tensor, count: number, batch: number): Generator<Tensor> {
  for (let at = 0; at < count; at += batch) {
    const images = noGrad(() => scope(() => next(Math.min(batch, count - at))));
    try {
      yield images;
    } finally {
      images.dispose();
    }
  }
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
