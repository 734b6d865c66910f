import { createHash } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type ArrayValue, readSafetensors, writeSafetensors } from "@gantry/formats";
import { autocast, grad, nn, noGrad, optim, RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { amount } from "../../../core/base/amount.js";
import { RunError, UsageError } from "../../../core/base/errors.js";
import { type DataContext, dataContext } from "../../../core/data/context.js";
import type { Dataset } from "../../../core/data/dataset.js";
import { openDataset } from "../../../core/data/open.js";
import { Random } from "../../../core/data/random.js";
import { type FeatureNetwork, type FeatureNetworkDefinition, featureNetworks } from "./network.js";

/** A convolutional classifier in two halves: what it sees, and what it makes of it. */
export interface ClassifierBody {
  /** Images N,C,H,W in [-1, 1] to N,F: the activations before the last layer. */
  readonly features: nn.Layer;
  readonly featureSize: number;
}

/** One classifier known by name: what its file in `networks/` says. */
export interface ClassifierRecipe {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** The data set it is trained on, by name, with its options beside the split. */
  readonly dataset: string;
  readonly shape: readonly [channels: 1 | 3, height: number, width: number];
  readonly classes: number;
  /** Goes up with every change of the network or its training: older weights are then not used. */
  readonly version: number;
  readonly epochs: number;
  readonly batch: number;
  /** Highest learning rate of the one-cycle schedule. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Mirror images at random (not digits), and move them by up to so many pixels. */
  readonly augment: { readonly mirror: boolean; readonly shift: number };
  /** Share of the test images it must name rightly to be kept. */
  readonly leastAccuracy: number;
  build(): ClassifierBody;
}

/** The network: the body, and a linear layer on its features. */
class Classifier extends nn.Module {
  readonly body: nn.Layer;
  readonly last: nn.Linear;

  constructor(recipe: ClassifierRecipe, generator?: RandomGenerator) {
    super();
    const { features, featureSize } = recipe.build();
    this.body = features;
    this.last = new nn.Linear(featureSize, recipe.classes);
    // From a generator of its own, so that the same seed trains the same network whatever ran before.
    if (generator !== undefined)
      for (const [, module] of this.namedModules()) {
        if (!(module instanceof nn.WeightLayer)) continue;
        nn.init.kaimingUniform_(module.weight, 0, { generator });
        if (module.bias !== undefined) nn.init.zeros_(module.bias);
      }
    this.to({ memoryFormat: "channelsLast" });
  }

  forward(images: Tensor): { features: Tensor; logits: Tensor } {
    const features = this.body.forward(images);
    return { features, logits: this.last.forward(features) };
  }
}

/** uint8 to [-1, 1], channels last: the layout convolutions are fast in. */
function toInput(images: Tensor): Tensor {
  return images.to({ dtype: "float32" }).div_(127.5).sub_(1).contiguous({ memoryFormat: "channelsLast" });
}

export interface ClassifierTraining {
  /** Default: the classifier's own data set, by name. Its training split. */
  readonly dataset?: Dataset;
  /** To measure the accuracy on. Default: the test split of the classifier's own data set. */
  readonly testDataset?: Dataset;
  /** Of the first weights, the order and the augmentation. Default 0. */
  readonly seed?: number;
  /** Default the recipe's. */
  readonly epochs?: number;
  /** Of the convolutions in training. Default float32; bfloat16 is twice as fast where the processor has it. */
  readonly precision?: "float32" | "bfloat16";
  /** Share of the test images that suffices in the recipe's place: scores through a network below the recipe's say so. */
  readonly accept?: number | undefined;
  readonly onProgress?: (progress: ClassifierProgress) => void;
  readonly signal?: AbortSignal | undefined;
  readonly context?: Partial<DataContext>;
}

export interface ClassifierProgress {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly loss: number;
}

/** A trained classifier's file. */
export interface TrainedClassifier {
  readonly path: string;
  /** Share of the test images that it names rightly. */
  readonly accuracy: number;
  readonly seconds: number;
}

/** Where a classifier's weights are kept. */
export function classifierPath(recipe: Pick<ClassifierRecipe, "name">, context: DataContext): string {
  return join(context.home, "classifiers", `${recipe.name}.safetensors`);
}

const recipes = new WeakMap<FeatureNetworkDefinition, ClassifierRecipe>();

/**
 * Trains a classifier by name and keeps it in `classifiers/` of Gantry's home, with its test accuracy, version, data set
 * and seed. Minutes on two cores.
 *
 * @throws {UsageError} no such classifier, or data of another shape or without its classes
 * @throws {RunError} a test accuracy below what the recipe demands: nothing is kept
 */
export async function trainClassifier(
  name: string,
  options: ClassifierTraining = {},
): Promise<TrainedClassifier> {
  const definition = await featureNetworks.get(name);
  const recipe = recipes.get(definition);
  if (recipe === undefined) throw new UsageError(`${name} is not trained here`);
  return await trainRecipe(recipe, options);
}

/** {@link trainClassifier} for any recipe. */
async function trainRecipe(
  recipe: ClassifierRecipe,
  options: ClassifierTraining = {},
): Promise<TrainedClassifier> {
  const started = performance.now();
  const context = dataContext(options.context);
  const { seed = 0, epochs = recipe.epochs, precision = "float32", signal } = options;
  const dataset = options.dataset ?? (await openDataset({ name: recipe.dataset, split: "train" }, context));
  const test = options.testDataset ?? (await openDataset({ name: recipe.dataset, split: "test" }, context));
  for (const one of [dataset, test]) checkData(recipe, one);

  const network = new Classifier(recipe, new RandomGenerator(seed));
  try {
    await fit(network, recipe, dataset, { seed, epochs, precision, signal, onProgress: options.onProgress });
    const accuracy = await measure(network, test, signal);
    const least = options.accept ?? recipe.leastAccuracy;
    if (!(accuracy >= least)) {
      // Rounded down, so that it suffices.
      const reached = Math.floor(100 * accuracy) / 100;
      throw new RunError(
        `${recipe.name} names ${(100 * accuracy).toFixed(2)} % of the test images rightly, below the ${100 * least} % it must reach: train longer, or with another seed, or keep it all the same by --accept ${reached}`,
      );
    }
    const path = classifierPath(recipe, context);
    const arrays = new Map<string, ArrayValue>();
    for (const [key, tensor] of network.stateDict())
      arrays.set(key, { dtype: tensor.dtype, shape: [...tensor.shape], data: tensor.toBytes() });
    await mkdir(join(context.home, "classifiers"), { recursive: true });
    await writeSafetensors(path, arrays, {
      classifier: recipe.name,
      version: String(recipe.version),
      accuracy: String(accuracy),
      ...(accuracy >= recipe.leastAccuracy ? {} : { fellShortOf: String(recipe.leastAccuracy) }),
      dataset: dataset.digest,
      testDataset: test.digest,
      seed: String(seed),
      epochs: String(epochs),
      precision,
      sha256: digestOf(arrays),
    });
    return { path, accuracy, seconds: (performance.now() - started) / 1000 };
  } finally {
    network.dispose();
  }
}

function checkData({ name, shape, classes }: ClassifierRecipe, dataset: Dataset): void {
  if (dataset.shape.join() !== shape.join() || dataset.classes?.length !== classes)
    throw new UsageError(
      `${name} learns ${classes} classes of [${shape}], and ${dataset.name} has ${dataset.classes?.length ?? "no"} classes of [${dataset.shape}]`,
    );
}

interface FitOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly precision: "float32" | "bfloat16";
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: ClassifierProgress) => void) | undefined;
}

