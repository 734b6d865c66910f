import { type JsonObject, RunError, UsageError } from "@gantry/gan";
import { type Dataset, type DatasetSpec, openDataset, Random } from "@gantry/gan/data";
import { contrastiveLoss, InfomaxCritics, makeJudge } from "@gantry/gan/nets";
import type { Cell } from "@gantry/gan/sweep";
import { grad, manualSeed, noGrad, optim, scope, setThreads, type Tensor, torch } from "@gantry/torch";

/** What a cell's measurement depends on. */
export interface Work {
  /** Training and test images, with labels. */
  readonly data: { readonly train: JsonObject; readonly test: JsonObject };
  readonly net: { readonly family: string; readonly options: JsonObject };
  /** Weight of the InfoMax objective; 0 for the plain classifier. */
  readonly beta: number;
  /** Dimensions of its critics. */
  readonly criticUnits: number;
  /** Iterations of one task. */
  readonly iterations: number;
  /** Times through all tasks. */
  readonly cycles: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Test images of a task: half of its class. */
  readonly tested: number;
  /** Whether all tasks are tested after each of the last cycle. Default false. */
  readonly testsAll?: boolean;
}

/** The test accuracy on the task that is, or is about to be, trained. */
export interface Reading {
  /** Iterations done in all. */
  readonly iteration: number;
  /** Counted from 0. */
  readonly cycle: number;
  readonly task: number;
  /** Iterations of this visit to the task that were done; 0: nothing of it yet. */
  readonly into: number;
  /** Of equally many images of the class and of others, 0 to 1; chance is 0.5. */
  readonly accuracy: number;
}

export interface Result {
  readonly classes: readonly string[];
  readonly readings: readonly Reading[];
  /** After each task of the last cycle, the accuracy on every task; only where it was asked for. */
  readonly memory?: readonly (readonly number[])[];
}

/** Shares of a task's iterations after which it is tested. */
const LOOKS = [0, 0.1, 0.3, 0.6, 1] as const;

/** How many iterations into a task it is tested. */
export const looksOf = (iterations: number): number[] => [
  ...new Set(LOOKS.map((share) => Math.round(share * iterations))),
];

/** Images of a data set by class. */
interface Labelled {
  readonly dataset: Dataset;
  readonly byClass: readonly (readonly number[])[];
}

async function openLabelled(spec: JsonObject): Promise<Labelled> {
  const dataset = await openDataset(spec as DatasetSpec);
  const { classes, count, name, kind } = dataset;
  if (classes === undefined || classes.length < 2 || kind !== "images")
    throw new UsageError(
      `${name}: one class against all others needs images with labels of two or more classes`,
    );
  const byClass: number[][] = classes.map(() => []);
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  for (const [i, label] of (dataset.labels(all) as Int32Array).entries()) byClass[label]!.push(i);
  const empty = byClass.findIndex((images) => images.length === 0);
  if (empty >= 0) throw new UsageError(`${name}: no image of the class ${classes[empty]}`);
  return { dataset, byClass };
}

/** Half of the class, half of all others: indices, the class first. */
function drawTask({ byClass }: Labelled, task: number, count: number, random: Random): number[] {
  const half = Math.floor(count / 2);
  const own = byClass[task]!;
  const mine = Array.from({ length: half }, () => own[random.integer(own.length)]!);
  const others = Array.from({ length: count - half }, () => {
    let other = random.integer(byClass.length - 1);
    if (other >= task) other++;
    const images = byClass[other]!;
    return images[random.integer(images.length)]!;
  });
  return [...mine, ...others];
}

const imagesOf = ({ dataset }: Labelled, indices: readonly number[]): Tensor =>
  torch
    .fromTypedArray(dataset.read(indices), [indices.length, ...dataset.shape])
    .toCopy({ dtype: "float32" })
    .div(127.5)
    .sub(1);

/** +1 for the first half, -1 for the others. */
const signs = (count: number): Tensor =>
  torch.fromTypedArray(Float32Array.from({ length: count }, (_, i) => (i < Math.floor(count / 2) ? 1 : -1)));

/**
 * Trains one discriminator with one output to tell one class from all others, class after class and round again, and tests
 * it on the task at hand. Batches and tests are half of the class. Source: InfoMax-GAN, section 3.2 and figure 2.
 */
export async function measure(cell: Cell): Promise<Result> {
  const work = cell.work as unknown as Work;
  const { iterations, cycles, batch, beta, learningRate, tested } = work;
  const [train, test] = await Promise.all([openLabelled(work.data.train), openLabelled(work.data.test)]);
  const classes = train.dataset.classes ?? [];
  if (String(test.dataset.classes) !== String(classes))
    throw new UsageError("training and test images have other classes");
  setThreads(1);
  manualSeed(cell.seed);
  const network = await makeJudge(work.net.family, work.net.options, train.dataset.shape);
  const { local, global } = network.featureShapes;
  // The plain classifier has the same first weights: the critics are made after it.
  if (beta > 0) {
    if (local === undefined) throw new UsageError("InfoMax needs a network with local features");
    network.heads.set("infomax", new InfomaxCritics(local[0], global, work.criticUnits));
  }
  const parameters = [
    ...new Set([
      ...network.parameters(),
      ...[...network.heads.values()].flatMap((head) => head.parameters()),
    ]),
  ];
  const optimizer = new optim.Adam(parameters, { learningRate, betas: [0, 0.9] });
  const random = new Random(cell.seed);
  // The same test images for every method and seed.
  const judge = new Random(1);
  const tests = classes.map((_, task) => drawTask(test, task, tested, judge));
  const looks = looksOf(iterations);
  const readings: Reading[] = [];
  const memory: number[][] = [];
  const accuracyOn = (task: number): number => {
    network.train(false);
    const accuracy = noGrad(() =>
      scope(() => {
        const image = imagesOf(test, tests[task]!);
        const scores = network.score(network.features({ image }), { image });
        return scores.mul(signs(tested)).gt(0).to({ dtype: "float32" }).mean().item();
      }),
    );
    network.train(true);
    return accuracy;
  };
  let iteration = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (let task = 0; task < classes.length; task++) {
      for (let into = 0; into <= iterations; into++) {
        if (looks.includes(into)) readings.push({ iteration, cycle, task, into, accuracy: accuracyOn(task) });
        if (into === iterations) break;
        const loss = scope(() => {
          const image = imagesOf(train, drawTask(train, task, batch, random));
          const features = network.features({ image });
          const told = network.score(features, { image }).mul(signs(batch)).neg().softplus().mean();
          const critics = beta > 0 ? network.head<InfomaxCritics>("infomax") : undefined;
          const total =
            critics === undefined
              ? told
              : told.add(
                  contrastiveLoss(critics.scores(features.local as Tensor, features.global), "paper"),
                  { alpha: beta },
                );
          optimizer.step(grad(total, parameters));
          return total.item();
        });
        if (!Number.isFinite(loss)) throw new RunError(`the loss became ${loss} at iteration ${iteration}`);
        iteration++;
      }
      if (work.testsAll === true && cycle === cycles - 1)
        memory.push(classes.map((_, each) => accuracyOn(each)));
    }
  }
  optimizer.dispose();
  network.dispose();
  return { classes, readings, ...(work.testsAll === true ? { memory } : {}) };
}
