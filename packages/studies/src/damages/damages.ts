import type { Named } from "@gantry/gan";
import { type Dataset, MemoryDataset, type MemoryParts, sharedBytes } from "@gantry/gan/data";
import { noGrad, RandomGenerator, scope, torch } from "@gantry/torch";

/** Standard deviation of the blur, in pixels. */
const BLUR = 1;
/** Standard deviation of the noise, of bytes. */
const NOISE = 25.5;
/** Classes that are left out. */
const LEFT_OUT = ["airplane", "cat", "horse"];
/** Each image stands for so many: 90 % are copies. */
const COPIES = 10;

/** Images at hand to make a damaged set of. */
export interface Pool {
  /** Of training images that the reference has none of, in random order, so many that some may be passed over. */
  readonly train: Dataset;
  readonly indices: Uint32Array;
  readonly test: Dataset;
}

/** One set to be judged. */
export interface Damage extends Named {
  /** Only where it is asked for. */
  readonly optional?: boolean;
  /**
   * @param count images
   * @param seed of whatever is drawn
   * @returns N*C*H*W bytes
   */
  make(pool: Pool, count: number, seed: number): Uint8Array;
  /** The classes that it leaves out, by number, where it leaves out classes. */
  readonly leftOut?: (train: Dataset, seed: number) => readonly number[];
}

const first = (dataset: Dataset, indices: Uint32Array): Uint8Array => dataset.read(indices) as Uint8Array;

/** Gaussian weights to 3 standard deviations, of sum 1. */
function kernel(sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Where rows come from when the first and the last go on for `radius` more. Inside a scope(). */
const edges = (extent: number, radius: number) =>
  torch.fromTypedArray(
    BigInt64Array.from({ length: extent + 2 * radius }, (_, i) =>
      BigInt(Math.min(extent - 1, Math.max(0, i - radius))),
    ),
  );

/**
 * Images blurred along both axes; outside, the edge goes on.
 * @param shape [C,H,W]
 */
export function blurred(images: Uint8Array, shape: readonly number[], sigma = BLUR): Uint8Array {
  const [channels = 0, height = 0, width = 0] = shape;
  const planes = images.length / (height * width);
  const weights = kernel(sigma);
  const radius = (weights.length - 1) / 2;
  const out = new Uint8Array(images.length);
  const piece = 1024 * channels;
  for (let start = 0; start < planes; start += piece) {
    const count = Math.min(piece, planes - start);
    const area = height * width;
    const bytes = images.subarray(start * area, (start + count) * area);
    const found = noGrad(() =>
      scope(() => {
        const input = torch.fromTypedArray(bytes, [count, 1, height, width]).to({ dtype: "float32" });
        const padded = input.indexSelect(2, edges(height, radius)).indexSelect(3, edges(width, radius));
        const across = torch.conv2d(padded, torch.fromTypedArray(weights, [1, 1, 1, weights.length]));
        const both = torch.conv2d(across, torch.fromTypedArray(weights, [1, 1, weights.length, 1]));
        return both.round().clamp(0, 255).to({ dtype: "uint8" }).toTypedArray() as Uint8Array;
      }),
    );
    out.set(found, start * area);
  }
  return out;
}

/** Images with Gaussian noise on every byte. */
export function noisy(images: Uint8Array, seed: number, deviation = NOISE): Uint8Array {
  const generator = new RandomGenerator(seed);
  const out = new Uint8Array(images.length);
  const piece = 1 << 22;
  for (let start = 0; start < images.length; start += piece) {
    const bytes = images.subarray(start, start + piece);
    const found = noGrad(() =>
      scope(() => {
        const noise = torch.randn([bytes.length], { generator }).mul(deviation);
        const sum = torch.fromTypedArray(bytes).to({ dtype: "float32" }).add(noise);
        return sum.round().clamp(0, 255).to({ dtype: "uint8" }).toTypedArray() as Uint8Array;
      }),
    );
    out.set(found, start);
  }
  return out;
}

const leavingOut = (damage: Omit<Damage, "make"> & Pick<Required<Damage>, "leftOut">): Damage => ({
  ...damage,
  make({ train, indices }, count, seed) {
    const labels = train.labels(indices);
    const left = new Set(damage.leftOut(train, seed));
    const kept = indices.filter((_, place) => !left.has(labels?.[place] ?? -1));
    if (kept.length < count) throw new RangeError(`${kept.length} images are fewer than ${count}`);
    return first(train, kept.subarray(0, count));
  },
});

export const damages: readonly Damage[] = [
  {
    name: "none",
    summary: "other training images, as they are",
    make: ({ train, indices }, count) => first(train, indices.subarray(0, count)),
  },
  {
    name: "test",
    summary: "test images, as they are",
    make: ({ test }, count) =>
      first(
        test,
        Uint32Array.from({ length: count }, (_, i) => i),
      ),
  },
  {
    name: "blur",
    summary: `Gaussian blur, standard deviation ${BLUR} pixel`,
    make: ({ train, indices }, count) => blurred(first(train, indices.subarray(0, count)), train.shape),
  },
  {
    name: "noise",
    summary: `Gaussian noise on every byte, standard deviation ${NOISE} of 255`,
    make: ({ train, indices }, count, seed) => noisy(first(train, indices.subarray(0, count)), seed),
  },
  leavingOut({
    name: "classes",
    summary: `three of ten classes left out: ${LEFT_OUT.join(", ")}`,
    leftOut: ({ classes }) => LEFT_OUT.map((name) => classes?.indexOf(name) ?? -1),
  }),
  leavingOut({
    name: "one-class",
    optional: true,
    summary: "one of ten classes left out: with the seeds 0, 1, 2 the classes 1, 4, 7, counted from 0",
    leftOut: (_, seed) => [(3 * seed + 1) % 10],
  }),
  leavingOut({
    name: "two-classes",
    optional: true,
    summary: "two of ten classes left out: with the seeds 0, 1, 2 the classes 0 and 5, 3 and 8, 6 and 1",
    leftOut: (_, seed) => [(3 * seed) % 10, (3 * seed + 5) % 10],
  }),
  {
    name: "duplicates",
    summary: `90 % duplicates: every image stands for ${COPIES}`,
    make({ train, indices }, count) {
      const few = Math.ceil(count / COPIES);
      return first(
        train,
        Uint32Array.from({ length: count }, (_, i) => indices[i % few]!),
      );
    },
  },
];

/** Bytes as a data set, with the labels of its images or without any. */
export function asDataset(
  name: string,
  data: Uint8Array,
  shape: readonly number[],
  known: Pick<MemoryParts, "classes" | "labels"> = {},
): Dataset {
  const shared = sharedBytes(data.length);
  shared.set(data);
  const record = shape.reduce((product, extent) => product * extent, 1);
  const items = { data: shared, record, parts: 1, table: undefined };
  return new MemoryDataset({ name, kind: "images", shape, items, ...known });
}
