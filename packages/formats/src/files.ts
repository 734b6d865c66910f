import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { amount } from "./amount.js";
import { FormatError } from "./errors.js";

/** The most bytes asked of the system in one call: Linux stops just short of 2 GiB. */
const CHUNK = 1 << 30;
/** Smaller pieces are joined up to this size before they are written. */
const BLOCK = 1 << 20;

/** Plain words for the errors of the system that a user can do something about. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "disk quota is used up",
  EFBIG: "the file is larger than the file system or a limit allows",
  EIO: "the disk reports an input or output error",
  EISDIR: "it is a folder, not a file",
  ELOOP: "its symbolic links go in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENFILE: "too many files are open",
  ENOENT: "no such file or folder",
  ENOSPC: "disk is full",
  ENOTDIR: "a part of its path is a file, not a folder",
  EPERM: "permission denied",
  EROFS: "file system is read-only",
};

/** One plain line for an error of the file system, such as "disk is full". */
export function describeSystemError(error: unknown): string {
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? error.code : "";
    return SYSTEM_ERRORS[code] ?? error.message;
  }
  return String(error);
}

/** `error` as a {@link FormatError} on `file`: itself if it is one already, else put in plain words. */
export function asFormatError(error: unknown, doing: string, file: string): FormatError {
  if (error instanceof FormatError) return error;
  return new FormatError(`${doing}: ${describeSystemError(error)}`, { file, cause: error });
}

/** New memory of `bytes` bytes, or a {@link FormatError} on `file` where there is not so much. */
export function allocate(bytes: number, file: string | undefined): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new FormatError(`${amount(bytes, "bytes")} do not fit in memory`, { file, cause });
  }
}

/** Fills `target` from the open file `handle`, starting at byte `position`. Returns how many bytes there were. */
export async function readInto(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(CHUNK, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Opens a regular file for reading. Throws {@link FormatError} if it is missing, a folder, a device or not readable. */
export async function openForReading(path: string): Promise<{ handle: FileHandle; size: number }> {
  // Looked at before it is opened: opening a named pipe waits for somebody to write into it.
  const status = await stat(path).catch((error: unknown) => {
    throw asFormatError(error, "cannot open", path);
  });
  if (!status.isFile()) {
    throw new FormatError(status.isDirectory() ? "is a folder, not a file" : "is not a regular file", {
      file: path,
    });
  }
  const handle = await open(path, "r").catch((error: unknown) => {
    throw asFormatError(error, "cannot open", path);
  });
  return { handle, size: status.size };
}

/** All bytes of a regular file, in memory of their own. Throws {@link FormatError}. */
export async function readFileBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { handle, size } = await openForReading(path);
  try {
    const bytes = allocate(size, path);
    const read = await readInto(handle, bytes, 0);
    if (read < size) throw new FormatError("shrank while it was read", { file: path });
    return bytes;
  } catch (error) {
    throw asFormatError(error, "cannot read", path);
  } finally {
    await handle.close();
  }
}

let temporaries = 0;
/** Process numbers are the same in every container. */
const OWNER = randomBytes(6).toString("hex");
const TEMPORARY = /^\.(.+)\.(\d+)-(?:([0-9a-f]{12})-)?\d+\.tmp$/;

/**
 * Writes a file so that a reader sees all of the new content or all of the old, whatever happens meanwhile: it is written
 * beside its place (as `.<name>.<pid>-<owner>-<n>.tmp`), flushed to the disk, and renamed over it.
 *
 * `content` is one piece, or pieces written one after the other. If anything fails the temporary file is removed, what
 * stood at `path` stays, and a {@link FormatError} says why in one line ("cannot write: disk is full").
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${OWNER}-${++temporaries}.tmp`);
  let created = false;
  try {
    const handle = await open(temporary, "wx");
    created = true;
    try {
      const pieces = content instanceof Uint8Array ? [content] : content;
      for (const block of blocks(pieces)) await writeAll(handle, block);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    if (created) await unlink(temporary).catch(() => {});
    throw asFormatError(error, "cannot write", path);
  }
  await syncFolder(folder);
}

/** The same bytes in pieces worth a call of the system: runs of small ones joined, large ones as they are. */
function* blocks(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let run: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > BLOCK) {
      yield Buffer.concat(run);
      run = [];
      length = 0;
    }
    if (piece.length > BLOCK) {
      yield piece;
    } else {
      run.push(piece);
      length += piece.length;
    }
  }
  yield Buffer.concat(run);
}

/** Writes all of `bytes` at `position`, or where the file stands. Throws the system's own error. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(CHUNK, bytes.length - done);
    const at = position === undefined ? null : position + done;
    done += (await handle.write(bytes, done, length, at)).bytesWritten;
  }
}

/** Makes a rename itself durable. Not every system can flush a folder, and the file is whole either way. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch {
    // The rename has happened: a power cut may only bring the old file back.
  }
}

/**
 * Removes what {@link writeFileAtomically} left in `folder` when its process was killed: temporaries of processes that
 * no longer run, untouched for an hour: another machine may share the folder, and its processes cannot be seen. Returns the names removed. Throws {@link FormatError} if the folder cannot be listed.
 */
export async function removeStaleTemporaries(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw asFormatError(error, "cannot list", folder);
  });
  const removed: string[] = [];
  for (const name of names) {
    const owner = TEMPORARY.exec(name)?.[2];
    if (owner === undefined || isRunning(Number(owner))) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs < HOUR) continue;
      await unlink(path);
      removed.push(name);
    } catch {
      // Gone already, or not ours to remove: it costs room, nothing else.
    }
  }
  return removed;
}

const HOUR = 3_600_000;

/**
 * Removes what {@link writeFileAtomically} left in `folder` in other processes, at once: for who alone may write there, but
 * for the files named in `spared`, which others write too. Throws {@link FormatError} if the folder cannot be listed.
 */
export async function removeForeignTemporaries(
  folder: string,
  spared: readonly string[] = [],
): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw asFormatError(error, "cannot list", folder);
  });
  for (const name of names) {
    const [, of = "", , owner] = TEMPORARY.exec(name) ?? [];
    if (of !== "" && owner !== OWNER && !spared.includes(of))
      await unlink(join(folder, name)).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
