import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import type { JsonObject } from "../../core/base/json.js";
import type { Config } from "../../core/config/schema.js";
import {
  type DataContext,
  type Dataset,
  datasets,
  isPoints,
  openDataset,
  type Parts,
  type PointMode,
  Random,
} from "../../core/data/index.js";
import type { DatasetSpec } from "../../core/data/open.js";
import { withOtherData } from "../../core/run/data.js";
import { Sampler } from "../../core/sample/sampler.js";
import {
  datasetImages,
  describeQuantisation,
  generatedImages,
  type ImageSource,
  memoryImages,
  type Quantisation,
  quantise,
  type Span,
  spanOf,
} from "../metrics/images.js";
import type { JudgeSettings } from "../metrics/judgeSettings.js";
import { readArray } from "./arrays.js";
import type { Origin } from "./network.js";
import type { SideReport } from "./report.js";
import type { GeneratedSubject, RunSubject, Subject } from "./request.js";

interface Common {
  readonly name: string;
  /** How many there are; undefined where they are made as they are asked for. */
  readonly count: number | undefined;
  readonly shape: readonly number[];
  readonly report: Pick<SideReport, "kind" | "details">;
  /** What its images are composed of, where they are of a data set that says so. */
  readonly parts?: Parts | undefined;
  /** Of a run, its discriminator's network and how that is trained. */
  readonly discriminator?: JudgeSettings | undefined;
  close(): void;
}

/** Images of one side of an evaluation, whatever they come from. */
export interface ImageSide extends Common {
  readonly kind: "images";
  readonly origin: Origin;
  readonly shape: ImageSource["shape"];
  /** @param seed which images, where these are not all; latents, where they are made */
  images(count: number, seed: number): ImageSource;
}

/** Points of one side, likewise. */
export interface PointSide extends Common {
  readonly kind: "points";
  /** Where they are known. */
  readonly modes: readonly PointMode[] | undefined;
  /** N*D numbers. */
  points(count: number, seed: number): Float32Array;
}

export type Side = ImageSide | PointSide;

/** What a run was trained on. */
export interface RunData {
  readonly spec: DatasetSpec;
}

/**
 * Opens one side of an evaluation.
 * @throws {UsageError} what is not there, is empty, or of a kind that cannot be judged
 */
export async function openSide(
  subject: Subject,
  quantisation: Quantisation,
  context: DataContext,
): Promise<Side & { readonly trainedOn?: RunData }> {
  switch (subject.kind) {
    case "run":
      return await openRun(subject, quantisation, context);
    case "generator":
      return openGenerator(subject, quantisation);
    case "array":
      return await openArray(subject.path, quantisation, context);
    case "dataset":
      return {
        ...openData(subject.dataset, subject.dataset.name, context),
        ...(await composition(subject.dataset.name)),
      };
    case "data":
      return {
        ...openData(await openDataset(subject.spec, context), subject.spec, context),
        ...(await composition(subject.spec)),
      };
  }
}

/** The parts of images of a data set that is known by name. */
async function composition(spec: DatasetSpec): Promise<Pick<Common, "parts">> {
  const name = typeof spec === "string" ? spec : spec.name;
  return { parts: name === undefined ? undefined : (await datasets.all()).get(name)?.parts };
}

const nothing = (): void => {};

function openData(dataset: Dataset, spec: DatasetSpec, context: DataContext): Side {
  const { name, count, shape } = dataset;
  const given = typeof spec === "string" ? { name: spec } : spec;
  const { digest } = dataset;
  const report = { kind: "data set", details: { ...given, digest } as JsonObject } as const;
  if (dataset.kind === "points") {
    const modes = isPoints(dataset) ? dataset.modes : undefined;
    return {
      kind: "points",
      name,
      count,
      shape,
      report,
      modes,
      close: nothing,
      points: (wanted, seed) => dataset.read(chosen(count, wanted, seed)) as Float32Array,
    };
  }
  const place = given.path ?? given.name ?? "";
  const path = resolve(context.cwd, place);
  const origin = { names: [name, basename(path), basename(dirname(path))], classes: dataset.classes };
  const whole = datasetImages(dataset);
  const grey = shape[0] === 3 && isGrey(dataset);
  return {
    kind: "images",
    name,
    count,
    shape: grey ? [1, whole.shape[1], whole.shape[2]] : whole.shape,
    origin,
    report,
    close: nothing,
    images(wanted, seed) {
      const source = datasetImages(dataset, {
        count: wanted,
        seed: wanted === count ? undefined : seed,
      });
      return grey ? oneChannel(source) : source;
    },
  };
}

