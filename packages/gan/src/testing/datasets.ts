/** What the tests share of data sets. Not exported from the package. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { encodePng } from "@gantry/formats";
import { type Dataset, MemoryDataset, sharedBytes } from "../core/data/dataset.js";
import { Random } from "../core/data/random.js";

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

/** Ten classes that are easily told apart: a bright bar at the class's height, in noise. */
export function bars(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const data = new Uint8Array(new SharedArrayBuffer(count * 784));
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 10;
    for (let p = 0; p < 784; p++) {
      const inBar = Math.floor(p / 28 / 2.8) === labels[i];
      data[i * 784 + p] = random.integer(60) + (inBar ? 180 : 0);
    }
  }
  const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const items = { data, record: 784, parts: 1, table: undefined };
  return new MemoryDataset({ name: "bars", kind: "images", shape: [1, 28, 28], classes, labels, items });
}

/** As `noise` of golden/metrics/make_inception.py. */
export function noise(count: number, seed: number): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 2654435761) + seed) | 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    out[i] = (h >>> 0) / 2 ** 32 - 0.5;
  }
  return out;
}
