import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { concatBytes } from "./bytes.js";
import { crc32c } from "./crc.js";
import { FormatError } from "./errors.js";
import { asFormatError, readFileBytes, writeAll } from "./files.js";
import type { PngSize } from "./pngGrid.js";
import * as protobuf from "./protobuf.js";

/**
 * TensorBoard's event files: TFRecord framing (tensorflow/core/lib/io/record_writer.h) around Event messages
 * (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).
 */

/** A number of a series at one step. */
export interface ScalarSummary {
  kind: "scalar";
  tag: string;
  /** Rounded to float32 by the format. */
  value: number;
}

/** A picture at one step. */
export interface ImageSummary {
  kind: "image";
  tag: string;
  /** Pixels. */
  width: number;
  height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  colorspace: number;
  /** The encoded file, such as PNG. */
  encoded: Uint8Array;
}

/** A summary of a kind this package does not write, such as a histogram. */
export interface OtherSummary {
  kind: "other";
  tag: string;
}

export interface TensorBoardEvent {
  /** Seconds since 1970. */
  wallTime: number;
  step: number;
  /** Only in the first event of a file: "brain.Event:2". */
  fileVersion?: string;
  /** A writer began here that goes on where another ended: what older files hold of this step and later ones is undone. */
  restart?: true;
  summaries: (ScalarSummary | ImageSummary | OtherSummary)[];
}

export interface EventFile {
  events: TensorBoardEvent[];
  /** The last record is cut off: its writer died, or is writing it now. */
  truncated: boolean;
}

/** A summary of two bytes costs a hundred of memory; a file of a long training has a million. */
const MOST_SUMMARIES = 5_000_000;
const FILE_VERSION = "brain.Event:2";
/** Numbers of the fields in the protocol's messages. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
/** SessionLog, with its status START (tensorflow/core/util/event.proto). */
const SESSION_LOG = { status: 1, start: 1 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, image: 4 } as const;
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;

/** TFRecord stores checksums so that a record within a record does not have the same one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord in pieces: length, its checksum, the data, its checksum. */
export function frame(data: Uint8Array): Uint8Array[] {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(head.subarray(0, 8)), true);
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, maskedCrc(data), true);
  return [head, data, tail];
}

let filesOpened = 0;

/**
 * Readers take the files of a folder in the order of their names, which begin with a time: one that goes on where another ended must
 * not come before it, though both begin in one second, or a clock was set back.
 */
async function secondsAfterAll(folder: string, seconds: number): Promise<number> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const taken = names.flatMap((name) => /^events\.out\.tfevents\.(\d{1,10})\./.exec(name)?.[1] ?? []);
  return taken.reduce((latest, text) => Math.max(latest, Number(text) + 1), seconds);
}

/**
 * Writes one event file. `scalar` and `image` only collect; `flush` writes what is collected, in whole records, behind what
 * is there. The file may be read at any time.
 */
