import type { GridOptions } from "@gantry/formats";
import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import { amount, count as countOf } from "../render/format.js";

/** In one picture: more would be no picture but a wall. */
const MOST_IN_PICTURE = { images: 10_000, points: 1_000_000 } as const;

/** Pixels of all frames of a picture that moves, as formats' encodeAnimation() takes them. */
const MOST_MOVING = 2 ** 26;

/** Refuses so many samples, and in rows of so many, before any is drawn. */
export type Limit = (count: number, columns?: number) => void;

/** @param copies of each sample that are held at a time */
export async function limitOf(sampler: Sampler, file: string, copies = 1): Promise<Limit> {
  const { requireMemory } = await import("@gantry/gan");
  const { gridSize } = await import("@gantry/formats");
  const { kind, shape } = sampler.data;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const each = 4 * (size * copies + sampler.latentSize);
  return (count, columns) => {
    requireMemory(
      count * each,
      amount(count, kind),
      "give a smaller --count, and another --seed for each part",
    );
    const isMoving = ["gif", "webp", "mp4"].includes(file);
    if (file !== "png" && !isMoving) return;
    const remedy = "give a smaller --count, or --out FILE.npy for numbers";
    if (count > MOST_IN_PICTURE[kind])
      throw new UsageProblem(
        `a picture of ${amount(count, kind)} is too large; at most ${countOf(MOST_IN_PICTURE[kind])}: ${remedy}`,
      );
    if (kind === "points") return;
    try {
      const image = shape as [number, number, number];
      if (!isMoving) return void gridSize(count, image, layoutOf(count, shape, columns));
      // A tile for each way, there and back.
      const ways = count / (columns ?? 1);
      const [height, width] = gridSize(ways, image, layoutOf(ways, shape, undefined));
      const pixels = height * width * 2 * (columns ?? 1);
      if (pixels > MOST_MOVING) throw new Error(`${pixels} pixels are too many for a picture that moves`);
    } catch (error) {
      throw new UsageProblem(`${(error as Error).message}: ${remedy}`);
    }
  };
}

/** How images of a shape are laid out in a picture. */
export function layoutOf(
  count: number,
  [, height = 1]: readonly number[],
  columns: number | undefined,
): GridOptions {
  // Large enough to look at, small enough for a screen.
  const scale = count > 256 ? 1 : Math.max(1, Math.floor(64 / height));
  return columns === undefined ? { scale } : { scale, columns };
}
