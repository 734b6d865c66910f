import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** Why something of a run could not be written. */
export interface Trouble {
  /** The run's folder is not there any more. */
  readonly isGone: boolean;
  /** Why, in plain words. */
  readonly why: string;
}

/** Looks at what is behind an error in writing into a run, since the error names a file only. */
export async function describeTrouble(run: string, error: Error): Promise<Trouble> {
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  if (!(await exists(join(run, "config.json"))))
    return { isGone: true, why: `${run}: the run's folder is gone, or what was in it` };
  const disk = await statfs(run).catch(() => undefined);
  // A disk may have room and still take no more files; some count none.
  const outOfInodes =
    /disk is full/.test(error.message) && disk !== undefined && disk.files > 0 && disk.ffree === 0;
  const why = outOfInodes
    ? error.message.replace("disk is full", "the disk takes no more files (it is out of inodes)")
    : error.message;
  return { isGone: false, why };
}
