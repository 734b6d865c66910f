import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import { amount } from "../render/format.js";
import type { Limit } from "./limit.js";
import type { Drawing } from "./options.js";

/** What is asked for beside how it is drawn. */
export interface Wish extends Drawing {
  readonly interpolate: boolean;
  /** A code by its number, from 1. */
  readonly code: number | undefined;
  readonly frames: number;
  /** A file of latents. */
  readonly latents: string | undefined;
}

/** What to draw: the latents and, where they make rows, how many to a row. */
export interface Choice {
  readonly latents: Float32Array;
  readonly labels?: Int32Array | undefined;
  readonly columns?: number | undefined;
}

/** @param classes those to draw; undefined for a generator without */
export async function choose(
  sampler: Sampler,
  wish: Wish,
  classes: readonly number[] | undefined,
  limit: Limit,
): Promise<Choice> {
  const { code, interpolate } = wish;
  if (code === undefined && !interpolate) return await chooseGrid(sampler, wish, classes, limit);
  const { latents, columns } =
    code === undefined
      ? await chooseWays(sampler, wish, limit)
      : await chooseVaried(sampler, wish, code, limit);
  if (classes === undefined) return { latents, columns };
  // One class a row: the way between latents, not between classes.
  const labels = Int32Array.from(
    { length: latents.length / sampler.latentSize },
    (_, i) => classes[Math.floor(i / columns) % classes.length] as number,
  );
  return { latents, columns, labels };
}

async function chooseGrid(
  sampler: Sampler,
  wish: Wish,
  classes: readonly number[] | undefined,
  limit: Limit,
): Promise<Choice> {
  const { PER_CLASS, rowClasses } = await import("@gantry/gan");
  const several = wish.class !== undefined && classes !== undefined && classes.length > 1;
  const columns = several ? PER_CLASS : undefined;
  const latents = await chooseLatents(sampler, wish, several ? PER_CLASS * classes.length : 64, (count) =>
    limit(count, columns),
  );
  if (classes === undefined) return { latents };
  return { latents, columns, labels: rowClasses(0, latents.length / sampler.latentSize, classes) };
}

async function chooseWays(sampler: Sampler, wish: Wish, limit: Limit) {
  const { interpolate } = await import("@gantry/gan");
  const { frames } = wish;
  const pairs = await chooseLatents(sampler, wish, 8, (rows) => limit(rows * frames, frames), 2);
  const way = sampler.isGaussian ? "spherical" : "linear";
  return { latents: interpolate(pairs, sampler.latentSize, frames, way), columns: frames };
}

async function chooseVaried(sampler: Sampler, wish: Wish, number: number, limit: Limit) {
  const { vary } = await import("@gantry/gan");
  const code = chooseCode(sampler, number);
  const columns = code.kind === "categorical" ? code.length : wish.frames;
  const { latents, frames } = vary(
    await chooseLatents(sampler, wish, 8, (rows) => limit(rows * columns, columns)),
    sampler.latentSize,
    code,
    wish.frames,
  );
  return { latents, columns: frames };
}

/**
 * @param otherwise how many, where neither --count nor a file says so
 * @param limit of how many there may be
 * @param each latents that belong together
 */
export async function chooseLatents(
  sampler: Sampler,
  { latents: file, count, seed }: Pick<Wish, "latents" | "count" | "seed">,
  otherwise: number,
  limit: Limit,
  each = 1,
): Promise<Float32Array> {
  const size = sampler.latentSize;
  if (count !== undefined || file === undefined) limit(count ?? otherwise);
  if (file === undefined) return sampler.latents((count ?? otherwise) * each, seed);
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
