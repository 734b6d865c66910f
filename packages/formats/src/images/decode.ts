import { FormatError } from "../errors.js";
import { lanczosResampler, type Resample } from "../lanczos.js";
import { MOST_PIXELS, openPicture } from "../sharp.js";
import { HEIC_REMEDY, type ImageKind, kindOf } from "./kinds.js";

/** How images are decoded. */
export interface DecodeOptions {
  /** Height and width to scale every image to, in pixels (Lanczos 3, as Pillow's). Default: as stored. */
  readonly size?: number | undefined;
  /** With `size`: cut the square out of the middle first (`centre-crop`, the default), or squeeze (`resize`). */
  readonly fit?: "resize" | "centre-crop" | undefined;
  /** 3 (default), or 1: grey as ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B. */
  readonly channels?: 1 | 3 | undefined;
  /** What shows through where an image is transparent: `white` (default), `black` or `#rrggbb`. */
  readonly background?: string | undefined;
}

/** One image, as bytes. */
export interface DecodedImage {
  /** C,H,W. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The largest value stored, for an image of 16 bits a sample; undefined for one of 8. */
  readonly deepest: number | undefined;
  /** Pictures in the file: more than one in an animation, of which the first is taken. */
  readonly frames: number;
}

/** An image with its channels next to each other, 1 to 4 of them: grey or RGB, with alpha or without. */
interface Raw {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly deepest: number | undefined;
  readonly frames: number;
}

