import { basename, extname } from "node:path";
import { amount } from "./amount.js";
import type { ArrayValue, NamedArrays } from "./dtype.js";
import { FormatError } from "./errors.js";
import { isNpy, isNpzArray, readNpy, readNpz } from "./npy.js";
import { type PthOptions, readPth, readStart } from "./pth.js";
import { isStreamCheckpoint } from "./pthStream.js";
import { isTarCheckpoint } from "./pthTar.js";
import { isSafetensors, readSafetensors } from "./safetensors.js";
import { flattenStateDict } from "./stateDict.js";
import type { PthValue } from "./torchObjects.js";
import { openZip } from "./zip.js";

type Kind = "npy" | "npz" | "pth" | "safetensors";

/** What a name says, where the contents say nothing: its reader then says best what is wrong. */
const ENDINGS: Readonly<Record<string, Kind>> = {
  ".npy": "npy",
  ".npz": "npz",
  ".safetensors": "safetensors",
  ".pth": "pth",
  ".pt": "pth",
  ".ckpt": "pth",
};

/**
 * The arrays of a file: a checkpoint of PyTorch's, safetensors, .npy or .npz. Its contents say which it is, whatever its
 * name. A file of one array without a name has that of the file, without its ending.
 *
 * Throws {@link FormatError} for other files, and as the reader of its kind does.
 */
export async function readArrays(path: string, options: PthOptions = {}): Promise<NamedArrays> {
  const name = nameOf(path);
  switch (await kindOf(path)) {
    case "npy":
      return new Map([[name, await readNpy(path)]]);
    case "npz":
      return await readNpz(path, options);
    case "safetensors":
      return (await readSafetensors(path)).arrays;
    case "pth":
      return flattenStateDict(await readPth(path, options), path, name);
  }
}

/** A file that {@link readArrays} reads, as the tree that it holds: of checkpoints more than their tensors. */
export async function readTree(path: string, options: PthOptions = {}): Promise<PthValue> {
  return (await kindOf(path)) === "pth" ? await readPth(path, options) : new Map(await readArrays(path));
}

/** The one array of a file, of a kind that {@link readArrays} reads. Throws {@link FormatError} for none and for several. */
export async function readOneArray(path: string, options: PthOptions = {}): Promise<ArrayValue> {
  const arrays = await readArrays(path, options);
  const [first, ...others] = arrays.values();
  if (first !== undefined && others.length === 0) return first;
  throw new FormatError(`holds ${amount(arrays.size, "arrays")}, and one is needed`, { file: path });
}

async function kindOf(path: string): Promise<Kind> {
  const start = await readStart(path, 512);
  if (isNpy(start)) return "npy";
  if (isTarCheckpoint(start) || isStreamCheckpoint(start)) return "pth";
  if (start[0] === 0x50 && start[1] === 0x4b) return await kindOfZip(path);
  if (isSafetensors(start)) return "safetensors";
  const named = ENDINGS[extname(path).toLowerCase()];
  if (named !== undefined) return named;
  if (start[0] === 0x80 || (start[0] === 0x1f && start[1] === 0x8b)) return "pth";
  throw new FormatError("is none of the kinds that are read", {
    file: path,
    hint: "give a checkpoint of PyTorch's, a .safetensors, .npz or .npy file, or a folder of .npy files",
  });
}

async function kindOfZip(path: string): Promise<Kind> {
  const zip = await openZip(path);
  try {
    const isCheckpoint = zip.entries.some(({ name }) => name === "data.pkl" || name.endsWith("/data.pkl"));
    return !isCheckpoint && zip.entries.some(({ name }) => isNpzArray(name)) ? "npz" : "pth";
  } finally {
    await zip.close();
  }
}

/** `model` for `folder/model.pth.tar`. */
function nameOf(path: string): string {
  const name = basename(path).replace(/\.(npy|npz|safetensors|pth|pt|ckpt|bin|tar)(?=\.|$)/gi, "");
  return name === "" ? "tensor" : name;
}
