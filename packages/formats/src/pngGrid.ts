import { promisify } from "node:util";
import { crc32, deflate, type ZlibOptions } from "node:zlib";
import { amount } from "./amount.js";
import { concatBytes } from "./bytes.js";
import { FormatError } from "./errors.js";
import { MOST_PIXELS, openPicture } from "./sharp.js";

/** One image, or several of the same shape, as planes of unsigned bytes. */
export interface Pixels {
  /** Channels (1 grey, 3 red, green, blue), height, width. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** `C*H*W` bytes, contiguous, rows from the top. */
  readonly data: Uint8Array;
}

/** How a grid of images is laid out. */
export interface GridOptions {
  /** Images in a row. Default: the square root of their number, rounded up. */
  readonly columns?: number;
  /** Pixels around and between images, before enlarging. Default: 2. */
  readonly padding?: number;
  /** Enlarge by this whole factor, every pixel becoming a square. Default: 1. */
  readonly scale?: number;
  /** Grey level of the padding and of empty places, 0..255. Default: 0. */
  readonly background?: number;
}

const CHANNELS: ReadonlySet<number> = new Set([1, 3]);

/**
 * Height and width of a grid of `count` images, in pixels.
 *
 * @throws {FormatError} more pixels than a picture is read with (2^26), or a layout option that is not a sensible whole number.
 */
export function gridSize(
  count: number,
  [, height, width]: Pixels["shape"],
  options: GridOptions = {},
): readonly [height: number, width: number] {
  const columns = whole("columns", options.columns ?? Math.ceil(Math.sqrt(count)), 1, 65_535);
  const padding = whole("padding", options.padding ?? 2, 0, 1024);
  const scale = whole("scale", options.scale ?? 1, 1, 64);
  const rows = Math.ceil(count / columns);
  const size = [
    (padding + rows * (height + padding)) * scale,
    (padding + columns * (width + padding)) * scale,
  ] as const;
  if (size[0] * size[1] > MOST_PIXELS)
    throw new FormatError(
      `a grid of ${amount(count, "images")} is ${size[1]}x${size[0]} pixels; the limit is ${MOST_PIXELS}`,
    );
  return size;
}

/**
 * Lays out N images row by row in one picture.
 *
 * @param images `data` holds N*C*H*W bytes, N at least 1; `shape` is that of one image.
 * @throws {FormatError} a channel count other than 1 or 3, bytes that are not a whole number of images, or a layout
 * option that is not a sensible whole number; a picture of more than 2^26 pixels.
 */
export function layOutGrid(images: Pixels, options: GridOptions = {}): Pixels {
  const [channels, height, width] = images.shape;
  const size = checkShape(images.shape);
  const count = images.data.length / size;
  if (count < 1 || !Number.isInteger(count)) {
    throw new FormatError(
      `a length of ${amount(images.data.length, "bytes")} is not a whole number of ${sizes(images.shape)} images`,
    );
  }
  const [outHeight, outWidth] = gridSize(count, images.shape, options);
  const { columns = Math.ceil(Math.sqrt(count)), padding = 2, scale = 1 } = options;
  const background = whole("background", options.background ?? 0, 0, 255);
  const plane = outHeight * outWidth;
  const data = new Uint8Array(channels * plane).fill(background);
  for (let index = 0; index < count; index++) {
    const top = (padding + Math.floor(index / columns) * (height + padding)) * scale;
    const left = (padding + (index % columns) * (width + padding)) * scale;
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        const from = index * size + (channel * height + y) * width;
        const to = channel * plane + (top + y * scale) * outWidth + left;
        for (let x = 0; x < width; x++) {
          data.fill(images.data[from + x]!, to + x * scale, to + (x + 1) * scale);
        }
        for (let copy = 1; copy < scale; copy++) {
          data.copyWithin(to + copy * outWidth, to, to + width * scale);
        }
      }
    }
  }
  return { shape: [channels, outHeight, outWidth], data };
}

/**
 * A grid of N images as one PNG file. The same images and options give the same bytes.
 *
 * @throws {FormatError} as {@link layOutGrid}.
 */
export async function pngGrid(images: Pixels, options: GridOptions = {}): Promise<Uint8Array> {
  return await encodePng(layOutGrid(images, options));
}

/**
 * One image as a PNG file, without loss: 8-bit grey for one channel, 8-bit RGB for three.
 *
 * @throws {FormatError} a channel count other than 1 or 3, or bytes that do not match the shape.
 */