/**
 * Decodes one image, in this order: turned upright by its EXIF orientation; to sRGB, by its colour profile where it has one
 * (CMYK without one by that of libvips); 16 bits to 8 by the upper ones; laid on the background where it is transparent; to
 * grey where asked; cut; scaled.
 *
 * @param name what the file is called; an SVG must be called one
 * @throws {FormatError} what is not an image of a kind that is read, or is broken
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const kind = kindOf(bytes);
  if (bytes.length === 0) throw new FormatError("is empty");
  if (kind === undefined || (kind === "svg" && !/\.svg$/i.test(name)))
    throw new FormatError("is not JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP");
  const raw = kind === "bmp" ? await fromBmp(bytes) : await fromSharp(bytes, kind);
  const { size, fit = "centre-crop", channels = 3, background = "white" } = options;
  const side = Math.min(raw.width, raw.height);
  const cropped = size !== undefined && fit === "centre-crop";
  const height = cropped ? side : raw.height;
  const width = cropped ? side : raw.width;
  // As StyleGAN's tool cuts: whole pixels, the odd one left at the right and at the bottom.
  const top = Math.floor((raw.height - height) / 2);
  const left = Math.floor((raw.width - width) / 2);
  const stored = planes(raw, channels, colour(background), { top, left, height, width });
  const { deepest, frames } = raw;
  if (size === undefined || (height === size && width === size))
    return { pixels: stored, shape: [channels, height, width], deepest, frames };
  const resample = resampler(height, width, size);
  const pixels = new Uint8Array(channels * size * size);
  for (let plane = 0; plane < channels; plane++)
    resample(
      stored.subarray(plane * height * width, (plane + 1) * height * width),
      pixels.subarray(plane * size * size, (plane + 1) * size * size),
    );
  return { pixels, shape: [channels, size, size], deepest, frames };
}

async function fromSharp(bytes: Uint8Array, kind: ImageKind): Promise<Raw> {
  const picture = await openPicture(bytes, { failOn: "error" }).catch((error: unknown) => {
    throw kind === "heif" && !(error instanceof FormatError) ? new FormatError(HEIC) : error;
  });
  const { image } = picture;
  const { depth, pages = 1, compression } = picture.metadata;
  if (depth !== "uchar" && depth !== "ushort")
    throw new FormatError(`stores samples of type ${depth}, not of 8 or 16 bits`);
  const deep = depth === "ushort";
  const { data, info } = await image
    .autoOrient()
    .toColourspace(deep ? "rgb16" : "srgb")
    .raw({ depth: deep ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      if (compression === "hevc") throw new FormatError(HEIC);
      // What the decoders do not explain.
      const known = error instanceof Error && error.message !== "Unknown error";
      throw known ? error : new FormatError("ends early, or is damaged", { cause: error });
    });
  const { width, height, channels } = info;
  if (!deep) return { data, width, height, channels, deepest: undefined, frames: pages };
  const wide = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const narrow = new Uint8Array(wide.length);
  let deepest = 0;
  for (let at = 0; at < wide.length; at++) {
    const value = wide[at]!;
    const isAlpha = channels % 2 === 0 && at % channels === channels - 1;
    if (value > deepest && !isAlpha) deepest = value;
    narrow[at] = value >> 8;
  }
  return { data: narrow, width, height, channels, deepest, frames: pages };
}

const HEIC = `is HEIC, which cannot be read here; ${HEIC_REMEDY}`;

async function fromBmp(bytes: Uint8Array): Promise<Raw> {
  const { decode: decodeBmp } = await import("bmp-ts");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 26) throw new FormatError("ends early");
  const [claimedWidth, claimedHeight] =
    view.getUint32(14, true) === 12
      ? [view.getUint16(18, true), view.getUint16(20, true)]
      : [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  if (!(claimedWidth > 0 && claimedHeight > 0 && claimedWidth * claimedHeight <= MOST_PIXELS))
    throw new FormatError(`claims to be ${claimedWidth}x${claimedHeight}`);
  let decoded: ReturnType<typeof decodeBmp>;
  try {
    decoded = decodeBmp(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (cause) {
    const early = cause instanceof RangeError;
    throw new FormatError(early ? "ends early" : `is BMP that cannot be read: ${String(cause)}`, { cause });
  }
  // The decoder gives alpha, blue, green, red. Only 32 bits hold alpha, and many writers leave it zero.
  const { data: turned, width, bitPP } = decoded;
  const height = Math.abs(decoded.height);
  const data = new Uint8Array(turned.length);
  let seen = false;
  for (let at = 0; at < turned.length; at += 4) {
    data[at] = turned[at + 3]!;
    data[at + 1] = turned[at + 2]!;
    data[at + 2] = turned[at + 1]!;
    data[at + 3] = turned[at]!;
    seen ||= turned[at] !== 0;
  }
  if (bitPP !== 32 || !seen) for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return { data, width, height, channels: 4, deepest: undefined, frames: 1 };
}

/** Cuts, lays on the background, and turns to one plane a channel. */
function planes(
  raw: Raw,
  channels: 1 | 3,
  background: readonly [number, number, number],
  box: { readonly top: number; readonly left: number; readonly height: number; readonly width: number },
): Uint8Array {
  const { data, channels: stored } = raw;
  const area = box.height * box.width;
  const out = new Uint8Array(channels * area);
  const [green, blue] = stored >= 3 ? [1, 2] : [0, 0];
  const alphaAt = stored % 2 === 0 ? stored - 1 : -1;
  const rgb = [0, 0, 0];
  let to = 0;
  for (let y = 0; y < box.height; y++) {
    let from = ((box.top + y) * raw.width + box.left) * stored;
    for (let x = 0; x < box.width; x++, from += stored, to++) {
      rgb[0] = data[from]!;
      rgb[1] = data[from + green]!;
      rgb[2] = data[from + blue]!;
      const alpha = alphaAt < 0 ? 255 : data[from + alphaAt]!;
      if (alpha < 255)
        for (let channel = 0; channel < 3; channel++)
          rgb[channel] = Math.round((rgb[channel]! * alpha + background[channel]! * (255 - alpha)) / 255);
      if (channels === 3) {
        out[to] = rgb[0]!;
        out[area + to] = rgb[1]!;
        out[2 * area + to] = rgb[2]!;
      } else {
        // BT.601 in 16-bit fixed point, as Pillow's convert("L").
        out[to] = (rgb[0]! * 19595 + rgb[1]! * 38470 + rgb[2]! * 7471 + 0x8000) >> 16;
      }
    }
  }
  return out;
}

/** `white`, `black` or `#rrggbb`. */
export const BACKGROUND = /^(white|black|#[0-9a-f]{6})$/i;

function colour(text: string): [number, number, number] {
  const digits = { white: "ffffff", black: "000000" }[text.toLowerCase()] ?? text.slice(1);
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)) as [number, number, number];
}

/** Weights of the sizes met last: most sets have few sizes. */
const resamplers = new Map<string, Resample>();
const MOST_RESAMPLERS = 32;

function resampler(height: number, width: number, size: number): Resample {
  const key = `${height} ${width} ${size}`;
  const found = resamplers.get(key) ?? lanczosResampler(height, width, size, size);
  resamplers.delete(key);
  resamplers.set(key, found);
  if (resamplers.size > MOST_RESAMPLERS) resamplers.delete(resamplers.keys().next().value!);
  return found;
}
