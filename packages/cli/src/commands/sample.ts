import type { GridOptions } from "@gantry/formats";
import type { Sampler } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { drawMixing } from "../mixing.js";
import { numberFrom, wholeNumber } from "../numbers.js";
import { type ImportOptions, importOption } from "../parts.js";
import { amount, count as countOf, shellWord } from "../render/format.js";
import { parseRun } from "../settings.js";

interface Options extends ImportOptions {
  readonly count?: string;
  readonly out?: string;
  readonly seed?: string;
  readonly latents?: string;
  readonly truncation?: string;
  readonly psi?: string;
  readonly weights?: "ema" | "raw";
  readonly interpolate?: boolean;
  readonly vary?: string;
  readonly mixing?: boolean;
  readonly frames?: string;
  readonly threads?: string;
}

/** In one picture: more would be no picture but a wall. */
const MOST_IN_PICTURE = { images: 10_000, points: 1_000_000 } as const;

export default defineCommand<Options>({
  name: "sample",
  summary: "draw samples from a run's generator",
  description:
    "Draws samples from a run's generator. A .png file is a grid of images (for points a plot over the data); a .npy " +
    "file holds float32 numbers, images as N,C,H,W in [-1, 1]. The data need not be here.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    {
      flags: "--count <n>",
      description: "how many; default 64, 8 for rows, or as many as there are latents",
    },
    { flags: "--out <file>", description: "FILE.png or FILE.npy" },
    { flags: "--seed <n>", description: "of the latents; default 0" },
    { flags: "--latents <file>", description: "latents to use: a .npy, or another file of one array, N,L" },
    {
      flags: "--truncation <t>",
      description: "draw numbers of a latent beyond t anew: likelier images, fewer kinds (BigGAN)",
    },
    {
      flags: "--psi <p>",
      description:
        "intermediate latents p times as far from their mean: the same trade (StyleGAN); default 1",
    },
    {
      flags: "--weights <which>",
      description: "averaged (ema, default where the run has them) or raw",
      choices: ["ema", "raw"],
    },
    { flags: "--interpolate", description: "a row of images for each of --count pairs of latents" },
    {
      flags: "--vary <code>",
      description:
        "a row of images for each of --count latents, a code of it (its number, from 1) taking every category, or going from -2 to 2 (mutual-information)",
    },
    {
      flags: "--mixing",
      description:
        "StyleGAN's grid: --frames sources across, and images that take their coarse, middle and fine styles, --count rows of each (default 2)",
    },
    { flags: "--frames <n>", description: "images in such a row; default 8; a categorical code has its own" },
    { flags: "--threads <n>", description: "threads an operator may use" },
    importOption,
  ],
  examples: [
    ["gantry sample runs/dcgan-fashion-mnist-0 --count 64 --out grid.png", "a grid of 8 by 8"],
    [
      "gantry sample runs/dcgan-fashion-mnist-0 --count 10000 --out fake.npy",
      "numbers, to be judged elsewhere",
    ],
    [
      "gantry sample runs/dcgan-fashion-mnist-0 --interpolate --count 6 --out walk.png",
      "six ways between two latents",
    ],
    [
      "gantry sample runs/infogan-mnist-0 --vary 1 --count 5 --out digits.png",
      "five latents, the first code of each running through its categories",
    ],
    ["gantry sample runs/stylegan-cifar10-0 --mixing --out mixing.png", "who gives which styles to whom"],
  ],
  async run(output, [name = ""], options) {
    const { out } = options;
    if (out === undefined)
      throw new UsageProblem("say where the samples go: --out FILE.png or --out FILE.npy");
    const kind = /\.(png|npy)$/i.exec(out)?.[1]?.toLowerCase();
    if (kind === undefined) throw new UsageProblem(`--out ${out}: samples go to a .png or a .npy file`);
    const asked = readOptions(options);

    const { importParts, Sampler, useThreads } = await import("@gantry/gan");
    // By hand alone: whoever looks at a run runs no code of it.
    await importParts(options.import ?? []);
    const { path, iteration } = await parseRun(name);
    const { dataProgress } = await import("../training.js");
    const sampler = await Sampler.open(path, {
      iteration,
      weights: options.weights,
      psi: asked.psi,
      context: dataProgress(output),
    });
    try {
      if (asked.threads !== undefined) useThreads(asked.threads);
      const refuseTooMany = await limitOf(sampler, kind);
      const { data, count, columns } = asked.mixing
        ? await drawMixing(sampler, asked, refuseTooMany, output.reporter.progress)
        : await drawChosen(sampler, asked, refuseTooMany, output.reporter.progress);
      const write = kind === "npy" ? writeArray : writePicture;
      await write(out, sampler, data, count, columns);
      output.print(
        `${out}: ${amount(count, sampler.data.kind)} of ${path} at iteration ${countOf(sampler.iteration)}, ${sampler.weights === "ema" ? "averaged weights" : "weights as trained"}`,
      );
      return 0;
    } finally {
      sampler.close();
    }
  },
});

