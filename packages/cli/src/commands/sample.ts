import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { drawMixing } from "../mixing.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { amount, scalar } from "../render/format.js";
import { choose, chooseLatents, type Wish } from "../sampling/choice.js";
import { draw, drawRanked } from "../sampling/draw.js";
import { writeArray, writePicture } from "../sampling/files.js";
import { writeFolder } from "../sampling/folder.js";
import { limitOf } from "../sampling/limit.js";
import { refuseStill, writeWays } from "../sampling/moving.js";
import { besideNearest } from "../sampling/nearestPicture.js";
import {
  chosenClasses,
  type DrawingOptions,
  describeSampler,
  drawingOptions,
  openSampler,
  readDrawing,
} from "../sampling/options.js";
import { isMoving, type MovingKind, type OutputKind, outputKind } from "../sampling/outputs.js";

interface Options extends DrawingOptions {
  readonly latents?: string;
  readonly rank?: "discriminator";
  readonly from?: string;
  readonly interpolate?: boolean;
  readonly vary?: string;
  readonly mixing?: boolean;
  readonly frames?: string;
  readonly nearest?: boolean;
  readonly training?: boolean;
}

export default defineCommand<Options>({
  name: "sample",
  summary: "draw samples from a run's generator",
  description:
    "Draws samples from a run's generator. A .png file is a grid of images (for points a plot over the data); a .npy " +
    "file holds float32 numbers, images as N,C,H,W in [-1, 1]; a folder, as samples/, gets a PNG file for each; .gif, .webp " +
    "and .mp4 move: ways between latents, or the training. The data need not be here, but for --nearest.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    {
      flags: "--count <n>",
      description: "how many; default 64, 8 for rows and for each --class, or as many as there are latents",
    },
    { flags: "--out <file>", description: "FILE.png, FILE.npy, FOLDER/, or FILE.gif, .webp, .mp4" },
    { flags: "--latents <file>", description: "latents to use: a .npy, or another file of one array, N,L" },
    ...drawingOptions,
    {
      flags: "--rank <by>",
      description: "order by the run's discriminator's score, highest first",
      choices: ["discriminator"],
    },
    { flags: "--from <n>", description: "with --rank: draw n, and keep the --count best" },
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
    {
      flags: "--frames <n>",
      description: "images in such a row; default 8, or 30 where it moves; a categorical code has its own",
    },
    {
      flags: "--nearest",
      description: "beside each sample the training image nearest to it, pixel by pixel",
    },
    {
      flags: "--training",
      description:
        "the run's own pictures of samples, of the same latents, one after the other: FILE.gif, .webp, .mp4",
    },
  ],
  examples: [
    ["gantry sample runs/dcgan-fashion-mnist-0 --count 64 --out grid.png", "a grid of 8 by 8"],
    [
      "gantry sample runs/dcgan-fashion-mnist-0 --count 10000 --out fake.npy",
      "numbers, to be judged elsewhere",
    ],
    ["gantry sample runs/cgan-mnist-0 --class 0-4 --out digits.png", "a row for each of the classes 0 to 4"],
    [
      "gantry sample runs/dcgan-fashion-mnist-0 --rank discriminator --from 1000 --out best.png",
      "the 64 of 1000 that the discriminator gives most",
    ],
    [
      "gantry sample runs/dcgan-fashion-mnist-0 --interpolate --count 6 --out walk.png",
      "six ways between two latents",
    ],
    [
      "gantry sample runs/infogan-mnist-0 --vary 1 --count 5 --out digits.png",
      "five latents, the first code of each running through its categories",
    ],
    ["gantry sample runs/dcgan-fashion-mnist-0 --count 10000 --out samples/", "a PNG file for each"],
    ["gantry sample runs/dcgan-fashion-mnist-0 --interpolate --out walk.gif", "eight ways, moving"],
    ["gantry sample runs/dcgan-fashion-mnist-0 --training --out training.webp", "how they came about"],
    ["gantry sample runs/dcgan-fashion-mnist-0 --nearest --out nearest.png", "does it repeat its data?"],
    ["gantry sample runs/stylegan-cifar10-0 --mixing --out mixing.png", "who gives which styles to whom"],
  ],
  async run(output, [name = ""], options) {
    const kind = await outputKind(options.out);
    const out = options.out as string;
    const wish = readOptions(options, kind);
    if (wish.training) {
      const { writeTraining } = await import("../sampling/trainingFrames.js");
      await writeTraining(output, name, out, wish.training);
      return 0;
    }
    const sampler = await openSampler(name, output, options, wish, wish.rank);
    try {
      const classes = await chosenClasses(sampler, wish.class);
      if (isMoving(kind))
        refuseStill(out, kind, wish.interpolate || wish.code !== undefined, sampler.data.kind === "points");
      const make = wish.mixing ? mixed : wish.rank ? ranked : inOrder;
      const made = await make(output, sampler, kind, wish, classes);
      const size = sampler.data.shape.reduce((product, extent) => product * extent, 1);
      const count = made.count ?? made.data.length / size;
      let told = made.told ?? "";
      if (kind === "npy") await writeArray(out, sampler, made.data, count);
      else if (kind === "folder") await writeFolder(output, sampler, out, made.parts ?? [made.data], count);
      else if (isMoving(kind)) {
        const code = wish.code === undefined ? undefined : sampler.codes[wish.code - 1];
        const frames = made.columns ?? 1;
        await writeWays(out, kind, sampler, made.data, { frames, steps: code?.kind === "categorical" });
      } else if (wish.nearest) {
        const pairs = await besideNearest(output, sampler, made.data);
        told = pairs.told;
        await writePicture(out, sampler, pairs.data, 2 * count, 2 * Math.ceil(Math.sqrt(count / 2)));
      } else await writePicture(out, sampler, made.data, count, made.columns);
      output.print(`${out}: ${amount(count, sampler.data.kind)} of ${describeSampler(sampler, wish)}${told}`);
      return 0;
    } finally {
      sampler.close();
    }
  },
});

