import type { LeftOutAccount } from "./leftOut.js";

/** A file of a folder or archive that may be an image. */
export interface ListedFile {
  /** Path from the top, parts separated by `/`. */
  readonly name: string;
  /** What tells that its bytes have changed. */
  readonly stamp: string;
}

/** Files by name, wherever they lie: a folder, a zip, a tar, an LMDB. */
export interface ImageSource {
  /** Those that may be images, and those that may hold labels. */
  readonly files: readonly ListedFile[];
  /** Every folder in it, with no `/` at its end; folders without files, too. */
  readonly folders: readonly string[];
  /** The bytes of a file. Throws {@link FormatError}. */
  read(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens one kind of source, and counts what in it can be neither image nor labels. */
export type OpenSource = (path: string, account: LeftOutAccount, sorter: Sorter) => Promise<ImageSource>;

/** What a file's name says of it. */
export type Sorter = (name: string) => "taken" | "hidden" | "unsupported" | "unknown";
