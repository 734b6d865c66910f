import type { Metadata, Sharp, SharpOptions } from "sharp";
import { amount } from "./amount.js";
import { FormatError } from "./errors.js";

let loaded: Promise<typeof import("sharp").default> | undefined;

/** sharp, which decodes and draws pictures: loaded when it is first needed, since its libraries take time to load. */
export function loadSharp(): Promise<typeof import("sharp").default> {
  loaded ??= import("sharp").then((module) => module.default);
  return loaded;
}

/** 8192 by 8192: several are decoded at once, at up to 8 bytes a pixel. */
export const MOST_PIXELS = 2 ** 26;
/** What any picture may have, however few its bytes: WebP keeps one colour in next to none. */
const SPARED_PIXELS = 2 ** 20;
/** Deflate's 1032:1 of one bit a pixel: no PNG or JPEG file has more. */
const MOST_PIXELS_A_BYTE = 8 * 1032;

/**
 * A picture that is decoded when asked for its pixels. Its size is read and judged here, before anything has it in memory.
 * @throws FormatError for more pixels than so many bytes can hold, and for more than 8192 by 8192; sharp's errors for
 * headers that it cannot read
 */
export async function openPicture(
  bytes: Uint8Array,
  options: SharpOptions,
): Promise<{ image: Sharp; channels: number; metadata: Metadata }> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { ...options, limitInputPixels: false });
  const metadata = await image.metadata();
  const { width = 0, height = 0, channels = 3 } = metadata;
  const pixels = width * height;
  if (pixels > Math.max(SPARED_PIXELS, bytes.length * MOST_PIXELS_A_BYTE))
    throw new FormatError(
      `claims ${width}x${height} pixels in ${amount(bytes.length, "bytes")}, which is impossible`,
    );
  if (pixels > MOST_PIXELS)
    throw new FormatError(`has ${width}x${height} pixels; the limit is ${MOST_PIXELS}: scale it down first`);
  return { image, channels, metadata };
}
