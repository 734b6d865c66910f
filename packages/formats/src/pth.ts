import { amount } from "./amount.js";
import type { NamedArrays } from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import { checkExpansion } from "./expansion.js";
import { asFormatError, openForReading, readInto } from "./files.js";
import { unpickle } from "./pickle.js";
import { MOST_PICKLE_BYTES } from "./pickleBytes.js";
import { isStreamCheckpoint, readStreamCheckpoint } from "./pthStream.js";
import { isTarCheckpoint, readTarCheckpoint } from "./pthTar.js";
import { flattenStateDict } from "./stateDict.js";
import { type PthValue, TorchHost, type TorchStorage } from "./torchObjects.js";
import { openZip, type ZipArchive, type ZipEntry } from "./zip.js";

export interface PthOptions {
  /** Told what of the file is not loaded, in a line for people. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/**
 * Reads a checkpoint that `torch.save` has written, whatever its name: since PyTorch 1.6 a zip archive of a pickle and
 * the tensors' storages, before it several pickles and the storages one after the other, before 0.1.10 a tar archive.
 * Nothing in it is run: the pickle is read by `unpickle`, which knows tensors, parameters and plain containers;
 * objects of other classes become PickleObjects, which do nothing, and are named to `onNote`. Tensors without gaps share
 * the memory of their storage, as they do in PyTorch (one storage may serve several); others are copied row by row, sparse
 * ones become dense, and types that Gantry has not are widened (widen.ts). Devices, requires_grad and hooks are left out.
 *
 * Throws {@link FormatError} for anything else: TorchScript, quantized tensors, functions that only an attack would name,
 * tensors that reach outside of their storage or expand to far more than the file holds, and damaged files.
 */
export async function readPth(path: string, { onNote }: PthOptions = {}): Promise<PthValue> {
  const { value, host } = await readContainer(path);
  if (host.note !== undefined) onNote?.(`${path}: ${host.note}`);
  return value;
}

/** Reads a checkpoint by {@link readPth} and names its tensors by {@link flattenStateDict}. */
export async function readStateDict(path: string, options: PthOptions = {}): Promise<NamedArrays> {
  return flattenStateDict(await readPth(path, options), path);
}

async function readContainer(path: string): Promise<{ value: PthValue; host: TorchHost }> {
  const host = new TorchHost();
  const start = await readStart(path, 512);
  if (isTarCheckpoint(start)) return { value: await readTarCheckpoint(path, host), host };
  if (isStreamCheckpoint(start)) return { value: await readStreamCheckpoint(path, host), host };
  if (start[0] === 0x80) {
    throw new FormatError("is a bare pickle, not a PyTorch checkpoint", {
      file: path,
      hint: "torch.save its tensors in PyTorch",
    });
  }
  if (start[0] === 0x1f && start[1] === 0x8b)
    throw new FormatError("is packed by gzip", { file: path, hint: "unpack it first: gunzip" });
  return { value: await readZipCheckpoint(path, host), host };
}

/** The first bytes of a file. Throws {@link FormatError}. */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  const { handle } = await openForReading(path);
  const start = new Uint8Array(length);
  try {
    return start.subarray(0, await readInto(handle, start, 0));
  } catch (error) {
    throw asFormatError(error, "cannot read", path);
  } finally {
    await handle.close();
  }
}

async function readZipCheckpoint(path: string, host: TorchHost): Promise<PthValue> {
  const zip = await openZip(path);
  try {
    const pickle = findPickle(zip);
    const folder = pickle.name.slice(0, -"data.pkl".length);
    if (zip.find(`${folder}constants.pkl`) !== undefined) {
      throw new FormatError("is a TorchScript program, not a checkpoint", {
        file: path,
        hint: "load it with torch.jit.load in Python and torch.save its state_dict()",
      });
    }
    const byteorder = zip.find(`${folder}byteorder`);
    const order =
      byteorder === undefined ? "little" : Buffer.from(await readShort(zip, byteorder)).toString();
    if (order !== "little" && order !== "big") {
      throw new FormatError(`has byte order ${quote(order)}, which is none`, { file: path });
    }
    const value = unpickle(await readShort(zip, pickle), host, path);
    const entries = Array.from(host.storages, (storage) => ({
      storage,
      entry: entryOf(storage, zip, folder),
    }));
    checkExpansion(
      zip.file,
      entries.map(({ entry }) => entry),
    );
    for (const { storage, entry } of entries) storage.fill(await zip.read(entry), order === "big");
    host.fill(path);
    return value;
  } finally {
    await zip.close();
  }
}

/** An entry that is no storage: looked at before it is unpacked. */
async function readShort(zip: ZipArchive, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.size > MOST_PICKLE_BYTES) {
    throw new FormatError(
      `has a pickle of ${amount(entry.size, "bytes")}; the limit is ${MOST_PICKLE_BYTES}`,
      {
        file: zip.file,
      },
    );
  }
  return await zip.read(entry);
}

/** The pickle, in the folder that everything lies in: torch.save names it after the file, or `archive`. */
function findPickle(zip: ZipArchive): ZipEntry {
  const [pickle, ...others] = zip.entries.filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new FormatError("is a zip archive without a data.pkl, not a PyTorch checkpoint", {
      file: zip.file,
    });
  }
  if (others.length > 0) throw new FormatError("has more than one data.pkl", { file: zip.file });
  return pickle;
}

function entryOf({ key, bytes }: TorchStorage, zip: ZipArchive, folder: string): ZipEntry {
  const entry = zip.find(`${folder}data/${key}`);
  if (entry === undefined) {
    throw new FormatError(`has no storage ${quote(key)}`, { file: zip.file, hint: "the file is damaged" });
  }
  if (entry.size !== bytes) {
    throw new FormatError(`storage ${quote(key)} has ${amount(entry.size, "bytes")}, not ${bytes}`, {
      file: zip.file,
      hint: "the file is damaged",
    });
  }
  return entry;
}
