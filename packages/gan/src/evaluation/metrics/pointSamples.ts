import type { PointMode } from "../../core/data/dataset.js";
import type { Samples } from "./metric.js";
import { Moments } from "./moments.js";
import { MemoryTable } from "./table.js";

/** For what samples have not that no network looks at. */
export const unseen = (): never => {
  throw new TypeError("these samples are looked at through no network");
};

/**
 * Points as a metric is given them, themselves their features.
 * @param points coordinates, point after point
 * @param dimension coordinates of a point
 * @param modes that real ones are drawn from, where they are known
 */
export function pointSamples(points: Float32Array, dimension: number, modes?: readonly PointMode[]): Samples {
  const table = new MemoryTable(points, dimension);
  return {
    count: table.rows,
    network: undefined,
    conventions: {},
    points,
    ...(modes === undefined ? {} : { modes }),
    images: unseen,
    features: async () => table,
    logits: unseen,
    moments: async () => Moments.of(table),
  };
}
