import { join } from "node:path";
import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import type { Output } from "../output.js";

/**
 * Writes images as 000000.png, 000001.png, ..., each as it is: for other tools.
 * @param parts samples, one after the other
 * @param count how many there will be
 * @throws UsageProblem for points
 */
export async function writeFolder(
  { reporter }: Output,
  sampler: Sampler,
  out: string,
  parts: Iterable<Float32Array>,
  count: number,
): Promise<void> {
  if (sampler.data.kind === "points")
    throw new UsageProblem(`--out ${out}: points are no pictures each; FILE.npy has their numbers`);
  const { mkdir } = await import("node:fs/promises");
  const { encodePng, writeFileAtomically } = await import("@gantry/formats");
  const { toBytes } = await import("@gantry/gan");
  const { scope, torch } = await import("@gantry/torch");
  await mkdir(out, { recursive: true });
  const [channels = 0, height = 0, width = 0] = sampler.data.shape;
  const size = channels * height * width;
  let done = 0;
  for (const part of parts) {
    const bytes = scope(() => toBytes(torch.fromTypedArray(part)));
    for (let at = 0; at < bytes.length; at += size) {
      const data = bytes.subarray(at, at + size);
      const png = await encodePng({ data, shape: [channels, height, width] });
      await writeFileAtomically(join(out, `${String(done).padStart(6, "0")}.png`), png);
      reporter.progress({ what: `writing ${out}`, done: ++done, total: count, unit: "images" });
    }
  }
}
