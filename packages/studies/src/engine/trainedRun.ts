// A run trained within a cell of a study's own, and what its generator makes.
import { join } from "node:path";
import { type Config, Sampler, type SamplerOptions } from "@gantry/gan";
import { trainCell } from "@gantry/gan/sweep";
import type { Workplace } from "./study.js";

const RUN = "run";
/** Milliseconds between two messages of how far it is. */
const PAUSE = 30_000;

/**
 * Trains a configuration in the cell's folder; where it was interrupted, it goes on.
 * @returns the run's folder
 */
export async function trainedRun(
  config: Config,
  method: string,
  { folder, signal, tell }: Workplace,
): Promise<string> {
  let told = performance.now();
  await trainCell(
    folder,
    { name: RUN, group: method, config },
    {
      signal,
      onReport({ iteration, steps }) {
        if (performance.now() - told < PAUSE) return;
        told = performance.now();
        tell(`iteration ${iteration} of ${steps}`);
      },
    },
  );
  return join(folder, RUN);
}

/** Opens a run's sampler for as long as something is done with it. */
export async function sampling<T>(
  run: string,
  options: SamplerOptions,
  use: (sampler: Sampler) => T | Promise<T>,
): Promise<T> {
  const sampler = await Sampler.open(run, options);
  try {
    return await use(sampler);
  } finally {
    sampler.close();
  }
}

/** Parts one after the other. */
export function joined(parts: Iterable<Float32Array>): Float32Array {
  const all = [...parts];
  const whole = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
