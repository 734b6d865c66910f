// What the scripts here share. Plain Node, no dependencies: they run before anything is installed. What a package that was
// installed from npm needs too lies in packages/torch/scripts.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as programs from "../packages/torch/scripts/process.mjs";

export { filesUnder, Stop, script } from "../packages/torch/scripts/process.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program with our terminal, in the repository. @returns its exit status; 127 when it does not exist */
export const run = (command, args, options = {}) => programs.run(command, args, { cwd: root, ...options });

/** What a program prints, run in the repository; undefined when it fails or does not exist. */
export const ask = (command, args) => programs.ask(command, args, { cwd: root });

/** Runs one of this repository's own scripts; its failure is ours. */
export function runScript(name, args = []) {
  const status = run(process.execPath, [join(root, "scripts", name), ...args]);
  if (status !== 0) throw new programs.Stop("", status);
}

/** Of files of the repository, and of texts. */
export const hashOf = (paths, ...more) => programs.hashOf(root, paths, ...more);
