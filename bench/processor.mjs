// How a row of results names the processor.
import { cpus } from "node:os";
import { bestInstructions, processorFlags } from "../scripts/processor.mjs";

/** Whether bfloat16 can gain anything: oneDNN has kernels for it from AVX-512 on. */
export const hasBfloat16 = processorFlags.has("avx512f");

export const processor = `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, ${bestInstructions ?? process.arch}`;
