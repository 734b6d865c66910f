// Where a cell's training stands, so that a killed one goes on from there.
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@gantry/formats";
import { type Config, loadCheckpoint, saveCheckpoint, Trainer } from "@gantry/gan";
import type { Dataset } from "@gantry/gan/data";
import { checkpointName, pruneCheckpoints, sweepCheckpoints } from "@gantry/gan/run";

/** What lies beside a training's checkpoint. Plain JSON. */
export interface Standing {
  /** What is trained: of anything else's standing nothing is made. */
  readonly of: unknown;
  readonly iteration: number;
}

/** Seconds of the processor that this process took, all threads: what a training cost, whatever else ran beside it. */
export const processorSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const STANDING = "standing.json";

/** The checkpoint first: what the standing names is there. */
export async function saveStanding(trainer: Trainer, folder: string, standing: Standing): Promise<void> {
  await mkdir(folder, { recursive: true });
  await saveCheckpoint(trainer, folder);
  await writeFileAtomically(join(folder, STANDING), new TextEncoder().encode(JSON.stringify(standing)));
  await pruneCheckpoints(folder, 1);
}

/**
 * A training where a killed process of the same work left it; where there is nothing whole, a new one.
 * @param of what is trained, as plain JSON
 * @param dataset default: the configuration's own
 */
export async function goOn<Own extends Standing>(
  config: Config,
  of: unknown,
  folder: string,
  dataset?: Dataset,
): Promise<{ trainer: Trainer; standing: Own | undefined }> {
  const standing = await readFile(join(folder, STANDING), "utf8").then(
    (text) => JSON.parse(text) as Own,
    () => undefined,
  );
  const begin = () => Trainer.create(config, undefined, dataset);
  const trainer = await begin();
  await sweepCheckpoints(folder).catch(() => {});
  if (standing !== undefined && JSON.stringify(standing.of) === JSON.stringify(of)) {
    try {
      await loadCheckpoint(trainer, join(folder, checkpointName(standing.iteration)));
      return { trainer, standing };
    } catch {
      // Damaged: a new one costs only time.
      await trainer.close();
      await rm(folder, { recursive: true, force: true });
      return { trainer: await begin(), standing: undefined };
    }
  }
  await rm(folder, { recursive: true, force: true });
  return { trainer, standing: undefined };
}