/**
 * The options as numbers.
 * @param kind what is written
 * @throws UsageProblem for what is none, and for options that do not go together
 */
function readOptions(options: Options, kind: OutputKind) {
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
  const drawing = readDrawing(options);
  if (drawing.truncation !== undefined && options.latents !== undefined)
    throw new UsageProblem(
      "--truncation is of latents that are drawn, and --latents gives them; give one of them",
    );
  const rank = options.rank !== undefined;
  if (rank && (interpolate || code !== undefined))
    throw new UsageProblem(
      "--rank puts samples in another order, and --interpolate and --vary have their own; give one of them",
    );
  if (mixing && rank) throw new UsageProblem("--mixing is a grid of its own; leave --rank out");
  const from = wholeNumber("--from", options.from, 1, 100_000_000);
  if (from !== undefined && !rank)
    throw new UsageProblem("--from draws so many to keep the best: give it with --rank discriminator");
  if (from !== undefined && options.latents !== undefined)
    throw new UsageProblem("--from draws latents, and --latents gives them; give one of them");
  if (from !== undefined && from < (drawing.count ?? 64))
    throw new UsageProblem(
      `--from ${from} draws fewer than the ${drawing.count ?? 64} to be kept; give more, or a smaller --count`,
    );
  const nearest = options.nearest === true;
  if (nearest && (kind !== "png" || interpolate || code !== undefined || mixing))
    throw new UsageProblem(
      "--nearest makes a picture of samples and images: give --out FILE.png, and no kind of rows",
    );
  let training: MovingKind | undefined;
  if (options.training === true) {
    const { out: _, training: __, ...others } = options;
    const other = Object.keys(others)[0];
    if (other !== undefined && other !== "debug")
      throw new UsageProblem(
        `--training shows the pictures that training made, as they are; leave --${other} out`,
      );
    if (!isMoving(kind))
      throw new UsageProblem("--training moves: give --out FILE.gif, FILE.webp or FILE.mp4");
    training = kind;
  }
  return {
    ...drawing,
    nearest,
    training,
    interpolate,
    code,
    mixing,
    rank,
    from,
    frames: wholeNumber("--frames", options.frames, 2, 1000) ?? (isMoving(kind) ? 30 : 8),
    latents: options.latents,
  } as const;
}

type Asked = ReturnType<typeof readOptions>;
type Sampler = Awaited<ReturnType<typeof openSampler>>;

/** What becomes a file. */
interface Made {
  readonly data: Float32Array;
  /** In the place of `data`: `count` samples, part by part. */
  readonly parts?: Iterable<Float32Array>;
  readonly count?: number;
  readonly columns?: number | undefined;
  /** What else is told of it. */
  readonly told?: string;
}

async function inOrder(
  output: Output,
  sampler: Sampler,
  kind: OutputKind,
  wish: Wish,
  classes: readonly number[] | undefined,
): Promise<Made> {
  const choice = await choose(
    sampler,
    wish,
    classes,
    await limitOf(sampler, kind, kind === "folder" ? 0 : 1),
  );
  if (kind === "folder") {
    const parts = sampler.samples(choice.latents, choice.labels);
    return { data: new Float32Array(0), parts, count: choice.latents.length / sampler.latentSize };
  }
  return { data: draw(output.reporter.progress, sampler, choice), columns: choice.columns };
}

async function mixed(output: Output, sampler: Sampler, kind: OutputKind, wish: Asked): Promise<Made> {
  const { data, columns } = await drawMixing(
    sampler,
    wish,
    await limitOf(sampler, kind),
    output.reporter.progress,
  );
  return { data, columns };
}

async function ranked(
  output: Output,
  sampler: Sampler,
  kind: OutputKind,
  wish: Asked,
  classes: readonly number[] | undefined,
): Promise<Made> {
  const { from, count, seed } = wish;
  const limit = await limitOf(sampler, kind, 3);
  if (from !== undefined) limit(count ?? 64);
  const choice =
    from === undefined ? { latents: await chooseLatents(sampler, wish, 64, limit) } : { from, seed };
  const total = from ?? (choice as { latents: Float32Array }).latents.length / sampler.latentSize;
  const keep = from === undefined ? total : (count ?? 64);
  const { data, highest, lowest } = await drawRanked(
    output.reporter.progress,
    sampler,
    choice,
    classes,
    keep,
  );
  const best = keep < total ? `the best of ${amount(total, sampler.data.kind)}` : "in order";
  return { data, told: `; ${best} by its discriminator, from ${scalar(highest)} to ${scalar(lowest)}` };
}
