// npm's packages, as package-lock.json has them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run, Stop } from "./shared.mjs";

/** Whether node_modules holds what package-lock.json says: npm writes down there what it has installed. */
function upToDate(folder) {
  const record = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const has = JSON.parse(readFileSync(record, "utf8")).packages;
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages;
  return Object.entries(lock).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") || entry.optional) return true;
    return has[path] !== undefined && has[path].version === entry.version && existsSync(join(folder, path));
  });
}

/** Installs the packages of a checkout, unless they are there. */
export function installPackages(folder) {
  if (upToDate(folder)) return;
  let status = run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
  if (status !== 0) {
    // npm ci refuses a lock file that names no package for some other platform; the versions stay those it does name.
    console.log("npm ci failed (see above): trying npm install");
    status = run("npm", ["install", "--no-save", "--no-audit", "--no-fund"], { cwd: folder });
  }
  if (status !== 0) throw new Stop("npm's packages could not be installed (see above)", status);
}
