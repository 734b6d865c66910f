import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, deflateRawSync, inflateRaw, inflateRawSync } from "node:zlib";
import yauzl from "yauzl";
import { amount } from "./amount.js";
import { concatBytes, plainBytes } from "./bytes.js";
import { FormatError, quote } from "./errors.js";
import { allocate, asFormatError, openForReading, readInto, writeFileAtomically } from "./files.js";

/** One file in an archive. */
export interface ZipEntry {
  /** Path inside the archive, parts separated by `/`; never absolute, never with a `..` part. */
  readonly name: string;
  /** Bytes once unpacked. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** CRC-32 of the unpacked bytes. */
  readonly crc32: number;
  /** Whether it was packed as a symbolic link: its bytes are then the path of another file. */
  readonly isLink: boolean;
}

/** An open archive: entries in the order of its directory, any of them read at any time, also several at once. */
export interface ZipArchive {
  readonly file: string;
  /** All files. */
  readonly entries: readonly ZipEntry[];
  /** Every folder that a name speaks of, with no `/` at its end: those that have entries of their own, and all others. */
  readonly folders: readonly string[];
  /** The entry of this name, if there is one. */
  find(name: string): ZipEntry | undefined;
  /**
   * The unpacked bytes of an entry, in memory that nothing else uses. Throws {@link FormatError} if they do not have the
   * size and the CRC-32 that the archive's directory gives.
   */
  read(entry: ZipEntry): Promise<Uint8Array>;
  /** Closes the file. Reads still under way fail. */
  close(): Promise<void>;
}

