import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import {
  builtAgainst,
  keepKernelChoices,
  kernelChoices,
  libraryPath,
  recallKernelChoices,
  version,
} from "@gantry/torch";
import { gantryHome } from "../data/home.js";

/**
 * Which kernels compute a shape is measured from LibTorch 2 on, whose oneDNN 3 is sometimes the faster one; before that Gantry's are.
 * What was measured is kept for this processor and these libraries under `cache/kernels/` in Gantry's home.
 */
export function measureKernels(): void {
  if (Number.parseInt(version(), 10) < 2) return;
  const folder = join(gantryHome(), "cache", "kernels");
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    // Then choices stand in this process alone, and in its run.
  }
  const { ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA, DNNL_MAX_CPU_ISA } = process.env;
  const machine = [
    cpus()[0]?.model,
    version(),
    libraryPath(),
    builtAgainst(),
    ATEN_CPU_CAPABILITY,
    ONEDNN_MAX_CPU_ISA ?? DNNL_MAX_CPU_ISA,
  ];
  const key = createHash("sha256").update(JSON.stringify(machine)).digest("hex").slice(0, 16);
  keepKernelChoices(join(folder, `${key}.txt`));
}

/** What a checkpoint keeps of the choices: with them a run goes on with the same bits, whatever was measured since. */
export interface KernelState {
  /** A shape and what computes it, one a line; absent where nothing was chosen. */
  readonly kernels?: readonly string[];
}

export function kernelState(): KernelState {
  const lines = kernelChoices()
    .split("\n")
    .filter((line) => line !== "");
  return lines.length === 0 ? {} : { kernels: lines };
}

/** Goes on with what a checkpoint's run had chosen. */
export function recallKernels({ kernels }: KernelState): void {
  if (kernels !== undefined) recallKernelChoices(kernels.join("\n"));
}
