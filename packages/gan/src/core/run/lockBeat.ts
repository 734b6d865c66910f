// A thread that gives a run's lock its signs of life, whatever the main thread is busy with, and looks whether the lock is
// still its owner's.
import { parentPort, workerData } from "node:worker_threads";
import { beatText, type LockRecord, newestGeneration, readLock, writeLock } from "./lockFile.js";

/** What the thread is given. */
export interface BeatOrder {
  readonly folder: string;
  readonly generation: number;
  readonly record: LockRecord;
  /** Milliseconds between signs of life. */
  readonly interval: number;
}

const { folder, generation, record, interval } = workerData as BeatOrder;

/** Whether somebody else has the lock. A folder that cannot be read has nobody. */
function isLost(): boolean {
  try {
    if ((newestGeneration(folder) ?? generation) > generation) return true;
    const { record: found } = readLock(folder, generation);
    return found !== undefined && found.token !== record.token;
  } catch {
    return false;
  }
}

let beat = 0;
const timer = setInterval(() => {
  if (isLost()) {
    clearInterval(timer);
    parentPort?.postMessage("lost");
    return;
  }
  try {
    writeLock(folder, generation, { ...record, beat: beatText(++beat) }, "r+");
  } catch {
    // The folder is gone, or its disk is: the training says so where it writes itself.
  }
}, interval);
