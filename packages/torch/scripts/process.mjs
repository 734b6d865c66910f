// What the scripts of this package and of the repository share. Plain Node, no dependencies: they run before anything is
// installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** A problem whose message says all the user needs: printed without a stack. */
export class Stop extends Error {
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Runs `main`; a Stop ends the process with its message and status. */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.message !== "") console.error(error.message);
    process.exit(error.status);
  }
}

/** Runs a program with our terminal. @returns its exit status; 127 when it does not exist */
export function run(command, args, options = {}) {
  const { error, status, signal } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error?.code === "ENOENT") return 127;
  return status ?? (signal === "SIGINT" ? 130 : 1);
}

/** What a program prints; undefined when it fails or does not exist. */
export function ask(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    ...options,
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Every file under a folder, sorted; none when the folder does not exist. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

/** Of files, named from `base` so that the same tree elsewhere gives the same, and of texts. */
export function hashOf(base, paths, ...more) {
  const hash = createHash("sha256");
  for (const path of paths)
    hash.update(relative(base, path)).update("\0").update(readFileSync(path)).update("\0");
  for (const text of more) hash.update(String(text)).update("\0");
  return hash.digest("hex");
}

/** Gantry's least Node. @throws Stop */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 17))
    throw new Stop(`Gantry needs Node 20.17 or newer; this is ${process.version}`, 2);
}
