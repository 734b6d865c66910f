// What the tests of studies share.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { encodeIdx } from "@gantry/formats";
import { Random } from "@gantry/gan/data";

/** A folder that is removed when the file's tests are over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-studies-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Writes 40 grey pictures of 28 pixels, noise with labels 0 to 9, as IDX files.
 * @returns the images' path
 */
export async function writeImages(folder: string): Promise<string> {
  const random = new Random(4);
  const data = Uint8Array.from({ length: 40 * 28 * 28 }, () => random.integer(256));
  const images = join(folder, "train-images-idx3-ubyte");
  await writeFile(images, encodeIdx({ shape: [40, 28, 28], data }));
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 10);
  await writeFile(join(folder, "train-labels-idx1-ubyte"), encodeIdx({ shape: [40], data: labels }));
  return images;
}