export class EventFileWriter {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #now: () => number;
  #pending: Uint8Array[] = [];
  /** Bytes of whole records in the file. */
  #length = 0;
  /** Flushes follow one another. */
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, now: () => number) {
    this.path = path;
    this.#handle = handle;
    this.#now = now;
  }

  /**
   * Opens a new file `events.out.tfevents.<seconds>.<host>.<pid>.<n>` in `folder`, which is made if it is missing, and
   * writes the version record that TensorBoard asks for. `now` (default Date.now) gives milliseconds since 1970. Throws
   * {@link FormatError}.
   */
  static async open(folder: string, now: () => number = Date.now): Promise<EventFileWriter> {
    const seconds = String(await secondsAfterAll(folder, Math.floor(now() / 1000))).padStart(10, "0");
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${filesOpened++}`;
    let file = join(folder, name);
    let handle: FileHandle;
    try {
      await mkdir(folder, { recursive: true });
      handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
        // A container that was started again has the host name and the process number of the one before.
        if (error.code !== "EEXIST") throw error;
        file = `${file}.${randomBytes(4).toString("hex")}`;
        return open(file, "wx");
      });
    } catch (error) {
      throw asFormatError(error, "cannot write", file);
    }
    const writer = new EventFileWriter(file, handle, now);
    writer.#add(0, protobuf.text(EVENT.fileVersion, FILE_VERSION));
    try {
      await writer.flush();
    } catch (error) {
      await handle.close();
      throw error;
    }
    return writer;
  }

  /**
   * Says that this file goes on where another ended: TensorBoard then leaves out what that one holds of `step` and later
   * steps, which this one writes again.
   */
  restart(step: number): void {
    const start = protobuf.integer(SESSION_LOG.status, SESSION_LOG.start);
    this.#add(step, protobuf.bytes(EVENT.sessionLog, start));
  }

  /** One number of the series `tag`. Throws RangeError if `step` is not a non-negative integer. */
  scalar(tag: string, step: number, value: number): void {
    this.#summary(tag, step, protobuf.float32(VALUE.simpleValue, value));
  }

  /** One picture of the series `tag`: a file in PNG, and what pngSize() says of it. Throws as `scalar` does. */
  image(tag: string, step: number, png: Uint8Array, { width, height, channels }: PngSize): void {
    const image = concatBytes([
      protobuf.integer(IMAGE.height, height),
      protobuf.integer(IMAGE.width, width),
      protobuf.integer(IMAGE.colorspace, channels),
      protobuf.bytes(IMAGE.encoded, png),
    ]);
    this.#summary(tag, step, protobuf.bytes(VALUE.image, image));
  }

  /**
   * Writes what was collected. If that fails ("disk is full") it throws {@link FormatError}; the file ends with a whole
   * record still, and the next flush tries the same again.
   */
  flush(): Promise<void> {
    const next = this.#last.then(() => this.#write());
    // A failure is told to whoever asked for this flush, and does not stop the next one.
    this.#last = next.catch(() => {});
    return next;
  }

  /** Flushes and closes. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  #summary(tag: string, step: number, content: Uint8Array): void {
    const value = concatBytes([protobuf.text(VALUE.tag, tag), content]);
    this.#add(step, protobuf.bytes(EVENT.summary, protobuf.bytes(SUMMARY.value, value)));
  }

  #add(step: number, content: Uint8Array): void {
    const time = protobuf.float64(EVENT.wallTime, this.#now() / 1000);
    this.#pending.push(...frame(concatBytes([time, protobuf.integer(EVENT.step, step), content])));
  }

  async #write(): Promise<void> {
    const count = this.#pending.length;
    if (count === 0) return;
    const bytes = concatBytes(this.#pending);
    try {
      await writeAll(this.#handle, bytes, this.#length);
    } catch (error) {
      // Half a record in the middle would hide everything after it.
      await this.#handle.truncate(this.#length).catch(() => {});
      throw asFormatError(error, "cannot write", this.path);
    }
    this.#length += bytes.length;
    // More may have been collected meanwhile.
    this.#pending = this.#pending.slice(count);
  }
}

/**
 * Reads an event file, also one that is still written to. Throws {@link FormatError} if a checksum is wrong, a record is
 * not an Event, or the first one has not the version "brain.Event:2".
 */
export async function readEventFile(path: string): Promise<EventFile> {
  return decodeEventFile(await readFileBytes(path), path);
}

/** The events in the bytes of an event file; `file` is only named in errors. See {@link readEventFile}. */
export function decodeEventFile(bytes: Uint8Array, file?: string): EventFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: TensorBoardEvent[] = [];
  const budget = { left: MOST_SUMMARIES };
  let position = 0;
  while (position < bytes.length) {
    const refuse = (problem: string) =>
      new FormatError(`record ${events.length} at byte ${position} ${problem}`, {
        file,
        hint: "the file is damaged or no event file",
      });
    const available = bytes.length - position - 12;
    if (available < 0) return { events, truncated: true };
    const head = bytes.subarray(position, position + 8);
    if (view.getUint32(position + 8, true) !== maskedCrc(head)) throw refuse("has a wrong length checksum");
    const length = view.getBigUint64(position, true);
    if (length + 4n > available) return { events, truncated: true };
    const start = position + 12;
    const end = start + Number(length);
    const data = bytes.subarray(start, end);
    if (view.getUint32(end, true) !== maskedCrc(data)) throw refuse("has a wrong checksum");
    let event: TensorBoardEvent;
    try {
      event = decodeEvent(data, budget);
    } catch (error) {
      if (error instanceof protobuf.ProtobufError) throw refuse(`is no event: ${error.message}`);
      throw error;
    }
    if (events.length === 0 && event.fileVersion !== FILE_VERSION) {
      throw refuse(`does not give the version ${FILE_VERSION}`);
    }
    events.push(event);
    budget.left--;
    position = end + 4;
  }
  return { events, truncated: false };
}

function decodeEvent(data: Uint8Array, budget: { left: number }): TensorBoardEvent {
  const event: TensorBoardEvent = { wallTime: 0, step: 0, summaries: [] };
  for (const field of protobuf.fields(data)) {
    if (field.number === EVENT.wallTime) event.wallTime = protobuf.takeFloat64(field);
    else if (field.number === EVENT.step) event.step = protobuf.takeInteger(field);
    else if (field.number === EVENT.fileVersion) event.fileVersion = protobuf.takeText(field);
    else if (field.number === EVENT.sessionLog) {
      for (const part of protobuf.fields(protobuf.takeBytes(field)))
        if (part.number === SESSION_LOG.status && protobuf.takeInteger(part) === SESSION_LOG.start)
          event.restart = true;
    } else if (field.number === EVENT.summary) {
      for (const value of protobuf.fields(protobuf.takeBytes(field))) {
        if (value.number !== SUMMARY.value) continue;
        if (--budget.left < 0) throw new protobuf.ProtobufError(`more than ${MOST_SUMMARIES} summaries`);
        event.summaries.push(decodeValue(protobuf.takeBytes(value)));
      }
    }
  }
  return event;
}

function decodeValue(data: Uint8Array): TensorBoardEvent["summaries"][number] {
  let tag = "";
  let value: number | undefined;
  let image: Uint8Array | undefined;
  for (const field of protobuf.fields(data)) {
    if (field.number === VALUE.tag) tag = protobuf.takeText(field);
    else if (field.number === VALUE.simpleValue) value = protobuf.takeFloat32(field);
    else if (field.number === VALUE.image) image = protobuf.takeBytes(field);
  }
  if (value !== undefined) return { kind: "scalar", tag, value };
  return image === undefined ? { kind: "other", tag } : decodeImage(tag, image);
}

function decodeImage(tag: string, data: Uint8Array): ImageSummary {
  const image: ImageSummary = {
    kind: "image",
    tag,
    width: 0,
    height: 0,
    colorspace: 0,
    encoded: new Uint8Array(0),
  };
  for (const field of protobuf.fields(data)) {
    if (field.number === IMAGE.height) image.height = protobuf.takeInteger(field);
    else if (field.number === IMAGE.width) image.width = protobuf.takeInteger(field);
    else if (field.number === IMAGE.colorspace) image.colorspace = protobuf.takeInteger(field);
    else if (field.number === IMAGE.encoded) image.encoded = protobuf.takeBytes(field);
  }
  return image;
}
