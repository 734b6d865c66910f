// What the scripts here share. Plain Node, no dependencies: they run before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

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
  const { error, status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error?.code === "ENOENT") return 127;
  return status ?? (signal === "SIGINT" ? 130 : 1);
}

/** Runs one of this repository's own scripts; its failure is ours. */
export function runScript(name, args = []) {
  const status = run(process.execPath, [join(root, "scripts", name), ...args]);
  if (status !== 0) throw new Stop("", status);
}

/** What a program prints; undefined when it fails or does not exist. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The folder that holds include/node/node_api.h: Node's own, else the system's; undefined when there is none. */
export function nodeHeaders() {
  return [dirname(dirname(process.execPath)), "/usr", "/usr/local"].find((prefix) =>
    ["node_api.h", "common.gypi"].every((file) => existsSync(join(prefix, "include/node", file))),
  );
}

/** Every file under a folder, sorted; none when the folder does not exist. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

export function hashOf(paths, ...more) {
  const hash = createHash("sha256");
  for (const path of paths)
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  for (const text of more) hash.update(String(text)).update("\0");
  return hash.digest("hex");
}
