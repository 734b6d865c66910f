import { type Dataset, dataContext } from "@gantry/gan/data";
import {
  accuraciesOf,
  datasetImages,
  type ImageSource,
  type JudgedBatch,
  judge,
  learned,
  memoryImages,
} from "@gantry/gan/metrics";
import { type Cell, spread } from "@gantry/gan/sweep";
import { openCifar10 } from "../engine/cifar10.js";
import type { Workplace } from "../engine/study.js";

/** What a cell is given to do, beside its seed. Plain JSON. */
export interface Work {
  /** Training steps of the network. */
  readonly steps: number;
  /** Images told apart at a time. */
  readonly batch: number;
  /** Test images of each class. */
  readonly each: number;
  /** How many times one image is repeated; a multiple of `batch`. */
  readonly copies: number;
}

/** As in the public code: by equation 4 no accuracy could exceed 1.6 %, and little would be seen in tables. */
const rivals = "others";

/** Accuracies, 0 to 1. */
export interface Result {
  readonly classes: readonly string[];
  /** Of test images of all classes. */
  readonly all: number;
  /** Of each class alone. */
  readonly alone: readonly number[];
  /** Of each class's images in the batches of all classes. */
  readonly among: readonly number[];
  /** Of single images, repeated: the first three test images. */
  readonly copies: readonly number[];
  /** Of as many training images of all classes, on which the network learned. */
  readonly train: number;
}

const mean = (batches: readonly JudgedBatch[]): number => spread(accuraciesOf(batches)).mean;

/** Trains the network on training images, and asks it about test images. */
export async function measureOn(
  train: Dataset,
  test: Dataset,
  { steps, batch, each, copies }: Work,
  seed: number,
  tell: (message: string) => void,
): Promise<Result> {
  const classes = test.classes ?? [];
  const labels = test.labels(Uint32Array.from({ length: test.count }, (_, item) => item))!;
  const byClass = classes.map((_, number) => {
    const items = labels.reduce<number[]>((found, label, item) => {
      if (label === number && found.length < each) found.push(item);
      return found;
    }, []);
    if (items.length < each)
      throw new RangeError(`${items.length} images of ${classes[number]} are fewer than ${each}`);
    return items;
  });
  const images = (name: string, items: readonly number[]): ImageSource =>
    memoryImages(name, test.read(items) as Uint8Array, test.shape as [number, number, number]);
  let told = performance.now();
  const real = datasetImages(train);
  const contrast = await learned(
    real,
    { steps, batch, seed, rivals },
    {
      home: dataContext().home,
      onProgress(share) {
        if (performance.now() - told < 30_000) return;
        told = performance.now();
        // Learning is the first four fifths of the metric.
        tell(`learning: ${Math.floor((100 * share) / 0.8)} %`);
      },
    },
  );
  try {
    const asked = (source: ImageSource, count = source.count) =>
      judge(contrast, source, { batch, seed, rivals, count }, async () => {});
    const every = byClass.flat();
    const together = await asked(images("all", every));
    const sums = classes.map(() => ({ sum: 0, count: 0 }));
    for (const { indices, accuracies } of together)
      for (const [place, index] of indices.entries()) {
        const own = sums[Math.floor(index / each)]!;
        own.sum += accuracies[place]!;
        own.count++;
      }
    const alone: number[] = [];
    for (const [number, items] of byClass.entries())
      alone.push(mean(await asked(images(classes[number]!, items))));
    const single: number[] = [];
    for (const item of [0, 1, 2])
      single.push(mean(await asked(images("one", new Array<number>(copies).fill(item)))));
    return {
      classes,
      all: mean(together),
      alone,
      among: sums.map(({ sum, count }) => sum / count),
      copies: single,
      train: mean(await asked(real, Math.min(real.count, every.length))),
    };
  } finally {
    contrast.dispose();
  }
}

/** Measures on CIFAR-10. */
export async function measure(cell: Cell, { tell }: Workplace): Promise<Result> {
  const work = cell.work as unknown as Work;
  const train = await openCifar10("train", 600);
  const test = await openCifar10("test", 10 * work.each);
  return await measureOn(train, test, work, cell.seed, tell);
}
