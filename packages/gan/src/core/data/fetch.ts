import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { asFormatError, FormatError, listTar, writeAll } from "@gantry/formats";
import { amount } from "../base/amount.js";
import { RunError } from "../base/errors.js";
import type { DataContext } from "./context.js";
import { dataFolder } from "./places.js";

/** One file of a data set at its public home. */
export interface FetchFile {
  /** Where it is; https, but for servers on this machine. The last part of the path is the file's name here. */
  readonly url: string;
  /** Checksums in hexadecimal, as published by its home: at least one. */
  readonly md5?: string;
  readonly sha256?: string;
  /** A .tar.gz: the files in it that are kept, by the last part of their names, instead of the archive. */
  readonly unpacksTo?: readonly string[];
}

/** Where the files of a data set can be downloaded, and where they go. */
export interface FetchPlan {
  /** Name of the folder under `data/` of Gantry's home. */
  readonly folder: string;
  readonly files: readonly FetchFile[];
  /** What recipes for small images need to take the set, as `data.size=64`. */
  readonly setting?: string;
}

/** What a download did. */
export interface FetchReport {
  /** The folder that now holds the data set. */
  readonly folder: string;
  /** URLs that were downloaded. */
  readonly downloaded: readonly string[];
  /** URLs whose files were there already. */
  readonly present: readonly string[];
}

/** A connection that gives nothing for so long has broken. */
const PATIENCE_MS = 30_000;
/** No file of a known data set comes near this. */
const MOST_BYTES = 2 ** 34;

/**
 * Downloads the files of a plan into Gantry's home, and checks them against the published checksums. Files that are there
 * already, and sound, are kept. A file is there whole or not at all. Nothing is held in memory.
 * @throws {RunError} no network, an answer other than the file, a broken connection, or a wrong checksum; says where to
 * put the file by hand.
 */
export async function fetchFiles(plan: FetchPlan, context: DataContext): Promise<FetchReport> {
  const folder = dataFolder(plan.folder, context);
  const downloaded: string[] = [];
  const present: string[] = [];
  for (const file of plan.files) {
    if (await isPresent(file, folder)) {
      present.push(file.url);
      continue;
    }
    await mkdir(folder, { recursive: true });
    const aside = await mkdtemp(join(folder, ".fetching-"));
    try {
      const got = join(aside, nameOf(file));
      await download(file, got, folder, context);
      if (file.unpacksTo === undefined) await rename(got, join(folder, nameOf(file)));
      else await unpack(file, file.unpacksTo, got, folder, context);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    downloaded.push(file.url);
  }
  return { folder, downloaded, present };
}

function nameOf({ url }: FetchFile): string {
  return posix.basename(new URL(url).pathname);
}

async function isPresent(file: FetchFile, folder: string): Promise<boolean> {
  const names = file.unpacksTo ?? [nameOf(file)];
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  if (!found.every((status) => status?.isFile())) return false;
  if (file.unpacksTo !== undefined) return true;
  const sums = checksums(file);
  for await (const chunk of createReadStream(join(folder, nameOf(file))))
    for (const { hash } of sums) hash.update(chunk as Uint8Array);
  return wrongSum(sums) === undefined;
}

/**
 * Writes a file's bytes to `target`, its checksum right.
 * @param folder where it goes in the end
 */
async function download(
  file: FetchFile,
  target: string,
  folder: string,
  context: DataContext,
): Promise<void> {
  const { url } = file;
  const { hostname, protocol } = new URL(url);
  const local = hostname === "127.0.0.1" || hostname === "localhost";
  if (protocol !== "https:" && !local) throw new RunError(`${url} is not https`);
  const fail = (problem: string, cause?: unknown): RunError => {
    const place =
      file.unpacksTo === undefined
        ? `put it at ${join(folder, nameOf(file))}`
        : `unpack it so that its files lie in ${folder}`;
    return new RunError(`${problem}; or download ${url} by hand and ${place}`, { cause });
  };

  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), PATIENCE_MS);
  const signals = context.signal === undefined ? [stall.signal] : [stall.signal, context.signal];
  const sums = checksums(file);
  const handle = await open(target, "wx");
  let done = 0;
  try {
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw fail(`${hostname} answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    const total = Number.isFinite(length) ? length : undefined;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), PATIENCE_MS);
      for (const { hash } of sums) hash.update(chunk);
      await write(handle, chunk, target);
      done += chunk.length;
      if (done > MOST_BYTES) throw fail(`${url} sends more than ${amount(MOST_BYTES, "bytes")}`);
      context.onProgress({ what: `downloading ${nameOf(file)}`, done, total, unit: "bytes" });
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof RunError || error instanceof FormatError) throw error;
    const reason = stall.signal.aborted ? `nothing came for ${PATIENCE_MS / 1000} s` : reasonOf(error);
    if (done > 0)
      throw fail(`the connection to ${hostname} broke after ${amount(done, "bytes")} (${reason})`, error);
    throw fail(`cannot reach ${hostname} (${reason}): is there a network?`, error);
  } finally {
    clearTimeout(timer);
    await handle.close();
  }
  const wrong = wrongSum(sums);
  if (wrong !== undefined) throw fail(`${url} is not the published file (${wrong})`);
}

/** Its failures are the disk's, and no connection's. */
async function write(handle: FileHandle, chunk: Uint8Array, file: string): Promise<void> {
  try {
    await writeAll(handle, chunk);
  } catch (error) {
    throw asFormatError(error, "cannot write", file);
  }
}

/** undici says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof Error)
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}

/** A published checksum, and the hash that bytes go through to be compared with it. */
interface Checksum {
  readonly algorithm: string;
  readonly published: string;
  readonly hash: Hash;
}

function checksums({ md5, sha256 }: FetchFile): Checksum[] {
  return Object.entries({ md5, sha256 }).flatMap(([algorithm, published]) =>
    published === undefined ? [] : [{ algorithm, published, hash: createHash(algorithm) }],
  );
}

function wrongSum(sums: readonly Checksum[]): string | undefined {
  if (sums.length === 0) return "no checksum is known for it";
  for (const { algorithm, published, hash } of sums) {
    const got = hash.digest("hex");
    if (got !== published) return `its ${algorithm} is ${got}, not ${published}`;
  }
  return undefined;
}

/**
 * All files are on the disk before the first of them gets its name.
 * @param archive the .tar.gz, in a folder of its own
 */
async function unpack(
  { url }: FetchFile,
  names: readonly string[],
  archive: string,
  folder: string,
  context: DataContext,
): Promise<void> {
  const tar = `${archive}.unpacked`;
  await pipeline(
    createReadStream(archive),
    createGunzip(),
    createWriteStream(tar),
    ...(context.signal === undefined ? [] : [{ signal: context.signal }]),
  );
  const handle = await open(tar, "r");
  try {
    const { size } = await handle.stat();
    const members = await listTar(handle, { file: url, end: size });
    const found = new Map(
      members.filter(({ kind }) => kind === "file").map((member) => [posix.basename(member.name), member]),
    );
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0) throw new FormatError(`holds no ${missing.join(", ")}`, { file: url });
    for (const name of names) {
      const { offset: start, size: length } = found.get(name)!;
      const content = length === 0 ? [] : createReadStream(tar, { start, end: start + length - 1 });
      await pipeline(content, createWriteStream(`${archive}.${name}`, { flush: true }));
    }
    for (const name of names) await rename(`${archive}.${name}`, join(folder, basename(name)));
  } finally {
    await handle.close();
  }
}
