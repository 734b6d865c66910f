// `npm run docs`: the documents and the reference of the library as a site, docs/site, by TypeDoc; a dead link fails. TypeDoc reads
// TypeScript by a compiler of its own, which docs/package.json brings.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run, runScript, Stop, script } from "./shared.mjs";

const folder = join(root, "docs");

function must(command, args) {
  const status = run(command, args, { cwd: folder });
  if (status !== 0) throw new Stop("", status);
}

script(() => {
  runScript("build.mjs");
  if (!existsSync(join(folder, "node_modules/typedoc")))
    must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  must("npx", ["typedoc", "--options", "typedoc.json"]);
  console.log("docs/site/index.html");
});
