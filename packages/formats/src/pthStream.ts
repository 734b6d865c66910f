import { amount } from "./amount.js";
import { FormatError, quote } from "./errors.js";
import { readFileBytes } from "./files.js";
import { unpickleFirst } from "./pickle.js";
import type { PthValue, TorchHost, TorchStorage } from "./torchObjects.js";

/** The number whose pickle comes first (torch/serialization.py, MAGIC_NUMBER), as every protocol writes it. */
const MAGIC = Buffer.from("8a0a6cfc9c46f9206aa85019", "hex");

/** The same as protocol 1 writes it. */
const MAGIC_LINE = Buffer.from("L119547037146038801333356L\n.");

/** Whether a file begins as torch.save wrote it before 1.6: a pickle, of any protocol, of the magic number. */
export function isStreamCheckpoint(start: Uint8Array): boolean {
  if (MAGIC_LINE.equals(start.subarray(0, MAGIC_LINE.length))) return true;
  if (start[0] !== 0x80) return false;
  const at = Buffer.from(start).indexOf(MAGIC);
  // Behind the protocol and, from 4 on, a frame's length.
  return at === 2 || at === 11;
}

/**
 * The format of before 1.6, in which much of what is published still is: the pickles of a magic number, a protocol's
 * number, facts about the machine, the object, and the list of its storages' keys; then each storage in the list's order,
 * as its number of elements (int64) and its bytes. Source: torch/serialization.py, _legacy_save.
 */
export async function readStreamCheckpoint(path: string, host: TorchHost): Promise<PthValue> {
  const bytes = await readFileBytes(path);
  const damaged = (problem: string): FormatError =>
    new FormatError(problem, { file: path, hint: "the file is damaged" });
  let position = 0;
  const next = (): PthValue => {
    const { value, length } = unpickleFirst(bytes.subarray(position), host, path);
    position += length;
    return value;
  };
  next();
  const protocol = next();
  if (protocol !== 1001) throw new FormatError(`has protocol ${protocol}, and 1001 is known`, { file: path });
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    throw new FormatError("was not written by a little-endian machine", { file: path });
  }
  const value = next();
  const keys = next();
  // Views are parts of the others.
  const storages = new Map<string, TorchStorage>();
  for (const storage of host.storages) if (storage.view === undefined) storages.set(storage.key, storage);
  if (!Array.isArray(keys) || keys.length !== storages.size || new Set(keys).size !== keys.length) {
    throw damaged("its list of storages is not that of its tensors");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) throw damaged("it lists a storage that no tensor has");
    const size = storage.bytes;
    if (position + 8 + size > bytes.length) throw damaged("is cut off");
    if (view.getBigInt64(position, true) !== BigInt(storage.length)) {
      throw damaged(`storage ${quote(storage.key)} has not the length that its tensors say`);
    }
    // A copy, and so aligned: views of it need none.
    storage.fill(bytes.slice(position + 8, position + 8 + size), false);
    position += 8 + size;
  }
  if (position !== bytes.length)
    throw damaged(`has ${amount(bytes.length - position, "bytes")} after its last storage`);
  host.fill(path);
  return value;
}
