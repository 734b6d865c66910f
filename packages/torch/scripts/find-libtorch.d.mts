/** A LibTorch that one can compile against. */
export interface LibTorch {
  /** The folder that holds include/ and lib/. */
  readonly root: string;
  /** Folders for the compiler. */
  readonly include: readonly string[];
  /** The folder of the libraries. */
  readonly lib: string;
  /** The true path of the library that computes. */
  readonly library: string;
  /** The file that states the version. */
  readonly header: string;
  /** As `2.13.0`. */
  readonly version: string;
  /** Whose it is, in words. */
  readonly source: string;
}

/** The one that a build takes now. @throws Error with all that can be done, when there is none */
export declare function findLibtorch(): LibTorch;

/** The version that the headers beside a library state; undefined where there are none. */
export declare function versionBeside(library: string): string | undefined;
