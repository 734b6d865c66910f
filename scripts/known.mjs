// Writes packages/gan/src/core/config/known_gen.ts: which terms and network families there are, for the types of configurations.
// TypeScript cannot list a folder. Part of `npm run build`; a test fails where it is not up to date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, script } from "./shared.mjs";

const source = join(root, "packages/gan/src");
export const target = join(source, "core/config/known_gen.ts");

/** Each interface, what it lists, and the folder of that. */
const SETS = [
  ["KnownTerms", "Every term by its name. A user's own joins by module augmentation.", "core/terms"],
  ["KnownFamilies", "Every network family by its name.", "core/nets/families"],
];

/** @returns the file's text */
export function known() {
  const interfaces = SETS.map(([name, meaning, folder]) => {
    const from = relative(dirname(target), join(source, folder));
    const lines = readdirSync(join(source, folder))
      .filter(
        (file) =>
          file.endsWith(".ts") && !file.includes(".test.") && !["index.ts", "registry.ts"].includes(file),
      )
      .map((file) => file.slice(0, -".ts".length))
      .sort()
      .map((member) => `  "${member}": typeof import("${from}/${member}.js").default;\n`);
    return `/** ${meaning} */\nexport interface ${name} {\n${lines.join("")}}\n`;
  });
  return `// Written by scripts/known.mjs, which npm run build runs: do not edit.\n\n${interfaces.join("\n")}`;
}

/** Brings the file up to date. */
export function writeKnown() {
  const text = known();
  if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
}

if (import.meta.filename === process.argv[1]) script(writeKnown);
