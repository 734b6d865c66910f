import { setImmediate } from "node:timers/promises";
import type { MetricContext } from "./metric.js";

/** Between two steps of long work: says how far it has come, lets others run, and stops where that was asked for. */
export async function pause({ signal, onProgress }: MetricContext, share: number): Promise<void> {
  signal?.throwIfAborted();
  onProgress?.(share);
  await setImmediate();
}
