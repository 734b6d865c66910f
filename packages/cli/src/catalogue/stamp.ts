import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Tells whether the code that a catalogue was made of is still the same: names and sizes of every compiled file of the packages
 * that open sets lie in. Some milliseconds; times of files would not outlive a package's way through npm.
 */
export function codeStamp(): string {
  const hash = createHash("sha256");
  for (const name of ["@gantry/gan", "@gantry/studies"])
    walk(fileURLToPath(new URL("./", import.meta.resolve(name))), (path, size) =>
      hash.update(`${path}:${size}\n`),
    );
  return hash.digest("hex");
}

function walk(root: string, tell: (path: string, size: number) => void, under = ""): void {
  const entries = readdirSync(join(root, under), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(under, entry.name);
    // Neither is shipped.
    if (entry.name === "testing" || entry.name.endsWith(".test.js")) continue;
    if (entry.isDirectory()) walk(root, tell, path);
    else if (path.endsWith(".js")) tell(path, statSync(join(root, path)).size);
  }
}
