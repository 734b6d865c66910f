// What kind of processor this is: figures are told by kind.
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

const flags = new Set(
  /^flags\s*:(.*)$/m
    .exec(existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "")?.[1]
    ?.trim()
    .split(" ") ?? [],
);

/** The widest instructions it has, as Gantry and oneDNN tell processors apart. */
export const kind =
  [
    ["amx_bf16", "matrix units (AMX)"],
    ["avx512_bf16", "AVX-512 with bfloat16"],
    ["avx512f", "AVX-512"],
    ["avx2", "AVX2"],
  ].find(([flag]) => flags.has(flag))?.[1] ?? process.arch;

/** Whether bfloat16 can gain anything: oneDNN has kernels for it from AVX-512 on. */
export const hasBfloat16 = flags.has("avx512f");

export const processor = `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, ${kind}`;
