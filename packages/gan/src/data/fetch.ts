import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { FormatError, readFileBytes, readTar, writeFileAtomically } from "@gantry/formats";
import { RunError } from "../errors.js";
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
const MOST_BYTES = 2 ** 30;

/**
 * Downloads the files of a plan into Gantry's home, and checks them against the published checksums. Files that are there
 * already, and sound, are kept. A file is there whole or not at all.
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
    const chunks = await download(file, folder, context);
    if (file.unpacksTo === undefined) await writeFileAtomically(join(folder, nameOf(file)), chunks);
    else await unpack(file, file.unpacksTo, folder, chunks);
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
  return wrongSum(file, [await readFileBytes(join(folder, nameOf(file)))]) === undefined;
}

/** The bytes of a file, its checksum right. */
async function download(file: FetchFile, folder: string, context: DataContext): Promise<Uint8Array[]> {
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
  const chunks: Uint8Array[] = [];
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
      chunks.push(chunk);
      done += chunk.length;
      if (done > MOST_BYTES) throw fail(`${url} sends more than ${MOST_BYTES} bytes`);
      context.onProgress({ what: `downloading ${nameOf(file)}`, done, total, unit: "bytes" });
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof RunError) throw error;
    const reason = stall.signal.aborted ? `nothing came for ${PATIENCE_MS / 1000} s` : reasonOf(error);
    if (done > 0) throw fail(`the connection to ${hostname} broke after ${done} bytes (${reason})`, error);
    throw fail(`cannot reach ${hostname} (${reason}): is there a network?`, error);
  } finally {
    clearTimeout(timer);
  }
  const wrong = wrongSum(file, chunks);
  if (wrong !== undefined) throw fail(`${url} is not the published file (${wrong})`);
  return chunks;
}

/** undici says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof Error)
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}

function wrongSum(file: FetchFile, chunks: readonly Uint8Array[]): string | undefined {
  const sums = [
    ["md5", file.md5],
    ["sha256", file.sha256],
  ] as const;
  if (sums.every(([, sum]) => sum === undefined)) return "no checksum is known for it";
  for (const [algorithm, published] of sums) {
    if (published === undefined) continue;
    const hash = createHash(algorithm);
    for (const chunk of chunks) hash.update(chunk);
    const got = hash.digest("hex");
    if (got !== published) return `its ${algorithm} is ${got}, not ${published}`;
  }
  return undefined;
}

/** All files are on the disk before the first of them gets its name. */
async function unpack(
  { url }: FetchFile,
  names: readonly string[],
  folder: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const tar = gunzipSync(Buffer.concat(chunks));
  const found = new Map(
    [...readTar(tar, { file: url })].map((entry) => [posix.basename(entry.name), entry.data]),
  );
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new FormatError(`holds no ${missing.join(", ")}`, { file: url });
  const aside = await mkdtemp(join(folder, ".unpacking-"));
  try {
    for (const name of names) await writeFileAtomically(join(aside, name), found.get(name)!);
    for (const name of names) await rename(join(aside, name), join(folder, basename(name)));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
