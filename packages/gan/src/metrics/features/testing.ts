// What tests of classifiers share.
import { type Dataset, MemoryDataset } from "../../data/dataset.js";
import { Random } from "../../data/random.js";

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

/** As `noise` of make_inception.py. */
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
