/** What the tests of this folder share. Not exported from the package. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { encodePng } from "@gantry/formats";
import { type Dataset, MemoryDataset, sharedBytes } from "./dataset.js";

/** The top of the repository, seen from the built tests. */
export const repository = fileURLToPath(new URL("../../../../", import.meta.url));

/** A folder that is removed when the file's tests are over. */
export async function temporaryFolder(): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), "gantry-data-"));
  after(() => rm(outer, { recursive: true, force: true }));
  // With a folder of its own around it: data are looked for beside the current folder, too, where anything may lie.
  const folder = join(outer, "here");
  await mkdir(folder);
  return folder;
}

/** A PNG file of one colour. */
export async function plainPng(colour: readonly [number, number, number], size = 8): Promise<Uint8Array> {
  const data = new Uint8Array(3 * size * size);
  colour.forEach((value, channel) => {
    data.fill(value, channel * size * size, (channel + 1) * size * size);
  });
  return await encodePng({ shape: [3, size, size], data });
}

/** Images of 1,2,2 whose every byte is the item's number, and whose label is the number modulo 3. */
export function numbered(count: number): Dataset {
  const data = sharedBytes(count * 4);
  for (let at = 0; at < data.length; at++) data[at] = at >> 2;
  return new MemoryDataset({
    name: "numbered",
    kind: "images",
    shape: [1, 2, 2],
    classes: ["a", "b", "c"],
    labels: Int32Array.from({ length: count }, (_, item) => item % 3),
    items: { data, record: 4, parts: 1, table: undefined },
  });
}
