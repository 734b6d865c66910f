import type { Pixels } from "@gantry/formats";
import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import { layoutOf } from "./limit.js";
import type { MovingKind } from "./outputs.js";

/** Milliseconds of a frame on the way between two latents, and of one that is another kind of image. */
const GLIDE = 50;
const STEP = 500;

/**
 * Ways between latents, or a code's values, as a picture that moves: all ways at once, a tile each, there and back.
 * @param data rows of `frames` images
 * @param steps whether one frame does not lead to the next: categories of a code
 */
export async function writeWays(
  out: string,
  kind: MovingKind,
  sampler: Sampler,
  data: Float32Array,
  { frames, steps }: { readonly frames: number; readonly steps: boolean },
): Promise<void> {
  const { layOutGrid } = await import("@gantry/formats");
  const { toBytes } = await import("@gantry/gan");
  const { scope, torch } = await import("@gantry/torch");
  const [channels = 0, height = 0, width = 0] = sampler.data.shape;
  const size = channels * height * width;
  const bytes = scope(() => toBytes(torch.fromTypedArray(data)));
  const ways = bytes.length / size / frames;
  const shape = [channels, height, width] as const;
  const there = Array.from({ length: frames }, (_, frame) => {
    const tiles = new Uint8Array(ways * size);
    for (let way = 0; way < ways; way++) {
      const from = (way * frames + frame) * size;
      tiles.set(bytes.subarray(from, from + size), way * size);
    }
    return layOutGrid({ data: tiles, shape }, layoutOf(ways, shape, undefined));
  });
  const all = steps ? there : [...there, ...there.slice(1, -1).reverse()];
  await writeMoving(
    out,
    kind,
    all,
    all.map(() => (steps ? STEP : GLIDE)),
  );
}

/** Writes frames, each shown for so many milliseconds. */
export async function writeMoving(
  out: string,
  kind: MovingKind,
  frames: readonly Pixels[],
  delays: readonly number[],
): Promise<void> {
  if (kind === "mp4") {
    const { writeVideo } = await import("./video.js");
    return await writeVideo(out, frames, delays);
  }
  const { encodeAnimation, writeFileAtomically } = await import("@gantry/formats");
  await writeFileAtomically(out, await encodeAnimation(frames, kind, delays));
}

/** @throws UsageProblem for what cannot be drawn as ways that move */
export function refuseStill(out: string, kind: MovingKind, isWay: boolean, isPoints: boolean): void {
  if (isPoints)
    throw new UsageProblem(
      `--out ${out}: of points what moves is the training: --training, or take FILE.png`,
    );
  if (!isWay)
    throw new UsageProblem(
      `--out ${out}: a .${kind} moves; give --interpolate, --vary or --training, or take FILE.png`,
    );
}
