// What `npm pack` and `npm publish` do first, in the folder of a package: compiled code that is up to date and of which every
// file still has its source, and the licence, which npm takes from a package's own folder alone.
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { filesUnder, root, run, Stop, script } from "./shared.mjs";

script(async () => {
  const folder = process.cwd();
  const compiled = join(folder, "dist");
  // packages/torch compiles two folders, the others src alone.
  const sources = [folder, join(folder, "src")];
  // What is bundled for browsers has no source of its name.
  const bundle = join("page", "bundle");
  for (const file of filesUnder(compiled)) {
    const name = relative(compiled, file).replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (name.startsWith(bundle + sep)) continue;
    if (!name.endsWith(".tsbuildinfo") && !sources.some((source) => existsSync(join(source, name))))
      rmSync(file);
  }
  const status = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  if (status !== 0) throw new Stop("the type check failed (see above)", status);
  if (folder === join(root, "packages/cli")) {
    const { writeCatalogue } = await import("../packages/cli/dist/catalogue/write.js");
    await writeCatalogue();
  }
  if (existsSync(join(folder, "page"))) await (await import("./pages.mjs")).buildStudioPages();
  if (existsSync(join(folder, "src", "page"))) await (await import("./pages.mjs")).buildWebPage();
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
});
