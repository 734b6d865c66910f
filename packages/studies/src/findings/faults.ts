import type { JsonObject } from "@gantry/gan";
import { type Dataset, MemoryDataset, Random } from "@gantry/gan/data";

/** What is made wrong with a training that else goes well. */
export interface Fault {
  readonly name: string;
  readonly summary: string;
  /** Settings laid over the healthy ones. */
  readonly settings?: readonly JsonObject[];
  /** Of the data: it is to be found before the first iteration, and nothing is trained. */
  readonly data?: DataFault;
  /** Problems it is made on, each with its number of seeds. */
  readonly on: Readonly<Record<string, number>>;
}

export type DataFault = "few" | "one-class" | "duplicated" | "scaled" | "shuffled";

const rates = (generator: number, discriminator: number): JsonObject => ({
  optimizers: {
    generator: { kind: "adam", learningRate: generator },
    discriminator: { kind: "adam", learningRate: discriminator },
  },
});

export const faults: readonly Fault[] = [
  {
    name: "rates-high",
    summary: "both rates at 0.3",
    settings: [rates(0.3, 0.3)],
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "mnist-reg-gan": 1, "grid-pacgan": 1 },
  },
  {
    name: "rates-low",
    summary: "both rates at 1e-7",
    settings: [rates(1e-7, 1e-7)],
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "mnist-reg-gan": 1 },
  },
  {
    name: "d-fast",
    summary: "D's rate at 1e-2, G's at 1e-6",
    settings: [rates(1e-6, 1e-2)],
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "mnist-reg-gan": 1 },
  },
  {
    name: "d-frozen",
    summary: "D's rate at 1e-12",
    settings: [rates(1e-3, 1e-12)],
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "grid-pacgan": 1 },
  },
  {
    name: "d-tiny",
    summary: "D's hidden layers of one unit",
    settings: [{ net: { discriminatorHidden: [1, 1] } }],
    on: { "mnist-lsgan": 2 },
  },
  {
    name: "g-tiny",
    summary: "G's hidden layers of one unit",
    settings: [{ net: { generatorHidden: [1, 1] } }],
    on: { "mnist-lsgan": 2 },
  },
  {
    name: "no-normalisation",
    summary: "no batch norm in G, weights drawn as for one",
    settings: [{ net: { generatorBatchNorm: false } }],
    on: { "mnist-lsgan": 1, "mnist-reg-gan": 1 },
  },
  {
    name: "one-class",
    summary: "the images and labels of one class alone",
    data: "one-class",
    on: { "mnist-cgan": 1, "cifar10-reg-gan": 1, "mnist-lsgan": 1 },
  },
  {
    name: "duplicated",
    summary: "200 images, each 50 times",
    data: "duplicated",
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "mnist-cgan": 1 },
  },
  {
    name: "scaled",
    summary: "values of 0 to 1 taken for 0 to 255; points a hundred times as large",
    data: "scaled",
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "grid-pacgan": 1 },
  },
  {
    name: "fifty-images",
    summary: "50 images, to be learnt by heart",
    data: "few",
    on: { "mnist-lsgan": 1, "cifar10-reg-gan": 1, "mnist-reg-gan": 1 },
  },
  {
    name: "labels-shuffled",
    summary: "labels in another order than the images",
    data: "shuffled",
    on: { "mnist-cgan": 2, "cifar10-cgan": 1 },
  },
];

/** Items of what becomes of a data set: where there are more, the rest say nothing else. */
const MOST = 10_000;

/** A data set in which something is wrong. */
export function spoilt(dataset: Dataset, fault: DataFault, seed: number): Dataset {
  const random = new Random(seed);
  const all = Array.from({ length: Math.min(dataset.count, 6 * MOST) }, (_, i) => i);
  const labels = dataset.labels(all);
  const indices = chosen(fault, all, labels, random);
  const items = dataset.read(indices);
  if (fault === "scaled")
    for (let i = 0; i < items.length; i++)
      items[i] = items instanceof Uint8Array ? items[i]! >> 7 : 100 * items[i]!;
  const record = dataset.shape.reduce((product, size) => product * size, 1);
  const own = labels && Int32Array.from(indices, (index) => labels[index]!);
  if (fault === "shuffled" && own !== undefined) shuffle(own, random);
  return new MemoryDataset({
    name: `${dataset.name}, ${fault}`,
    kind: dataset.kind,
    shape: dataset.shape,
    items: { data: items, record, parts: 1, table: undefined },
    ...(own === undefined ? {} : { classes: dataset.classes, labels: own }),
  });
}

function chosen(
  fault: DataFault,
  all: readonly number[],
  labels: Int32Array | undefined,
  random: Random,
): number[] {
  const draw = (count: number) => {
    const picked = new Set<number>();
    while (picked.size < count) picked.add(random.integer(all.length));
    return [...picked];
  };
  if (fault === "few") return draw(50);
  if (fault === "one-class") {
    const only = labels?.[random.integer(all.length)];
    return all.filter((index) => labels?.[index] === only).slice(0, MOST);
  }
  if (fault !== "duplicated") return all.slice(0, MOST);
  const kinds = draw(200);
  return Array.from({ length: MOST }, (_, i) => kinds[i % kinds.length]!);
}

function shuffle(values: Int32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [values[i], values[other]] = [values[other]!, values[i]!];
  }
}
