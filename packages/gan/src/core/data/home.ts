import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where Gantry keeps what it downloads and computes: `GANTRY_HOME`, else `gantry` under `cacheFolder`. An absolute path; the
 * folder need not exist.
 */
export function gantryHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { GANTRY_HOME: own } = environment;
  if (own !== undefined && own !== "") return resolve(own);
  return join(cacheFolder(environment), "gantry");
}

/**
 * Where programs of this user keep what they can make again: `XDG_CACHE_HOME`, else `~/.cache`. A user of a number alone, as
 * containers have them, without HOME and without an entry among the users, has a folder of that number among the temporary files.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: caches } = environment;
  if (caches !== undefined && caches !== "") return resolve(caches);
  const home = homeFolder();
  return home === undefined ? join(tmpdir(), `cache-${process.getuid?.() ?? "user"}`) : join(home, ".cache");
}

/** Undefined where there is none. */
function homeFolder(): string | undefined {
  try {
    // An empty HOME is taken for an answer.
    return homedir() || userInfo().homedir || undefined;
  } catch {
    return undefined;
  }
}
