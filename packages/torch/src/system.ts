import { realpathSync } from "node:fs";
import { native } from "./native.js";

/** LibTorch's version, as `1.13.0`. */
export const version = (): string => native.version();

/** The true path of the library that computes: the one loaded into this process, links followed. */
export const libraryPath = (): string => realpathSync(native.library());

export { type BuiltAgainst, builtAgainst } from "./built.js";

/** How LibTorch was built (BLAS, oneDNN, OpenMP) and which threads it uses: its own words, several lines. */
export const describe = (): string => native.describe();

/** Threads that one operator may use. */
export const getThreads = (): number => native.threads();

/** @throws TorchError below 1, and above 16 a core */
export const setThreads = (count: number): void => native.setThreads(count);

let floating: "float32" | "float64" = "float32";

/** The type of tensors that are made without one (randn, zeros): float32 unless setDefaultDtype() said otherwise. */
export const defaultDtype = (): "float32" | "float64" => floating;

export function setDefaultDtype(dtype: "float32" | "float64"): void {
  native.setDefaultDtype(dtype);
  floating = dtype;
}

/** Bytes that this process can still use before the system ends processes; undefined where the system does not tell. */
export const availableMemory = (): number | undefined => native.availableMemory();

/** Devices present: 1 for `cpu`; for `cuda` and `mps` as many as LibTorch sees. */
export const deviceCount = (kind: "cpu" | "cuda" | "mps"): number => native.deviceCount(kind);
