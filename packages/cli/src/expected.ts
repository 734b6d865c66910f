import type { Trainer } from "@gantry/gan";

/** What a training will take, as one iteration of it was. */
export interface Expected {
  /** Seconds of the iteration that was measured, and of all. */
  readonly iterationSeconds: number;
  readonly seconds: number;
  /** Bytes that the process had at most. */
  readonly memory: number;
  /** Bytes of a checkpoint, and of those that are kept. */
  readonly checkpoint: number;
  readonly disk: number;
}

/**
 * Trains two iterations, of which the second is measured: the first one chooses kernels and fills caches. Where iterations change on the
 * way (more steps of D, networks that grow), so does what they take.
 */
export async function expectOf(trainer: Trainer): Promise<Expected> {
  const { checkpointBytes } = await import("@gantry/gan");
  const { steps, keep, evaluation } = trainer.config;
  let iterationSeconds = 0;
  // What only shows when it is done fails here: a batch too small for a layer, memory that does not suffice.
  for await (const { seconds } of trainer.run(Math.min(2, steps))) iterationSeconds = seconds;
  const checkpoint = checkpointBytes(trainer);
  return {
    iterationSeconds,
    seconds: iterationSeconds * steps,
    memory: process.resourceUsage().maxRSS * 1024,
    checkpoint,
    // While one is written, those that it will replace are still there; the best one stays beside them.
    disk: checkpoint * (keep + 1 + (evaluation === null ? 0 : 1)),
  };
}
