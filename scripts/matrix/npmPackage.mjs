// Programs that come as npm packages: Node itself, Bun, Deno. What `node`, `bun` and `deno` fetch when they are installed is
// a package for each platform, which is taken directly: it runs no script.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../shared.mjs";
import { Absent } from "./absent.mjs";

/** @returns the folder of a package, installed under `folder` unless it is there */
export function npmPackage(folder, name, range) {
  const target = join(folder, "node_modules", name);
  if (existsSync(join(target, "package.json"))) return target;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${range}`];
  if (run("npm", args, { cwd: folder }) !== 0) throw new Absent(`npm finds no ${name}@${range}`);
  return target;
}

/** The folder of Node of a major version, with bin/node and its headers. */
export function npmNode(folder, major) {
  return npmPackage(folder, `node-${process.platform}-${process.arch}`, String(major));
}