/** All indices, or some drawn without replacement. */
function chosen(count: number, wanted: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  if (wanted < count) new Random(seed).shuffle(order);
  return order.subarray(0, wanted);
}

/** Whether colour is only how the images were decoded: their three channels are equal. */
function isGrey(dataset: Dataset): boolean {
  const area = dataset.shape[1]! * dataset.shape[2]!;
  for (let image = 0; image < dataset.count; image++) {
    const data = dataset.read([image]);
    for (let pixel = 0; pixel < area; pixel++)
      if (data[pixel] !== data[pixel + area] || data[pixel] !== data[pixel + 2 * area]) return false;
  }
  return true;
}

function oneChannel(source: ImageSource): ImageSource {
  const [, height, width] = source.shape;
  const area = height * width;
  return {
    ...source,
    get digest() {
      return `${source.digest}, one channel`;
    },
    shape: [1, height, width],
    async read(start, end) {
      const data = await source.read(start, end);
      const out = new Uint8Array((end - start) * area);
      for (let image = 0; image < end - start; image++)
        out.set(data.subarray(3 * image * area, (3 * image + 1) * area), image * area);
      return out;
    },
  };
}

async function openArray(path: string, quantisation: Quantisation, context: DataContext): Promise<Side> {
  const file = resolve(context.cwd, path);
  const content = await readArray(file, quantisation);
  const { name, count, digest } = content;
  const report = { kind: "file", details: { path, digest } } as const;
  if (content.kind === "points") {
    const { data } = content;
    return {
      kind: "points",
      name,
      count,
      shape: [2],
      report,
      modes: undefined,
      close: nothing,
      points(wanted, seed) {
        const out = new Float32Array(2 * wanted);
        for (const [to, from] of chosen(count, wanted, seed).entries())
          out.set(data.subarray(2 * from, 2 * from + 2), 2 * to);
        return out;
      },
    };
  }
  const { shape, data } = content;
  const size = shape[0] * shape[1] * shape[2];
  return {
    kind: "images",
    name,
    count,
    shape,
    origin: { names: [name, basename(dirname(file))], classes: undefined },
    report: { ...report, details: { ...report.details, quantisation: content.quantisation } },
    close: nothing,
    images(wanted, seed) {
      const source = { quantisation: content.quantisation };
      if (wanted === count) return { ...memoryImages(name, data, shape, digest), ...source };
      const some = new Uint8Array(wanted * size);
      for (const [to, from] of chosen(count, wanted, seed).entries())
        some.set(data.subarray(from * size, (from + 1) * size), to * size);
      return { ...memoryImages(name, some, shape, `${digest}, ${wanted} of seed ${seed}`), ...source };
    },
  };
}

/** Images generated at a time where nothing else is known. */
const BATCH = 64;

function openGenerator({ name, data, begin }: GeneratedSubject, quantisation: Quantisation): Side {
  const report = { kind: "generator", details: {} } as const;
  const common = { name, count: undefined, report, close: nothing };
  if (data.kind === "points")
    return {
      ...common,
      kind: "points",
      shape: data.shape,
      modes: undefined,
      points(count, seed) {
        const next = begin(seed);
        return noGrad(() => scope(() => next(count).toTypedArray() as Float32Array));
      },
    };
  const shape = imageShape(name, data.shape);
  return {
    ...common,
    kind: "images",
    shape,
    origin: { names: [name], classes: undefined },
    images: (count, seed) =>
      generatedImages(name, { count, shape, begin: () => begin(seed), batch: BATCH, quantisation }),
  };
}

/** All of `count` images, batch by batch; each is freed when the next is asked for. */
function* batches(drawn: (start: number, end: number) => Tensor, count: number): Generator<Tensor> {
  for (let start = 0; start < count; start += BATCH) {
    const images = drawn(start, Math.min(count, start + BATCH));
    yield images;
    images.dispose();
  }
}

