import { FormatError } from "./errors.js";
import { interleave, type Pixels } from "./pngGrid.js";
import { loadSharp, MOST_PIXELS } from "./sharp.js";

/** How a picture that moves is kept. */
export type AnimationKind = "gif" | "webp";

/**
 * Frames as one picture that moves, over and over. GIF has 256 colours, WebP all of them, here with small losses.
 * @param frames all of one shape
 * @param delays milliseconds that each is shown for; GIF knows hundredths of a second
 * @throws {FormatError} no frames, frames of different shapes, or more pixels than 2^26
 */
export async function encodeAnimation(
  frames: readonly Pixels[],
  kind: AnimationKind,
  delays: readonly number[],
): Promise<Uint8Array> {
  const [height, width] = frameSize(frames);
  const page = 3 * height * width;
  const all = new Uint8Array(frames.length * page);
  for (const [i, frame] of frames.entries()) all.set(rgb(frame), i * page);
  const sharp = await loadSharp();
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const;
  const image = sharp(all, { raw, limitInputPixels: false });
  const options = { delay: [...delays], loop: 0 };
  return await (kind === "gif" ? image.gif(options) : image.webp({ ...options, quality: 90 })).toBuffer();
}

/**
 * Height and width of every frame.
 * @throws {FormatError} as {@link encodeAnimation}
 */
export function frameSize(frames: readonly Pixels[]): readonly [height: number, width: number] {
  const [first] = frames;
  if (first === undefined) throw new FormatError("a picture that moves needs frames, and there are none");
  const [, height, width] = first.shape;
  if (frames.some(({ shape }) => shape[1] !== height || shape[2] !== width))
    throw new FormatError("the frames of a picture that moves are not all of one size");
  if (frames.length * height * width > MOST_PIXELS)
    throw new FormatError(
      `${frames.length} frames of ${width}x${height} pixels are too many for a picture that moves; the limit is ${MOST_PIXELS} pixels in all`,
    );
  return [height, width];
}

/** Red, green and blue of every pixel, one after the other. */
export function rgb(frame: Pixels): Uint8Array {
  if (frame.shape[0] === 3) return interleave(frame);
  const out = new Uint8Array(3 * frame.data.length);
  for (const [i, value] of frame.data.entries()) out.fill(value, 3 * i, 3 * i + 3);
  return out;
}
