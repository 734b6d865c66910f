import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { version } from "../system.js";

const { NODE_TEST_CONTEXT: _, ATEN_CPU_CAPABILITY, ...environment } = process.env;

/** The processor's instructions that this run is restricted to, as LibTorch's variable names them; undefined for all. */
export const instructions: string | undefined = ATEN_CPU_CAPABILITY;

/** Why to skip a test of what Gantry's kernels alone promise; false where they compute. */
export const withoutKernels: string | false =
  (instructions === "default" || process.arch !== "x64") && "LibTorch's own arithmetic";

/**
 * A test that runs a test file once more with less of the processor's instructions.
 * @param url the file's own
 */
export function testWith(restriction: "avx2" | "default", url: string): void {
  const skip = instructions !== undefined && "this is that run";
  test(`all of this with ${restriction} instructions too`, { skip }, () => {
    const child = spawnSync(process.execPath, [fileURLToPath(url)], {
      encoding: "utf8",
      env: { ...environment, ATEN_CPU_CAPABILITY: restriction },
    });
    assert.equal(child.status, 0, child.stdout);
  });
}

/** LibTorch's operators as Adam's pass follows them: later ones, and those for fewer instructions, fuse other products and sums. */
export const ADAM_HAS_SAME_BITS = version().startsWith("1.") && instructions === undefined;
