import type { Exemplars, Sampler } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { draw } from "../sampling/draw.js";
import { limitOf } from "../sampling/limit.js";
import {
  chosenClasses,
  type DrawingOptions,
  describeSampler,
  drawingOptions,
  openSampler,
  readDrawing,
} from "../sampling/options.js";
import { describeGroup, sumPicture } from "../sampling/sumPicture.js";

interface Options extends DrawingOptions {
  readonly plus?: readonly string[];
  readonly minus?: readonly string[];
}

/** As many as stand around the result in DCGAN's figure 7. */
const NEIGHBOURS = 8;

export default defineCommand<Options>({
  name: "arithmetic",
  summary: "add and subtract latents, each the mean of exemplars",
  description:
    "Adds and subtracts means of latents, as 'smiling woman - neutral woman + neutral man' (DCGAN, section 6.3.2). Exemplars " +
    "are named by their positions in the grid that 'gantry sample' draws with the same --seed, --count, --truncation and " +
    "--class: from 0, row by row. The picture has a row for each mean, with its exemplars, and below the result with 8 " +
    "neighbours of it. Latents are z, of StyleGAN too, whose networks bring every z to one length first.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    {
      flags: "--plus <positions>",
      description: "add the mean of these, as 1,2,3; repeatable",
      repeats: true,
    },
    { flags: "--minus <positions>", description: "take the mean of these away; repeatable", repeats: true },
    { flags: "--out <file>", description: "FILE.png" },
    { flags: "--count <n>", description: "images in the grid, as of 'gantry sample'; default 64" },
    ...drawingOptions,
  ],
  examples: [
    [
      "gantry arithmetic runs/dcgan-fashion-mnist-0 --plus 1,2,3 --minus 4,5,6 --plus 7,8,9 --out sum.png",
      "of images 1 to 9 of the grid",
    ],
  ],
  async run(output, [name = ""], options) {
    const { out } = options;
    if (out === undefined || !/\.png$/i.test(out))
      throw new UsageProblem(
        out === undefined
          ? "say where the picture goes: --out FILE.png"
          : `--out ${out}: the picture goes to a .png file`,
      );
    const groups = [
      ...(options.plus ?? []).map((text) => exemplarsOf("--plus", text)),
      ...(options.minus ?? []).map((text) => exemplarsOf("--minus", text)),
    ];
    if (groups[0]?.sign !== 1)
      throw new UsageProblem(
        "say what to begin with: --plus 1,2,3, positions in the grid of 'gantry sample'",
      );
    const drawing = readDrawing(options);
    const sampler = await openSampler(name, output, options, drawing);
    try {
      const { latentArithmetic, latentNeighbours, PER_CLASS, rowClasses } = await import("@gantry/gan");
      const classes = await chosenClasses(sampler, drawing.class);
      const several = drawing.class !== undefined && classes !== undefined && classes.length > 1;
      const count = drawing.count ?? (several ? PER_CLASS * classes.length : 64);
      (await limitOf(sampler, "npy"))(count);
      const latents = sampler.latents(count, drawing.seed);
      const size = sampler.latentSize;
      const { means, result } = latentArithmetic(latents, size, groups);
      const label = classes && rowClasses(0, count, classes);
      const labels = label && groups.map((group) => classOf(group, label, sampler));
      const neighbours = latentNeighbours(result, sampler.prior, NEIGHBOURS, drawing.seed);
      const places = groups.flatMap((group) => group.places);
      const made = (values: Float32Array, of: readonly number[] | undefined) =>
        draw(output.reporter.progress, sampler, { latents: values, labels: of && Int32Array.from(of) });
      const first = labels && Array<number>(1 + NEIGHBOURS).fill(labels[0] as number);
      const png = await sumPicture(sampler, {
        groups,
        exemplars: made(
          joined(places.map((place) => latents.subarray(place * size, (place + 1) * size))),
          label && places.map((place) => label[place] as number),
        ),
        means: made(means, labels),
        results: made(joined([result, neighbours]), first),
      });
      const { writeFileAtomically } = await import("@gantry/formats");
      await writeFileAtomically(out, png);
      output.print(`${out}: ${groups.map(describeGroup).join(" ")} of ${describeSampler(sampler, drawing)}`);
      return 0;
    } finally {
      sampler.close();
    }
  },
});

/** @throws UsageProblem for what are no positions */
function exemplarsOf(flag: "--plus" | "--minus", text: string): Exemplars {
  const words = text.split(",").map((word) => word.trim());
  const wrong = words.find((word) => !/^\d{1,9}$/.test(word));
  if (wrong !== undefined)
    throw new UsageProblem(
      `${flag} ${text}: '${wrong}' is no position; write whole numbers from 0, as ${flag} 1,2,3`,
    );
  return { sign: flag === "--plus" ? 1 : -1, places: words.map(Number) };
}

/**
 * The class of a mean's exemplars. The result is of that of the first mean that is added.
 * @throws UsageProblem where they are of several: a mean of latents has one class
 */
function classOf({ places }: Exemplars, labels: Int32Array, { classNames }: Sampler): number {
  const classes = [...new Set(places.map((place) => labels[place] as number))];
  const [first = 0, other] = classes;
  if (other === undefined) return first;
  const named = (each: number) => classNames?.[each] ?? each;
  throw new UsageProblem(
    `positions ${places.join(",")} are of several classes (${classes.map(named).join(", ")}), and a mean is of one; name exemplars of one, or draw the grid of one: --class ${first}`,
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