async function fit(
  network: Classifier,
  recipe: ClassifierRecipe,
  dataset: Dataset,
  { seed, epochs, precision, signal, onProgress }: FitOptions,
): Promise<void> {
  const random = new Random(seed);
  const parameters = network.parameters();
  const optimizer = new optim.Adam(parameters, { betas: [0.9, 0.99], weightDecay: 0 });
  const perEpoch = Math.floor(dataset.count / recipe.batch);
  if (perEpoch === 0) throw new UsageError(`${recipe.name} needs at least ${amount(recipe.batch, "images")}`);
  const steps = perEpoch * epochs;
  // Weights decay, scales and shifts do not.
  const decaying = parameters.filter((parameter) => parameter.dim > 1);
  const order = Uint32Array.from({ length: dataset.count }, (_, i) => i);
  network.train();
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    if (step % perEpoch === 0) random.shuffle(order);
    const start = (step % perEpoch) * recipe.batch;
    const indices = order.subarray(start, start + recipe.batch);
    const rate = recipe.learningRate * oneCycle((step + 0.5) / steps);
    optimizer.learningRate = rate;
    const loss = scope(() => {
      const labels = torch.fromTypedArray(BigInt64Array.from(dataset.labels(indices)!, BigInt));
      const images = torch.fromTypedArray(dataset.read(indices), [recipe.batch, ...recipe.shape]);
      const input = augmented(toInput(images), recipe, random);
      const { logits } = autocast(precision, () => network.forward(input));
      const value = logits.to({ dtype: "float32" }).crossEntropyLoss(labels);
      optimizer.step(grad(value, parameters));
      // Loshchilov and Hutter 2019: decay apart from Adam's steps.
      if (recipe.weightDecay > 0)
        noGrad(() => torch.foreachMulScalar_(decaying, 1 - rate * recipe.weightDecay));
      return step % 20 === 0 || step === steps - 1 ? value.item() : undefined;
    });
    if (loss === undefined) continue;
    if (!Number.isFinite(loss)) throw new RunError(`${recipe.name}: the loss became ${loss} at step ${step}`);
    onProgress?.({ step: step + 1, steps, epoch: Math.floor(step / perEpoch), loss });
    await setImmediate();
  }
  optimizer.dispose();
}