/** What is not in {@link ZipEntry} and needed to read it. */
interface Placed extends ZipEntry {
  readonly deflated: boolean;
  readonly headerOffset: number;
  readonly nameLength: number;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const DIGITAL_SIGNATURE = 0x05054b50;

const FILE_TYPE = 0o170000;
const LINK = 0o120000;

const STORED = 0;
const DEFLATED = 8;

/** Deflate cannot do better than 1032:1 (zlib's technical notes): a larger claim is a lie, and costs memory. */
const MOST_EXPANSION = 1032;
/** Up to here one read and an inflation on the spot cost less than a turn through the thread pool. */
const SMALL = 64 * 1024;
/** Local headers may carry more extra fields than the directory does; this many bytes are fetched on the chance. */
const SPARE = 64;
const WINDOW = 1 << 20;
/** Each costs some hundred bytes of memory. ImageNet has 1.3 million files. */
const MOST_ENTRIES = 3_000_000;

const DAMAGED = "the archive is damaged or incomplete: get it again";

const inflateInBackground = promisify(inflateRaw);

/**
 * Opens a zip archive for random access (PKWARE APPNOTE 6.3, with zip64). Its directory is read and checked here; entries
 * are read when asked for.
 *
 * Throws {@link FormatError} for anything that is not a sound archive of stored and deflated files: no or broken
 * directory, encryption, other methods, names with `..`, the same name twice, impossible sizes. Names that are absolute or
 * begin with `./` are taken as names inside of the archive.
 */
export async function openZip(path: string): Promise<ZipArchive> {
  const { handle, size } = await openForReading(path);
  try {
    const entries = await readDirectory(new WindowedReader(handle, size), size, path);
    return new OpenZip(path, handle, size, entries);
  } catch (error) {
    await handle.close();
    if (error instanceof FormatError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new FormatError(`is not a readable zip archive: ${problem}`, {
      file: path,
      hint: DAMAGED,
      cause: error,
    });
  }
}

/** The directory of an archive, folders included, as yauzl reads it, and checked for what yauzl lets pass. */
function readDirectory(reader: WindowedReader, size: number, file: string): Promise<Map<string, Placed>> {
  return new Promise((resolve, reject) => {
    yauzl.fromRandomAccessReader(
      reader,
      size,
      { lazyEntries: true, autoClose: false, decodeStrings: false },
      (error, zip) => {
        if (error) return reject(error);
        const entries = new Map<string, Placed>();
        zip.on("error", reject);
        zip.on("entry", (entry) => {
          try {
            const placed = place(entry, size, file);
            if (entries.size >= MOST_ENTRIES)
              throw new FormatError(`holds more than ${amount(MOST_ENTRIES, "files")}`, { file });
            if (entries.has(placed.name) && !placed.name.endsWith("/"))
              throw new FormatError(`holds ${quote(placed.name)} twice`, { file });
            if (placed.name !== "") entries.set(placed.name, placed);
            zip.readEntry();
          } catch (problem) {
            reject(problem);
          }
        });
        zip.on("end", () => {
          // A wrong count would hide entries: the directory must end where its last entry ends.
          if (zip.entriesRead === 0) return resolve(entries);
          reader.signatureAfterLastRead().then((signature) => {
            if (
              signature === END_OF_DIRECTORY ||
              signature === ZIP64_END ||
              signature === DIGITAL_SIGNATURE
            ) {
              resolve(entries);
            } else {
              reject(new FormatError("its directory goes on after the last entry", { file, hint: DAMAGED }));
            }
          }, reject);
        });
        zip.readEntry();
      },
    );
  });
}

/**
 * The name of an entry inside of its archive: `./x.png`, `/x.png` and `C:\\x.png` are all x.png there, since nothing is ever
 * written by these names. Folders keep the slash at their end.
 */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: yauzl.Entry): string {
  const given = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  return given
    .replace(/^[a-z]:/i, "")
    .split("/")
    .filter((part, i, all) => part !== "." && (part !== "" || (i === all.length - 1 && i > 0)))
    .join("/");
}

function place(entry: yauzl.Entry, archiveSize: number, file: string): Placed {
  const name = nameOf(entry);
  const refuse = (problem: string, hint: string = DAMAGED) =>
    new FormatError(`entry ${quote(name)} ${problem}`, { file, hint });
  if ((name === "" && entry.fileNameLength === 0) || name.includes("\0")) throw refuse("has no usable name");
  if (name.split("/").includes(".."))
    throw refuse("leads out of the archive by '..'", "pack it again with names inside of one folder");
  if (entry.isEncrypted()) throw refuse("is encrypted", "unpack it and pack it again without a password");
  const method = entry.compressionMethod;
  if (method !== STORED && method !== DEFLATED) {
    throw refuse(`is packed by method ${method}`, "pack it again with plain zip (stored or deflated)");
  }
  const { uncompressedSize: size, compressedSize, relativeOffsetOfLocalHeader: headerOffset } = entry;
  if (headerOffset + 30 + compressedSize > archiveSize) throw refuse("reaches beyond the end of the archive");
  if (size > compressedSize * MOST_EXPANSION) {
    throw refuse(`claims to unpack from ${compressedSize} to ${size} bytes, which is impossible`);
  }
  return {
    name,
    size,
    compressedSize,
    crc32: entry.crc32,
    // The upper half is the mode of Unix, where the archive was made on one.
    isLink: ((entry.externalFileAttributes >>> 16) & FILE_TYPE) === LINK,
    deflated: method === DEFLATED,
    headerOffset,
    nameLength: entry.fileNameLength,
  };
}

class OpenZip implements ZipArchive {
  readonly file: string;
  readonly entries: readonly ZipEntry[];
  readonly folders: readonly string[];
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #placed: Map<string, Placed>;

