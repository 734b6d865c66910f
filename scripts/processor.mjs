// What kind of processor this is: figures and results are told by kind.
import { existsSync, readFileSync } from "node:fs";

const told = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";

/** Its instructions, by the names that Linux gives them; none elsewhere. */
export const processorFlags = new Set(/^flags\s*:(.*)$/m.exec(told)?.[1]?.trim().split(" ") ?? []);

/** The best of its instructions that Gantry's kernels are written for; undefined where it has none. */
export const bestInstructions = [
  ["amx_bf16", "AMX"],
  ["avx512_bf16", "AVX-512 with bfloat16"],
  ["avx512f", "AVX-512"],
  ["avx2", "AVX2"],
].find(([flag]) => processorFlags.has(flag))?.[1];