/** The samples that the options ask for. */
async function drawChosen(sampler: Sampler, asked: Asked, limit: Limit, onProgress: OnProgress) {
  const { latents, labels, columns } = await choose(sampler, asked, limit);
  const count = latents.length / sampler.latentSize;
  return { data: draw(onProgress, sampler, latents, labels, count), count, columns };
}

/**
 * The options as numbers.
 * @throws UsageProblem for what is none, and for options that do not go together
 */
function readOptions(options: Options) {
  const interpolate = options.interpolate === true;
  const code = wholeNumber("--vary", options.vary, 1, 1_000_000);
  if (code !== undefined && interpolate)
    throw new UsageProblem("--vary and --interpolate are two kinds of rows; give one of them");
  const mixing = options.mixing === true;
  if (mixing && (interpolate || code !== undefined))
    throw new UsageProblem("--mixing is a grid of its own; leave --interpolate and --vary out");
  if (mixing && options.latents !== undefined)
    throw new UsageProblem("--mixing draws its latents, by --seed; leave --latents out");
  if (options.frames !== undefined && code === undefined && !interpolate && !mixing)
    throw new UsageProblem(
      "--frames is how many images --interpolate and --vary make, and --mixing across; give it with one of them",
    );
  const truncation = numberFrom("--truncation", options.truncation, 0.01);
  if (truncation !== undefined && options.latents !== undefined)
    throw new UsageProblem(
      "--truncation is of latents that are drawn, and --latents gives them; give one of them",
    );
  return {
    interpolate,
    code,
    mixing,
    frames: wholeNumber("--frames", options.frames, 2, 1000) ?? 8,
    count: wholeNumber("--count", options.count, 1, 100_000_000),
    seed: wholeNumber("--seed", options.seed, 0, 2 ** 53 - 1) ?? 0,
    latents: options.latents,
    truncation,
    // Further out than that there are no images of any generator.
    psi: numberFrom("--psi", options.psi, -100, 100),
    threads: wholeNumber("--threads", options.threads, 1, 4096),
  } as const;
}

type Asked = ReturnType<typeof readOptions>;

/** What to draw: the latents and, where they make rows, how many to a row. */
interface Choice {
  readonly latents: Float32Array;
  readonly labels?: Int32Array;
  readonly columns?: number;
}

/** Refuses so many samples, and in rows of so many, before any is drawn. */
type Limit = (count: number, columns?: number) => void;

async function limitOf(sampler: Sampler, file: string): Promise<Limit> {
  const { requireMemory } = await import("@gantry/gan");
  const { gridSize } = await import("@gantry/formats");
  const { kind, shape } = sampler.data;
  const each = 4 * (shape.reduce((product, extent) => product * extent, 1) + sampler.latentSize);
  return (count, columns) => {
    requireMemory(
      count * each,
      amount(count, kind),
      "give a smaller --count, and another --seed for each part",
    );
    if (file !== "png") return;
    const remedy = "give a smaller --count, or --out FILE.npy for numbers";
    if (count > MOST_IN_PICTURE[kind])
      throw new UsageProblem(
        `a picture of ${amount(count, kind)} is too large; at most ${countOf(MOST_IN_PICTURE[kind])}: ${remedy}`,
      );
    if (kind === "points") return;
    try {
      gridSize(count, shape as [number, number, number], layoutOf(count, shape, columns));
    } catch (error) {
      throw new UsageProblem(`${(error as Error).message}: ${remedy}`);
    }
  };
}

function layoutOf(
  count: number,
  [, height = 1]: readonly number[],
  columns: number | undefined,
): GridOptions {
  // Large enough to look at, small enough for a screen.
  const scale = count > 256 ? 1 : Math.max(1, Math.floor(64 / height));
  return columns === undefined ? { scale } : { scale, columns };
}

async function choose(sampler: Sampler, asked: Asked, limit: Limit): Promise<Choice> {
  const { code, interpolate } = asked;
  if (code === undefined && !interpolate) return { latents: await chooseLatents(sampler, asked, 64, limit) };
  const { latents, columns } =
    code === undefined
      ? await chooseWays(sampler, asked, limit)
      : await chooseVaried(sampler, asked, code, limit);
  const { latentSize, classes } = sampler;
  if (classes === undefined) return { latents, columns };
  // One class a row: the way between latents, not between classes.
  const labels = Int32Array.from(
    { length: latents.length / latentSize },
    (_, i) => Math.floor(i / columns) % classes,
  );
  return { latents, columns, labels };
}