/** Smith 2018: up over the first quarter, then down to nothing along a cosine. */
function oneCycle(share: number): number {
  const up = 0.25;
  return share < up ? 0.04 + 0.96 * (share / up) : (1 + Math.cos((Math.PI * (share - up)) / (1 - up))) / 2;
}

/** Groups of a batch that are mirrored and moved alike: one draw each is variety enough, and cheaper. */
const GROUPS = 8;

function augmented(images: Tensor, { augment }: ClassifierRecipe, random: Random): Tensor {
  const { mirror, shift } = augment;
  if (!mirror && shift === 0) return images;
  const [, , height = 0, width = 0] = images.shape;
  const moved = images.chunk(GROUPS).map((group) => {
    const flipped = mirror && random.integer(2) === 1 ? group.flip([3]) : group;
    if (shift === 0) return flipped;
    const [top, left] = [random.integer(2 * shift + 1), random.integer(2 * shift + 1)];
    // Black outside.
    return flipped
      .constantPadNd([shift, shift, shift, shift], -1)
      .narrow(2, top, height)
      .narrow(3, left, width);
  });
  return torch.cat(moved).contiguous({ memoryFormat: "channelsLast" });
}

/** Share of a data set that the network names rightly. */
async function measure(
  network: Classifier,
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<number> {
  network.eval();
  let right = 0;
  for (let start = 0; start < dataset.count; start += 500) {
    signal?.throwIfAborted();
    const length = Math.min(500, dataset.count - start);
    const indices = Uint32Array.from({ length }, (_, i) => start + i);
    const labels = dataset.labels(indices)!;
    const found = noGrad(() =>
      scope(() => {
        const images = torch.fromTypedArray(dataset.read(indices), [length, ...dataset.shape]);
        return network.forward(toInput(images)).logits.argmax(1).toNumbers();
      }),
    );
    for (const [i, label] of found.entries()) if (label === labels[i]) right++;
    await setImmediate();
  }
  return right / dataset.count;
}

/** Of the tensors' names and bytes. */
export function digestOf(arrays: ReadonlyMap<string, ArrayValue>): string {
  const hash = createHash("sha256");
  for (const key of [...arrays.keys()].sort()) hash.update(key).update("\0").update(arrays.get(key)!.data);
  return hash.digest("hex");
}

/** A classifier as a feature network: the default export of its file in `networks/`. */
export function defineClassifier(recipe: ClassifierRecipe): FeatureNetworkDefinition {
  const [channels, size] = recipe.shape;
  const definition: FeatureNetworkDefinition = {
    name: recipe.name,
    summary: recipe.summary,
    source: recipe.source,
    input: { channels, size },
    standsInFor: recipe.dataset,
    isPresent: async (context) =>
      (await stat(classifierPath(recipe, context)).catch(() => undefined))?.isFile() ?? false,
    async open(context) {
      if (!(await definition.isPresent(context)))
        throw new UsageError(
          `the classifier ${recipe.name} is not trained yet; run: gantry train-classifier ${recipe.name}`,
        );
      return await openClassifier(recipe, context);
    },
  };
  recipes.set(definition, recipe);
  return definition;
}

/** What stands in the file of a trained classifier. */
export interface ClassifierMetadata {
  readonly version: number;
  readonly accuracy: number;
  readonly dataset: string;
  readonly seed: number;
}

async function openClassifier(recipe: ClassifierRecipe, context: DataContext): Promise<FeatureNetwork> {
  const path = classifierPath(recipe, context);
  const { arrays, metadata } = await readSafetensors(path);
  const again = `run: gantry train-classifier ${recipe.name}`;
  if (metadata.classifier !== recipe.name || Number(metadata.version) !== recipe.version)
    throw new UsageError(`${path} is of another version of ${recipe.name}; ${again}`);
  const sum = digestOf(arrays);
  if (sum !== metadata.sha256) throw new UsageError(`${path} is damaged (its checksum is wrong); ${again}`);
  const network = scope(() => {
    const made = new Classifier(recipe);
    const state = new Map<string, Tensor>();
    for (const [key, { data, shape, dtype }] of arrays) state.set(key, torch.fromBytes(data, shape, dtype));
    made.loadStateDict(state);
    return made;
  });
  network.eval();
  const [channels, size] = recipe.shape;
  return {
    name: recipe.name,
    input: { channels, size },
    featureSize: network.last.weight.size(1),
    classes: recipe.classes,
    identity: `${recipe.name}, version ${recipe.version}, ${sum}`,
    weights: sum.slice(0, 8),
    resize: "none",
    note: shortfall(metadata),
    forward: (images) => noGrad(() => scope(() => network.forward(toInput(images)))),
    dispose: () => network.dispose(),
  };
}

/** What is said of one that was kept though it fell short. */
function shortfall({
  classifier,
  accuracy,
  fellShortOf,
}: Readonly<Record<string, string>>): string | undefined {
  if (fellShortOf === undefined) return undefined;
  const percent = (share: string | undefined) => `${Number((100 * Number(share)).toFixed(1))} %`;
  return `${classifier} names ${percent(accuracy)} of its test images rightly, below the ${percent(fellShortOf)} it should: scores through it tell less`;
}

/** What is known of a trained classifier; undefined where it is not trained. */
export async function classifierMetadata(
  name: string,
  context: DataContext,
): Promise<ClassifierMetadata | undefined> {
  const definition = await featureNetworks.get(name);
  if (!recipes.has(definition) || !(await definition.isPresent(context))) return undefined;
  const { metadata } = await readSafetensors(classifierPath({ name }, context));
  return {
    version: Number(metadata.version),
    accuracy: Number(metadata.accuracy),
    dataset: metadata.dataset ?? "",
    seed: Number(metadata.seed),
  };
}
