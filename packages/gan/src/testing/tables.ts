// What the tests of metrics share.
import type { ImageSource } from "../evaluation/metrics/images.js";
import type { Conventions, Samples } from "../evaluation/metrics/metric.js";
import { Moments } from "../evaluation/metrics/moments.js";
import { MemoryTable, type Table } from "../evaluation/metrics/table.js";

/** The same numbers as `features` of golden/metrics/make_golden.py. */
export function formula(rows: number, columns: number, phase: number, spread = 1, shift = 0): MemoryTable {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    const sine = Math.sin(i * 12.9898 + phase * 78.233) * 43758.5453;
    const noise = Math.round((sine - Math.floor(sine)) * 1e6) / 1e6;
    const wave = Math.cos((i % columns) * 0.7 + phase);
    data[i] = (noise - 0.5) * spread * (1 + wave) + shift;
  }
  return new MemoryTable(data, columns);
}

/** Some rows of a table, as a table. */
export function rowsOf(table: Table, start: number, end: number): MemoryTable {
  return new MemoryTable(table.read(start, end).slice(), table.columns);
}

/** Samples with given features and logits. */
export function tableSamples(
  features: Table,
  {
    network = "test-net",
    conventions = {},
    logits = features,
    parts,
  }: {
    network?: string;
    conventions?: Conventions;
    logits?: Table;
    parts?: number;
  } = {},
): Samples {
  return {
    count: features.rows,
    network,
    parts,
    conventions,
    images: (): ImageSource => {
      throw new Error("no images");
    },
    features: async () => features,
    logits: async () => logits,
    moments: async () => Moments.of(features),
  };
}