async function chooseWays(sampler: Sampler, asked: Asked, limit: Limit) {
  const { interpolate } = await import("@gantry/gan");
  const { frames } = asked;
  const pairs = await chooseLatents(sampler, asked, 8, (rows) => limit(rows * frames, frames), 2);
  const way = sampler.isGaussian ? "spherical" : "linear";
  return { latents: interpolate(pairs, sampler.latentSize, frames, way), columns: frames };
}

async function chooseVaried(sampler: Sampler, asked: Asked, number: number, limit: Limit) {
  const { vary } = await import("@gantry/gan");
  const code = chooseCode(sampler, number);
  const columns = code.kind === "categorical" ? code.length : asked.frames;
  const { latents, frames } = vary(
    await chooseLatents(sampler, asked, 8, (rows) => limit(rows * columns, columns)),
    sampler.latentSize,
    code,
    asked.frames,
  );
  return { latents, columns: frames };
}

/**
 * @param otherwise how many, where neither --count nor a file says so
 * @param limit of how many there may be
 * @param each latents that belong together
 */
async function chooseLatents(
  sampler: Sampler,
  { latents: file, count, seed, truncation }: Asked,
  otherwise: number,
  limit: Limit,
  each = 1,
): Promise<Float32Array> {
  const size = sampler.latentSize;
  if (count !== undefined || file === undefined) limit(count ?? otherwise);
  if (file === undefined) return sampler.latents((count ?? otherwise) * each, seed, truncation);
  const { readOneArray, toFloat32 } = await import("@gantry/formats");
  const array = await readOneArray(file);
  const [rows = 0, width] = array.shape;
  if (array.shape.length !== 2 || width !== size)
    throw new UsageProblem(
      `${file}: the latents are of shape ${array.shape.join(",")}; this generator takes N,${size}`,
    );
  const wanted = count === undefined ? rows - (rows % each) : count * each;
  if (wanted > rows || wanted === 0)
    throw new UsageProblem(
      `${file}: it holds ${amount(rows, "latents")}, and ${Math.max(wanted, each)} are needed`,
    );
  limit(wanted / each);
  return toFloat32(array).slice(0, wanted * size);
}

/**
 * A code by its number.
 * @throws UsageProblem where there is none
 */
function chooseCode({ codes }: Sampler, number: number): Sampler["codes"][number] {
  const code = codes[number - 1];
  if (code !== undefined) return code;
  const known = codes.map(({ kind, length }, i) =>
    kind === "categorical" ? `${i + 1} (${length} categories)` : `${i + 1} (continuous)`,
  );
  throw new UsageProblem(
    codes.length === 0
      ? "--vary: this generator's latents have no codes; train with --with mutual-information"
      : `--vary ${number}: there is no such code; codes: ${known.join(", ")}`,
  );
}

type OnProgress = (progress: {
  what: string;
  done: number;
  total: number;
  unit: "images" | "points";
}) => void;

function draw(
  onProgress: OnProgress,
  sampler: Sampler,
  latents: Float32Array,
  labels: Int32Array | undefined,
  count: number,
): Float32Array {
  const each = sampler.data.shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(count * each);
  let at = 0;
  for (const part of sampler.samples(latents, labels)) {
    data.set(part, at);
    at += part.length;
    onProgress({ what: "drawing samples", done: at / each, total: count, unit: sampler.data.kind });
  }
  return data;
}

async function writeArray(out: string, sampler: Sampler, data: Float32Array, count: number): Promise<void> {
  const { writeNpy } = await import("@gantry/formats");
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await writeNpy(out, { dtype: "float32", shape: [count, ...sampler.data.shape], data: bytes });
}

async function writePicture(
  out: string,
  sampler: Sampler,
  data: Float32Array,
  count: number,
  columns: number | undefined,
): Promise<void> {
  const { pngGrid, writeFileAtomically } = await import("@gantry/formats");
  const { describeSource, isForeign } = await import("@gantry/gan/run");
  const { drawSamples, openConfiguredData, toBytes } = await import("@gantry/gan");
  const { scope, torch } = await import("@gantry/torch");
  const { shape, kind } = sampler.data;
  let png: Uint8Array;
  if (kind === "points") {
    const { config, record } = sampler.run;
    const { name = "" } = config.data;
    if (isForeign(record.imports, "data set", name))
      throw new UsageProblem(
        `${sampler.run.path}: its points are drawn over the data set '${name}', which came from outside and is not run unasked; to have it: --import ${shellWord(describeSource(record.imports, "data set", name))}, or --out FILE.npy`,
      );
    // Points are computed, so that they are always here.
    const dataset = await openConfiguredData(config);
    using samples = torch.fromTypedArray(data, [count, ...shape]);
    png = await drawSamples({ dataset }, samples);
  } else {
    const pixels = scope(() => toBytes(torch.fromTypedArray(data)));
    const [channels = 0, height = 0, width = 0] = shape;
    png = await pngGrid({ data: pixels, shape: [channels, height, width] }, layoutOf(count, shape, columns));
  }
  await writeFileAtomically(out, png);
}