function imageShape(name: string, shape: readonly number[]): ImageSource["shape"] {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined)
    throw new UsageError(`${name} makes no images`);
  return [channels, height, width];
}

/** A run's discriminator by itself: without labels, views and heads. */
function discriminatorOf({ net, optimizers, batch }: Config): JudgeSettings | undefined {
  const { family, prior: _, ...options } = net;
  const optimizer = optimizers.discriminator ?? optimizers.default;
  return optimizer === undefined ? undefined : { family, options: options as JsonObject, optimizer, batch };
}

async function openRun(
  { path, iteration, weights, truncation, psi, standing, data: elsewhere }: RunSubject,
  quantisation: Quantisation,
  context: DataContext,
): Promise<Side & { readonly trainedOn: RunData }> {
  /** How samples are made of the weights, where that is not as in training. */
  const manner = {
    ...(truncation === undefined ? {} : { truncation }),
    ...(psi === undefined ? {} : { psi }),
    ...(standing === undefined ? {} : { standing }),
  };
  const sampler = await Sampler.open(resolve(context.cwd, path), { iteration, weights, ...manner, context });
  const own = sampler.run.config;
  const config = elsewhere === undefined ? own : await withOtherData(own, elsewhere, sampler.data);
  const { parts } = await composition(config.data as DatasetSpec);
  const { name, shape } = { name: sampler.run.name, shape: sampler.data.shape };
  const common = {
    name,
    count: undefined,
    trainedOn: { spec: config.data as DatasetSpec },
    parts,
    discriminator: discriminatorOf(own),
    report: {
      kind: "run",
      details: { path, iteration: sampler.iteration, weights: sampler.weights, ...manner },
    } as const,
    close: () => sampler.close(),
  };
  const size = shape.reduce((product, extent) => product * extent, 1);
  /** Samples `start` to before `end` of the latents. */
  const draw = (latents: Float32Array, start: number, end: number): Float32Array => {
    const out = new Float32Array((end - start) * size);
    const length = sampler.latentSize;
    const { classes } = sampler;
    // Every class alike, whatever part is drawn.
    const labels =
      classes === undefined
        ? undefined
        : Int32Array.from({ length: end - start }, (_, i) => (start + i) % classes);
    let at = 0;
    for (const part of sampler.samples(latents.subarray(start * length, end * length), labels)) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  };
  if (sampler.data.kind === "points")
    return {
      ...common,
      kind: "points",
      shape,
      modes: undefined,
      points: (count, seed) => draw(sampler.latents(count, seed), 0, count),
    };
  const digest = await weightsDigest(sampler);
  // What was kept by versions that had no such manners stays known.
  const made = Object.entries(manner).map(([name, value]) => `, ${name} ${value}`);
  const { name: known, path: place } = config.data as { name?: string; path?: string };
  const names = [known, place].flatMap((each) =>
    each === undefined ? [] : [basename(each), basename(dirname(each))],
  );
  const imagesOf = imageShape(name, shape);
  return {
    ...common,
    kind: "images",
    shape: imagesOf,
    origin: { names, classes: undefined },
    images(count, seed) {
      const latents = sampler.latents(count, seed);
      const drawn = (start: number, end: number) =>
        torch.fromTypedArray(draw(latents, start, end), [end - start, ...shape]);
      let span: Span | undefined;
      return {
        name,
        count,
        shape: imagesOf,
        digest: `${digest}, ${count} latents of seed ${seed}${made.join("")}, ${describeQuantisation(quantisation)}`,
        quantisation: describeQuantisation(quantisation),
        read(start, end) {
          if (quantisation.range === "stretch") span ??= spanOf(batches(drawn, count));
          return noGrad(() =>
            scope(() => quantise(drawn(start, end), quantisation, span).toTypedArray() as Uint8Array),
          );
        },
      };
    },
  };
}

/** Names a run's generator: equal only for equal networks and weights. */
async function weightsDigest({ run, iteration, weights }: Sampler): Promise<string> {
  const { folder } = await run.checkpoint(iteration);
  const hash = createHash("sha256").update(JSON.stringify([run.config.net, run.config.conditional]));
  const files = ["generator.safetensors", ...(weights === "ema" ? ["generator.average.safetensors"] : [])];
  for (const file of files) hash.update(await readFile(join(folder, file)));
  return hash.digest("hex");
}
