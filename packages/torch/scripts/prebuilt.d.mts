import type { LibTorch } from "./find-libtorch.mjs";

/**
 * Puts the addon that was built elsewhere, and suits the LibTorch found here, where one that is built would be.
 * @returns the LibTorch; undefined where there is no such addon
 */
export declare function placePrebuilt(): LibTorch | undefined;

/** Writes the LibTorch's record and folder into a prebuilt addon. @throws Error where there is no room for them */
export declare function writePlace(file: string, found: LibTorch): void;
