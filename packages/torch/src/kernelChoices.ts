import { native } from "./native.js";

/**
 * From now on every shape of a convolution that this process has not met is computed by Gantry's kernels and by LibTorch's, and by the
 * faster ones ever after. Both are right; they differ in the last bits.
 * @param path a file of choices, which is made where it is not there: what it says is not measured again, and what is measured is added.
 * Several processes may share it; the first to meet a shape decides. Where it cannot be written, choices stand in this process alone.
 */
export const keepKernelChoices = (path: string): void => native.keepChoices(path);

/** Chooses as {@link kernelChoices} once said; what these lines do not name stays Gantry's, unless it is measured. */
export const recallKernelChoices = (lines: string): void => native.recallChoices(lines);

/** The shapes that this process has met and what computes them, `gantry` or `libtorch`, one a line; empty where nothing is chosen. */
export const kernelChoices = (): string => native.metChoices();

/** Has this processor instructions for bfloat16? Where it has none, it is computed in float32 and rounded. */
export const hasBfloat16 = (): boolean => native.hasBfloat16();
