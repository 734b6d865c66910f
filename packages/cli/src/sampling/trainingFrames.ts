import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pixels } from "@gantry/formats";
import { UsageProblem } from "../errors.js";
import type { Output } from "../output.js";
import { amount, count } from "../render/format.js";
import { writeMoving } from "./moving.js";
import type { MovingKind } from "./outputs.js";

/** Frames at most: more pictures than that are gone through in larger steps. */
const MOST = 150;
/** Milliseconds of a frame, and of the last one. */
const FRAME = 150;
const LAST = 2000;
/** Height of the line over a frame. */
const LINE = 24;

/**
 * The pictures of a run's samples, which are of the same latents, one after the other: what training makes of them.
 * @throws UsageProblem for a run without several
 */
export async function writeTraining(
  output: Output,
  path: string,
  out: string,
  kind: MovingKind,
): Promise<void> {
  const { RunDirectory } = await import("@gantry/gan/run");
  const { decodePng } = await import("@gantry/formats");
  const run = await RunDirectory.open(path);
  const names = (await readdir(run.samples).catch(() => [])).filter((name) => /^\d+\.png$/.test(name)).sort();
  const step = Math.max(1, Math.ceil(names.length / MOST));
  const chosen = names.filter((_, i) => i % step === 0 || i === names.length - 1);
  if (chosen.length < 2)
    throw new UsageProblem(
      `${path}: ${amount(chosen.length, "pictures")} of its samples, and what moves needs two; train it for longer`,
    );
  const frames: Pixels[] = [];
  for (const name of chosen) {
    const file = join(run.samples, name);
    const picture = await decodePng(await readFile(file), { file });
    const size = frames.at(-1)?.shape[2];
    // Older ones may be of another number of samples.
    if (size !== undefined && size !== picture.shape[2]) frames.length = 0;
    frames.push(await labelled(picture, `iteration ${count(Number.parseInt(name, 10))}`));
    output.reporter.progress({
      what: "reading pictures",
      done: frames.length,
      total: chosen.length,
      unit: "",
    });
  }
  const delays = frames.map((_, i) => (i === frames.length - 1 ? LAST : FRAME));
  await writeMoving(out, kind, frames, delays);
  const first = Number.parseInt(chosen[0] ?? "", 10);
  const last = Number.parseInt(chosen.at(-1) ?? "", 10);
  output.print(
    `${out}: ${amount(frames.length, "pictures")} of the training of ${path}, iterations ${count(first)} to ${count(last)}`,
  );
}

/** A frame, in colour, under a line of words. */
async function labelled({ shape, data }: Pixels, words: string): Promise<Pixels> {
  const { decodePng, svgToPng } = await import("@gantry/formats");
  const [channels, height, width] = shape;
  const line = await decodePng(
    await svgToPng(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${LINE}"><rect width="${width}" height="${LINE}" fill="#ffffff"/><text x="6" y="17" font-family="sans-serif" font-size="14" fill="#222222">${words}</text></svg>`,
    ),
  );
  const all = new Uint8Array(3 * (LINE + height) * width);
  for (let channel = 0; channel < 3; channel++) {
    const to = channel * (LINE + height) * width;
    const plane = (part: Uint8Array, planes: number, length: number) => {
      const from = Math.min(channel, planes - 1) * length;
      return part.subarray(from, from + length);
    };
    all.set(plane(line.data, line.shape[0], LINE * width), to);
    all.set(plane(data, channels, height * width), to + LINE * width);
  }
  return { shape: [3, LINE + height, width], data: all };
}
