import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type ArrayValue, readOneArray, toFloat32 } from "@gantry/formats";
import { scope, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { describeQuantisation, type ImageSource, type Quantisation, quantise } from "../metrics/images.js";

/** What a .npy file holds. */
export type ArrayContent = {
  /** Of the numbers. */
  readonly digest: string;
  readonly name: string;
} & (
  | {
      readonly kind: "images";
      readonly shape: ImageSource["shape"];
      readonly count: number;
      /** N*C*H*W. */
      readonly data: Uint8Array;
      /** How the numbers became bytes, as {@link ImageSource.quantisation}. */
      readonly quantisation: string;
    }
  | { readonly kind: "points"; readonly count: number; readonly data: Float32Array }
);

/** Beyond -1 and 1 by rounding, and no further. */
const SLACK = 1e-3;

/**
 * Reads images or points. Images are N,C,H,W or N,H,W,C or N,H,W; of bytes, or of floats in [-1, 1] (what Gantry writes)
 * or, where none is below 0, in [0, 1]. Points are floats N,2.
 * @throws {UsageError} other shapes, numbers beyond those ranges, NaN
 */
export async function readArray(path: string, quantisation: Quantisation): Promise<ArrayContent> {
  const array = await readOneArray(path);
  const name = basename(path);
  const digest = createHash("sha256")
    .update(JSON.stringify([array.dtype, array.shape]))
    .update(array.data);
  const { shape, dtype } = array;
  const isFloat = dtype.startsWith("float");
  if (shape[0] === 0) throw new UsageError(`${path} is empty: its shape is ${shape.join(" x ")}`);
  if (shape.length === 2 && shape[1] === 2 && isFloat) {
    const data = toFloat32(array);
    if (!data.every(Number.isFinite)) throw new UsageError(`${path} holds numbers that are not finite`);
    return { kind: "points", name, count: shape[0]!, data, digest: digest.digest("hex") };
  }
  const layout = layoutOf(path, shape);
  if (!isFloat && dtype !== "uint8")
    throw new UsageError(`${path} holds ${dtype}; images are uint8, or floats in [-1, 1] or [0, 1]`);
  const how = isFloat ? floatsToBytes(path, array, quantisation) : { data: array.data, quantisation: "none" };
  const data = layout.last ? channelsFirst(how.data, layout.shape) : how.data;
  return {
    kind: "images",
    name,
    shape: layout.shape,
    count: shape[0]!,
    data,
    quantisation: how.quantisation,
    digest: digest.update(how.quantisation).digest("hex"),
  };
}

function layoutOf(path: string, shape: readonly number[]): { shape: ImageSource["shape"]; last: boolean } {
  const [, a = 0, b = 0, c = 0] = shape;
  const isColour = (extent: number) => extent === 1 || extent === 3;
  if (shape.length === 3) return { shape: [1, a, b], last: false };
  if (shape.length === 4 && isColour(a) && !isColour(c)) return { shape: [a, b, c], last: false };
  if (shape.length === 4 && isColour(c) && !isColour(a)) return { shape: [c, a, b], last: true };
  throw new UsageError(
    `${path} has the shape ${shape.join(" x ")}; images are N x C x H x W, N x H x W x C (C 1 or 3) or N x H x W, points N x 2 floats`,
  );
}

function floatsToBytes(
  path: string,
  array: ArrayValue,
  quantisation: Quantisation,
): { data: Uint8Array; quantisation: string } {
  const values = toFloat32(array);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) throw new UsageError(`${path} holds numbers that are not finite`);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least < -1 - SLACK || most > 1 + SLACK)
    throw new UsageError(
      `${path} holds floats from ${least} to ${most}; images are floats in [-1, 1] or [0, 1], or uint8`,
    );
  const unit = least >= 0;
  const data = scope(() => {
    const floats = torch.fromTypedArray(values);
    return quantise(unit ? floats.mul(2).sub(1) : floats, quantisation).toTypedArray() as Uint8Array;
  });
  return { data, quantisation: `${describeQuantisation(quantisation)}, of ${unit ? "[0, 1]" : "[-1, 1]"}` };
}

function channelsFirst(data: Uint8Array, [channels, height, width]: ImageSource["shape"]): Uint8Array {
  const out = new Uint8Array(data.length);
  const area = height * width;
  for (let image = 0; image < data.length; image += channels * area)
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < area; pixel++)
        out[image + channel * area + pixel] = data[image + pixel * channels + channel]!;
  return out;
}