  constructor(file: string, handle: FileHandle, size: number, placed: Map<string, Placed>) {
    this.file = file;
    this.#handle = handle;
    this.#size = size;
    this.#placed = new Map([...placed].filter(([name]) => !name.endsWith("/")));
    this.entries = [...this.#placed.values()];
    this.folders = foldersOf(placed.keys());
  }

  find(name: string): ZipEntry | undefined {
    return this.#placed.get(name);
  }

  async read(entry: ZipEntry): Promise<Uint8Array> {
    const placed = this.#placed.get(entry.name);
    if (placed === undefined) throw new FormatError(`has no entry ${quote(entry.name)}`, { file: this.file });
    try {
      const packed = await this.#readPacked(placed);
      const bytes = placed.deflated ? await this.#inflate(placed, packed) : packed;
      if (bytes.length !== placed.size) {
        throw this.#refuse(placed, `has ${amount(bytes.length, "bytes")}, not ${placed.size}`);
      }
      if (crc32(bytes) !== placed.crc32) throw this.#refuse(placed, "does not match its checksum");
      return plainBytes(bytes);
    } catch (error) {
      throw asFormatError(error, `cannot read entry ${quote(placed.name)}`, this.file);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readPacked(placed: Placed): Promise<Uint8Array> {
    const small = placed.compressedSize <= SMALL;
    const headerRoom = 30 + placed.nameLength + SPARE;
    const wanted = small ? headerRoom + placed.compressedSize : headerRoom;
    const start = Buffer.allocUnsafeSlow(Math.min(wanted, this.#size - placed.headerOffset));
    const available = await readInto(this.#handle, start, placed.headerOffset);
    if (available < 30 || start.readUInt32LE(0) !== LOCAL_HEADER) {
      throw this.#refuse(placed, "does not begin with its header");
    }
    const headerLength = 30 + start.readUInt16LE(26) + start.readUInt16LE(28);
    const end = headerLength + placed.compressedSize;
    if (placed.headerOffset + end > this.#size) {
      throw this.#refuse(placed, "reaches beyond the end of the archive");
    }
    if (small && end <= available) return start.subarray(headerLength, end);
    const packed = allocate(placed.compressedSize, this.file);
    if ((await readInto(this.#handle, packed, placed.headerOffset + headerLength)) < packed.length) {
      throw new FormatError("shrank while it was read", { file: this.file });
    }
    return packed;
  }

  async #inflate(placed: Placed, packed: Uint8Array): Promise<Uint8Array> {
    const options = {
      maxOutputLength: Math.max(placed.size, 1),
      chunkSize: Math.min(Math.max(placed.size, 64), WINDOW),
    };
    try {
      return placed.size <= SMALL
        ? inflateRawSync(packed, options)
        : await inflateInBackground(packed, options);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(`entry ${quote(placed.name)} does not unpack: ${reason}`, {
        file: this.file,
        hint: DAMAGED,
        cause,
      });
    }
  }

  #refuse(placed: Placed, problem: string): FormatError {
    return new FormatError(`entry ${quote(placed.name)} ${problem}`, { file: this.file, hint: DAMAGED });
  }
}

/** `a/b/c.png` speaks of the folders `a` and `a/b`, `a/b/` of itself and `a`. */
function foldersOf(names: Iterable<string>): string[] {
  const folders = new Set<string>();
  for (const name of names)
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const folder = name.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  return [...folders];
}

/**
 * yauzl asks for the directory in two small reads an entry: out of a window, 60,000 entries take half a second.
 */
class WindowedReader extends yauzl.RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #size: number;
  #window = new Uint8Array(0);
  #windowStart = 0;
  #lastReadEnd = 0;

  constructor(handle: FileHandle, size: number) {
    super();
    this.#handle = handle;
    this.#size = size;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.#fetch(position, length).then(
      (bytes) => {
        target.set(bytes, offset);
        // Out of the promise, so that what yauzl does next is not caught here.
        process.nextTick(done, null);
      },
      (error: Error) => process.nextTick(done, error),
    );
  }

  /** The four bytes behind whatever was read last, as a signature. */
  async signatureAfterLastRead(): Promise<number> {
    const bytes = await this.#fetch(this.#lastReadEnd, 4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  async #fetch(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.#size) throw new Error("its directory reaches beyond the end of the file");
    const inside =
      position >= this.#windowStart && position + length <= this.#windowStart + this.#window.length;
    if (!inside) {
      const window = new Uint8Array(Math.min(Math.max(length, WINDOW), this.#size - position));
      if ((await readInto(this.#handle, window, position)) < length)
        throw new Error("unexpected end of file");
      this.#window = window;
      this.#windowStart = position;
    }
    this.#lastReadEnd = position + length;
    const start = position - this.#windowStart;
    return this.#window.subarray(start, start + length);
  }
}

/** A file to put into an archive. */
export interface ZipInput {
  /** Path inside the archive, parts separated by `/`. */
  readonly name: string;
  readonly data: Uint8Array;
  /** Deflate it (default true). Images and other packed files are better stored. */
  readonly compress?: boolean;
}

/**
 * A zip archive of these files, in this order. The same input gives the same bytes: every time stamp is 1980-01-01, the
 * zero of the format. Throws {@link FormatError} for a name no reader would accept, the same name twice, and for more
 * than 4 GiB, which this writer has no need of.
 */
export function encodeZip(inputs: Iterable<ZipInput>): Uint8Array {
  return concatBytes(zipPieces(inputs, undefined));
}

/** Writes {@link encodeZip}'s archive to a file, atomically. */
export async function writeZip(path: string, inputs: Iterable<ZipInput>): Promise<void> {
  await writeFileAtomically(path, zipPieces(inputs, path));
}

function zipPieces(inputs: Iterable<ZipInput>, file: string | undefined): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const names = new Set<string>();
  let offset = 0;
  const add = (piece: Uint8Array) => {
    pieces.push(piece);
    offset += piece.length;
    if (offset > 0xfffffffe) throw new FormatError("more than 4 GiB do not fit in this zip", { file });
  };

  for (const { name, data, compress = true } of inputs) {
    if (!isSafeName(name)) throw new FormatError(`${quote(name)} is no name for a file in a zip`, { file });
    if (names.has(name)) throw new FormatError(`${quote(name)} is given twice`, { file });
    names.add(name);
    const encodedName = Buffer.from(name);
    if (encodedName.length > 0xffff) throw new FormatError(`${quote(name)} is too long a name`, { file });
    const packed = compress ? deflateRawSync(data) : data;
    // The fields that local and central headers share.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed: 2.0
    common.writeUInt16LE(0x800, 2); // the name is UTF-8
    common.writeUInt16LE(compress ? DEFLATED : STORED, 4);
    common.writeUInt16LE(0, 6); // 00:00:00
    common.writeUInt16LE(0x21, 8); // 1980-01-01
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(encodedName.length, 22);
    const central = Buffer.alloc(6);
    central.writeUInt32LE(CENTRAL_HEADER, 0);
    central.writeUInt16LE(20, 4); // version made by: 2.0, MS-DOS, so that no file modes are expected
    directory.push(central, common, centralTail(offset), encodedName);
    add(uint32(LOCAL_HEADER));
    add(common);
    add(encodedName);
    add(packed);
  }

  const directoryStart = offset;
  for (const piece of directory) add(piece);
  for (const piece of endOfDirectory(names.size, directoryStart, offset - directoryStart)) pieces.push(piece);
  return pieces;
}

/** Comment length, disk, attributes (all zero), then where the local header is. */
function centralTail(localHeader: number): Uint8Array {
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(localHeader, 10);
  return tail;
}

function endOfDirectory(count: number, start: number, size: number): Uint8Array[] {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(Math.min(count, 0xffff), 8);
  end.writeUInt16LE(Math.min(count, 0xffff), 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(start, 16);
  if (count < 0xffff) return [end];

  // More entries than 16 bits count: the zip64 record counts them.
  const record = Buffer.alloc(56);
  record.writeUInt32LE(ZIP64_END, 0);
  record.writeBigUInt64LE(44n, 4); // bytes of this record that follow
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(ZIP64_LOCATOR, 0);
  locator.writeBigUInt64LE(BigInt(start + size), 8);
  locator.writeUInt32LE(1, 16); // disks
  return [record, locator, end];
}

function isSafeName(name: string): boolean {
  if (name === "" || name.endsWith("/") || name.includes("\0") || /\p{Surrogate}/u.test(name)) return false;
  // Readers leave out what says nothing, so that such names would come back as others.
  if (name.split("/").some((part) => part === "" || part === ".")) return false;
  return yauzl.validateFileName(name) === null;
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
