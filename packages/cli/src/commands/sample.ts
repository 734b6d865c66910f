import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { drawMixing } from "../mixing.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { amount, scalar } from "../render/format.js";
import { choose, chooseLatents, type Wish } from "../sampling/choice.js";
import { draw, drawRanked } from "../sampling/draw.js";
import { writeArray, writePicture } from "../sampling/files.js";
import { limitOf } from "../sampling/limit.js";
import {
  chosenClasses,
  type DrawingOptions,
  describeSampler,
  drawingOptions,
  openSampler,
  readDrawing,
} from "../sampling/options.js";

interface Options extends DrawingOptions {
  readonly latents?: string;
  readonly rank?: "discriminator";
  readonly from?: string;
  readonly interpolate?: boolean;
  readonly vary?: string;
  readonly mixing?: boolean;
  readonly frames?: string;
}

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
      description: "how many; default 64, 8 for rows and for each --class, or as many as there are latents",
    },
    { flags: "--out <file>", description: "FILE.png or FILE.npy" },
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
    { flags: "--frames <n>", description: "images in such a row; default 8; a categorical code has its own" },
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
    ["gantry sample runs/stylegan-cifar10-0 --mixing --out mixing.png", "who gives which styles to whom"],
  ],
  async run(output, [name = ""], options) {
    const { out } = options;
    if (out === undefined)
      throw new UsageProblem("say where the samples go: --out FILE.png or --out FILE.npy");
    const kind = /\.(png|npy)$/i.exec(out)?.[1]?.toLowerCase();
    if (kind === undefined) throw new UsageProblem(`--out ${out}: samples go to a .png or a .npy file`);
    const wish = readOptions(options);
    const sampler = await openSampler(name, output, options, wish, wish.rank);
    try {
      const classes = await chosenClasses(sampler, wish.class);
      const made = await (wish.mixing ? mixed : wish.rank ? ranked : inOrder)(
        output,
        sampler,
        kind,
        wish,
        classes,
      );
      const write = kind === "npy" ? writeArray : writePicture;
      const count = made.data.length / sampler.data.shape.reduce((product, extent) => product * extent, 1);
      await write(out, sampler, made.data, count, made.columns);
      output.print(
        `${out}: ${amount(count, sampler.data.kind)} of ${describeSampler(sampler, wish)}${made.told ?? ""}`,
      );
      return 0;
    } finally {
      sampler.close();
    }
  },
});

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
  return {
    ...drawing,
    interpolate,
    code,
    mixing,
    rank,
    from,
    frames: wholeNumber("--frames", options.frames, 2, 1000) ?? 8,
    latents: options.latents,
  } as const;
}

type Asked = ReturnType<typeof readOptions>;
type Sampler = Awaited<ReturnType<typeof openSampler>>;

/** What becomes a file. */
interface Made {
  readonly data: Float32Array;
  readonly columns?: number | undefined;
  /** What else is told of it. */
  readonly told?: string;
}

async function inOrder(
  output: Output,
  sampler: Sampler,
  kind: string,
  wish: Wish,
  classes: readonly number[] | undefined,
): Promise<Made> {
  const choice = await choose(sampler, wish, classes, await limitOf(sampler, kind));
  return { data: draw(output.reporter.progress, sampler, choice), columns: choice.columns };
}

async function mixed(output: Output, sampler: Sampler, kind: string, wish: Asked): Promise<Made> {
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
  kind: string,
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
