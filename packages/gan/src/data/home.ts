import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where Gantry keeps what it downloads and computes: `GANTRY_HOME`, else `gantry` under `XDG_CACHE_HOME`, else
 * `~/.cache/gantry`. An absolute path; the folder need not exist.
 */
export function gantryHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { GANTRY_HOME: own, XDG_CACHE_HOME: caches } = environment;
  if (own !== undefined && own !== "") return resolve(own);
  if (caches !== undefined && caches !== "") return resolve(caches, "gantry");
  return join(homedir(), ".cache", "gantry");
}
