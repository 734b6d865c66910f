// `node scripts/docTags.mjs [--write]`: every @param, @returns and @throws of a docstring begins a line of its own. Part of
// `npm run lint`; with `--write` they are put there.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { filesUnder, root, Stop, script } from "./shared.mjs";

const TAG = /\s+(?=@(?:param|returns|throws)\s)/;

/** A docstring with every tag on a line of its own. */
function arranged(comment, indent) {
  if (
    !comment
      .slice(3)
      .split("\n")
      .some((line) => TAG.test(line.replace(/^\s*\*?\s*/, "")))
  )
    return comment;
  const lines = comment
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .flatMap((line) => (line.trim().length === 0 ? [""] : line.split(TAG)))
    .map((line) => line.trimEnd());
  while (lines[0]?.trim() === "") lines.shift();
  while (lines.at(-1)?.trim() === "") lines.pop();
  const body = lines.map((line) => `${indent} *${line === "" ? "" : ` ${line.replace(/^ (?=\S)/, "")}`}`);
  return `/**\n${body.join("\n")}\n${indent} */`;
}

script(() => {
  const write = process.argv.includes("--write");
  const wrong = [];
  for (const folder of ["torch", "formats", "gan", "studies", "web", "studio", "cli"].map((name) =>
    join(root, "packages", name, "src"),
  ))
    for (const file of filesUnder(folder)) {
      if (!file.endsWith(".ts") || file.endsWith("_gen.ts")) continue;
      const text = readFileSync(file, "utf8");
      const mended = text.replace(
        /^([ \t]*)\/\*\*(?:[^*]|\*(?!\/))*\*\//gm,
        (whole, indent) => indent + arranged(whole.slice(indent.length), indent),
      );
      if (mended === text) continue;
      wrong.push(relative(root, file));
      if (write) writeFileSync(file, mended);
    }
  if (wrong.length > 0 && !write)
    throw new Stop(
      `@param, @returns and @throws begin lines of their own; node scripts/docTags.mjs --write mends ${wrong.join(", ")}`,
    );
});
