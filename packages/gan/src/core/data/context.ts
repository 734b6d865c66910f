import { gantryHome } from "./home.js";

/** How far a long step has come. */
export interface DataProgress {
  /** What is being done, for example `decoding photos.zip`. */
  readonly what: string;
  readonly done: number;
  /** How many there are in all; undefined where that is not known beforehand. */
  readonly total: number | undefined;
  readonly unit: "images" | "bytes";
}

/** What surrounds the opening and fetching of data. */
export interface DataContext {
  /** Relative paths, and the known places near the current folder, start here. */
  readonly cwd: string;
  /** Where downloads and caches live: see `gantryHome`. */
  readonly home: string;
  /** Called often (once an image): the receiver decides how much of it to show. */
  readonly onProgress: (progress: DataProgress) => void;
  /** Called with one line about something worth knowing that is no failure. */
  readonly onNotice: (message: string) => void;
  /** Called with one line about long work that is about to begin: worth showing at once. */
  readonly onNote: (message: string) => void;
  /** Bytes of decoded images that are held in memory, at most; sets that are larger are read from their files. */
  readonly inMemory: number;
  /** Aborting it rejects with its reason. */
  readonly signal: AbortSignal | undefined;
}

/** A small part of the memory of a machine that trains: 43,000 images of 3x64x64. */
const IN_MEMORY = 2 ** 29;

/** A context with the given parts; the rest from the process, and silent. */
export function dataContext(given: Partial<DataContext> = {}): DataContext {
  return {
    cwd: given.cwd ?? process.cwd(),
    home: given.home ?? gantryHome(),
    onProgress: given.onProgress ?? (() => {}),
    onNotice: given.onNotice ?? (() => {}),
    onNote: given.onNote ?? (() => {}),
    inMemory: given.inMemory ?? IN_MEMORY,
    signal: given.signal,
  };
}
