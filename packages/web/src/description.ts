import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Numbers of a latent that mean something: one of several, as zeros and a one, or a number in [-1, 1]. */
export interface Code {
  readonly kind: "categorical" | "continuous";
  /** Where it begins in the latent. */
  readonly from: number;
  /** How many numbers it has: its categories, or 1. */
  readonly length: number;
}

/** What latents look like and where they come from. */
export interface Prior {
  readonly size: number;
  /** normal: N(0, 1); uniform: U(-1, 1); unit: U(0, 1). */
  readonly distribution: "normal" | "uniform" | "unit";
  readonly codes: readonly Code[];
}

/** What a generator's file says of it. */
export interface Description {
  readonly prior: Prior;
  /** Undefined for a generator without classes. */
  readonly classes: { readonly count: number; readonly names?: readonly string[] } | undefined;
  /** Smallest and largest number of an image; undefined for points. */
  readonly range: readonly [number, number] | undefined;
  /** The checksum of the checkpoint that it comes from. */
  readonly checkpoint: string;
  readonly recipe: string;
  readonly iteration: number;
}

/** Of onnx's ModelProto: metadata_props, entries of a key (1) and a value (2). */
const METADATA = 14;

/** What an ONNX file says of itself: its metadata, by key. */
function readMetadata(bytes: Uint8Array): Map<string, string> {
  const reader = new BinaryReader(bytes);
  const found = new Map<string, string>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field !== METADATA || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      continue;
    }
    const entry = new BinaryReader(reader.bytes());
    const parts = new Map<number, string>();
    while (entry.pos < entry.len) parts.set(entry.tag()[0], entry.string());
    found.set(parts.get(1) ?? "", parts.get(2) ?? "");
  }
  return found;
}

/**
 * @param bytes an ONNX file's
 * @throws Error for a file that is none, or none of a generator that Gantry exported
 */
export function describe(bytes: Uint8Array): Description {
  let metadata: Map<string, string>;
  try {
    metadata = readMetadata(bytes);
  } catch (error) {
    throw new Error("this is no ONNX file", { cause: error });
  }
  const given = metadata.get("gantry.prior");
  if (given === undefined || metadata.get("gantry.player") !== "generator")
    throw new Error("this file is of no generator that 'gantry export' wrote");
  const json = <T>(key: string): T | undefined => {
    const text = metadata.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  return {
    prior: JSON.parse(given) as Prior,
    classes: json("gantry.classes"),
    range: json("gantry.range"),
    checkpoint: metadata.get("gantry.checkpoint") ?? "",
    recipe: metadata.get("gantry.recipe") ?? "",
    iteration: Number(metadata.get("gantry.iteration") ?? 0),
  };
}
