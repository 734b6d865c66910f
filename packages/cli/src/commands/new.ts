import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { cloneAround, KINDS, type Kind, makeSkeleton } from "../skeleton.js";

export default defineCommand({
  name: "new",
  summary: "begin a term, recipe, data set, metric or network of your own",
  description:
    "Writes a part of your own to begin with, its test, and the script in NumPy that its golden numbers come from. What is " +
    "written works at once. In a clone of Gantry it becomes one of Gantry's own; elsewhere it goes into the current " +
    "folder, for --with and --import.",
  arguments: [
    { name: "<kind>", description: Object.keys(KINDS).join(", ") },
    { name: "<name>", description: "its name, of small letters, digits and -" },
  ],
  options: [{ flags: "--json", description: "print one line of JSON" }],
  examples: [
    ["gantry new term dragan", "dragan.ts, dragan.test.ts, dragan.golden.py and its numbers"],
    ["gantry new dataset spiral", "points of your own"],
  ],
  async run(output, [kind = "", name = ""]) {
    if (!Object.hasOwn(KINDS, kind))
      throw new UsageProblem(`'${kind}' is no kind of part; there are ${Object.keys(KINDS).join(", ")}`);
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
      throw new UsageProblem(`'${name}' is no name; write small letters, digits and -, as gradient-penalty`);
    await refuseTaken(kind as Kind, name);
    const folder = process.cwd();
    const clone = cloneAround(folder);
    const { files, next } = await makeSkeleton(kind as Kind, name, folder, clone);
    const there = [...files.keys()].find((file) => existsSync(file));
    if (there !== undefined)
      throw new UsageProblem(`${relative(folder, there)} is there already; choose another name`);
    for (const [file, text] of files) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    if (clone !== undefined)
      await format(
        clone,
        [...files.keys()].filter((file) => file.endsWith(".ts")),
      );
    const written = [...files.keys()].map((file) => relative(folder, file));
    if (output.json)
      output.printJson({ event: "new", kind, name, files: written, next: next.map(([line]) => line) });
    else
      output.print(
        [
          ...written,
          "Try next:",
          ...next.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
        ].join("\n"),
      );
    return 0;
  },
});

/** As the clone's own files are; where its tools are not installed, they stay as they are. */
async function format(clone: string, files: readonly string[]): Promise<void> {
  const biome = join(clone, "node_modules/@biomejs/biome/bin/biome");
  if (existsSync(biome))
    await promisify(execFile)(process.execPath, [biome, "check", "--write", ...files], { cwd: clone }).catch(
      () => {},
    );
}

/** Names are of one kind each; Gantry's own may not be taken. */
async function refuseTaken(kind: Kind, name: string): Promise<void> {
  const { datasets, families, metrics, recipes, terms } = await import("@gantry/gan");
  const sets = { term: terms, recipe: recipes, dataset: datasets, metric: metrics, network: families };
  const members: ReadonlyMap<string, unknown> = await sets[kind].all();
  if (members.has(name))
    throw new UsageProblem(`Gantry has a ${kind} '${name}' already; choose another name`);
}