export async function encodePng(image: Pixels): Promise<Uint8Array> {
  const [channels, height, width] = image.shape;
  if (checkShape(image.shape) !== image.data.length) {
    throw new FormatError(
      `a length of ${amount(image.data.length, "bytes")} is not one ${sizes(image.shape)} image`,
    );
  }
  const pixels = interleave(image);
  const row = width * channels;
  // A row begins with the number of its filter: 0, none.
  const rows = new Uint8Array(height * (1 + row));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * row, (y + 1) * row), y * (1 + row) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? GREY : RGB], 8);
  return concatBytes([
    Uint8Array.from(SIGNATURE),
    ...chunk("IHDR", header),
    ...chunk("IDAT", await deflateInBackground(rows, { level: 6 })),
    ...chunk("IEND", new Uint8Array()),
  ]);
}

const deflateInBackground = promisify<Uint8Array, ZlibOptions, Uint8Array>(deflate);

/** Colour types of the PNG specification. */
const GREY = 0;
const RGB = 2;

/** A chunk of a PNG file, in pieces: its length, its name with its data, and the CRC-32 of these. */
function chunk(name: string, data: Uint8Array): Uint8Array[] {
  const number = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
  };
  const named = concatBytes([new TextEncoder().encode(name), data]);
  return [number(data.length), named, number(crc32(named))];
}

/**
 * Reads a PNG file: grey to one channel, everything else to three. Transparency is dropped, 16 bits become 8.
 *
 * @throws {FormatError} bytes that are not a whole PNG file.
 */
export async function decodePng(
  bytes: Uint8Array,
  options: { readonly file?: string } = {},
): Promise<Pixels> {
  const { file } = options;
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) {
    throw new FormatError("is not a PNG file", { file });
  }
  try {
    const { image, channels: stored } = await openPicture(bytes, { failOn: "warning" });
    const { data, info } = await image
      .removeAlpha()
      .toColourspace(stored <= 2 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const shape = [info.channels, info.height, info.width] as const;
    return { shape, data: planes(data, shape) };
  } catch (cause) {
    const problem = cause instanceof FormatError ? cause.message : "is a damaged PNG file";
    throw new FormatError(problem, { file, cause });
  }
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** From interleaved pixels (H,W,C) to planes (C,H,W), into `out` when given. */
export function planes(
  interleaved: Uint8Array,
  shape: Pixels["shape"],
  out: Uint8Array = new Uint8Array(interleaved.length),
): Uint8Array {
  const [channels, height, width] = shape;
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++) {
    let from = channel;
    for (let to = channel * plane; to < (channel + 1) * plane; to++) {
      out[to] = interleaved[from]!;
      from += channels;
    }
  }
  return out;
}

/** From planes (C,H,W) to interleaved pixels (H,W,C). */
export function interleave({ shape, data }: Pixels): Uint8Array {
  const [channels, height, width] = shape;
  if (channels === 1) return data;
  const plane = height * width;
  const out = new Uint8Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    let to = channel;
    for (let from = channel * plane; from < (channel + 1) * plane; from++) {
      out[to] = data[from]!;
      to += channels;
    }
  }
  return out;
}

function checkShape(shape: Pixels["shape"]): number {
  const [channels, height, width] = shape;
  const valid = [height, width].every((length) => Number.isInteger(length) && length >= 1);
  if (!CHANNELS.has(channels) || !valid) {
    throw new FormatError(`${sizes(shape)} is not the shape of an image of 1 or 3 channels`);
  }
  return channels * height * width;
}

function whole(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new FormatError(`the grid's ${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
  return value;
}

function sizes(shape: readonly number[]): string {
  return shape.join("x");
}

/** What a PNG file's header says. */
export interface PngSize {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour (also of a palette), 4 colour and alpha: what TensorBoard calls the colorspace. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** Channels by PNG's colour type. */
const CHANNELS_OF_TYPE: Readonly<Record<number, PngSize["channels"]>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/**
 * Width and height of a PNG file, from its header alone.
 * @throws {FormatError} bytes that are no PNG file.
 */
export function pngSize(bytes: Uint8Array): PngSize {
  const channels = CHANNELS_OF_TYPE[bytes[25] ?? -1];
  if (channels === undefined || !SIGNATURE.every((byte, index) => bytes[index] === byte)) {
    throw new FormatError("is not a PNG file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20), channels };
}
