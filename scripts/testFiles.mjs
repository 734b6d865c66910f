import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { filesUnder, root } from "./shared.mjs";

/** Compiled tests that still have their source: the compiler leaves the results of deleted files behind. */
export function testFiles() {
  const files = filesUnder(join(root, "packages")).filter(
    (path) => path.endsWith(".test.js") && !path.includes(`${sep}node_modules${sep}`),
  );
  return files.filter((path) => {
    const [, name, dist, ...rest] = relative(root, path).split(sep);
    if (dist !== "dist") return false;
    const source = join(...rest).replace(/\.js$/, ".ts");
    return ["", "src"].some((folder) => existsSync(join(root, "packages", name, folder, source)));
  });
}
