import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

/** Kinds of parts that can be begun, and one of Gantry's own of that kind: in a clone, the new one goes beside it. */
export const KINDS = {
  term: "gradient-penalty.ts",
  recipe: "wgan-gp.ts",
  dataset: "ring.ts",
  metric: "prdc.ts",
  network: "mlp.ts",
} as const;

export type Kind = keyof typeof KINDS;

/** The clone of Gantry that a folder lies in; undefined outside of one. */
export function cloneAround(folder: string): string | undefined {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const file = join(here, "package.json");
    if (existsSync(file) && /"name":\s*"gantry-workspace"/.test(readFileSync(file, "utf8"))) return here;
    if (here === dirname(here)) return undefined;
  }
}

/** What is written where: files by their paths, and what to type then. */
export interface Skeleton {
  readonly files: ReadonlyMap<string, string>;
  readonly next: readonly (readonly [line: string, meaning: string])[];
}

/**
 * A part of one's own to begin with: what it is, its test, and the script that computes its golden numbers, with those.
 * @param clone in which it becomes one of Gantry's own; undefined: outside, in `folder`
 */
export async function makeSkeleton(
  kind: Kind,
  name: string,
  folder: string,
  clone: string | undefined,
): Promise<Skeleton> {
  const sources = clone === undefined ? [] : sourcesUnder(join(clone, "packages/gan/src"));
  const home =
    clone === undefined ? folder : dirname(sources.find((file) => file.endsWith(`/${KINDS[kind]}`))!);
  const golden = clone === undefined ? folder : join(clone, "packages/gan/golden", name);
  const numbers = clone === undefined ? `${name}.golden.json` : `${name}.json`;
  const script = clone === undefined ? `${name}.golden.py` : "make_golden.py";
  const words: Readonly<Record<string, string>> = {
    __NAME__: name,
    // Tests of a clone run from dist, which is as deep as src.
    __GOLDEN__: clone === undefined ? `./${numbers}` : relative(home, join(golden, numbers)),
    __GOLDEN_FILE__: numbers,
    __GOLDEN_SCRIPT__: script,
  };
  const files = new Map<string, string>();
  for (const [template, place] of [
    ["NAME.ts", join(home, `${name}.ts`)],
    ["NAME.test.ts", join(home, `${name}.test.ts`)],
    ["golden.py", join(golden, script)],
    ["golden.json", join(golden, numbers)],
  ] as const) {
    const raw = await readTemplate(kind, template);
    if (raw === undefined) continue;
    const text = raw.replace(/__[A-Z_]+__/g, (word) => words[word] ?? word);
    files.set(
      place,
      clone === undefined ? text.replace(/ ?\/\/@outside$/gm, "") : asOwn(text, home, sources),
    );
  }
  return { files, next: nextSteps(kind, name, clone, home) };
}

/** Undefined for what a kind has none of: a recipe computes no numbers of its own. */
async function readTemplate(kind: Kind, file: string): Promise<string | undefined> {
  const url = new URL(`../templates/${kind}/${file}.txt`, import.meta.url);
  return await readFile(url, "utf8").catch(() => undefined);
}

/** Every source of a folder, sorted; no tests, and no file that only hands on what others export. */
function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|(^|\/)index\.ts$|^testing\.ts$/.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** A template as a file of Gantry's own, which imports from where things are. */
function asOwn(text: string, home: string, sources: readonly string[]): string {
  const own = text.replace(/^.*\/\/@outside\n/gm, "");
  const isImport = /^import [^;]+;\n/gm;
  const imports = own.match(isImport) ?? [];
  if (imports.length === 0) return own;
  const found = new Map<string, string[]>();
  const others: string[] = [];
  for (const statement of imports) {
    const [, names, from = ""] = /\{([^}]*)\} from "@gantry\/(gan)/.exec(statement) ?? [];
    if (from === "") others.push(statement.trim().replace(/(\.\/[\w-]+)\.ts"/, '$1.js"'));
    for (const each of (names ?? "").split(",").map((word) => word.trim())) {
      if (each === "") continue;
      const place = placeOf(each.replace(/^type /, ""), home, sources);
      found.set(place, [...(found.get(place) ?? []), each]);
    }
  }
  const lines = [...others, ...[...found].map(([place, names]) => importLine(names, place))];
  const from = (line: string) => /"([^"]+)";$/.exec(line)?.[1] ?? "";
  const rank = (line: string) => (from(line).startsWith("node:") ? 0 : from(line).startsWith(".") ? 2 : 1);
  lines.sort((a, b) => rank(a) - rank(b) || (from(a) < from(b) ? -1 : 1));
  return `${lines.join("\n")}\n${own.replace(isImport, "")}`;
}

/** `import type` where all of it is types. */
function importLine(names: readonly string[], place: string): string {
  const types = names.every((name) => name.startsWith("type "));
  const list = (types ? names.map((name) => name.slice("type ".length)) : names).join(", ");
  return `import ${types ? "type " : ""}{ ${list} } from "${place}";`;
}

/** The file that exports a name, as an import from another folder has it. */
function placeOf(name: string, home: string, sources: readonly string[]): string {
  if (name === "z") return "zod";
  const declared = new RegExp(
    `^export (?:abstract |async )*(?:function\\*?|const|class|interface|type) ${name}\\b`,
    "m",
  );
  const file = sources.find((each) => declared.test(readFileSync(each, "utf8")));
  if (file === undefined) throw new TypeError(`no source of Gantry's exports ${name}`);
  const path = relative(home, file).replace(/\.ts$/, ".js");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Where types are not stripped by Node itself, something else reads TypeScript. */
const stripsTypes = (process.features as { typescript?: unknown }).typescript === "strip";

function nextSteps(kind: Kind, name: string, clone: string | undefined, home: string): Skeleton["next"] {
  const file = clone === undefined ? `./${name}.ts` : undefined;
  const own = file === undefined ? "" : ` --import ${file}`;
  const uses: Readonly<Record<Kind, string>> = {
    term: `gantry train gan --preset small --with ${file ?? name}`,
    recipe: `gantry train ${name} --preset small${own}`,
    dataset: `gantry train gan --preset small --data ${name}${own}`,
    metric: `gantry eval RUN --metrics ${name}${own}`,
    network: `gantry train gan --steps 3000 --set net.family=${name}${own}`,
  };
  const test =
    clone === undefined
      ? `node${stripsTypes ? "" : " --import @gantry/gan/typescript"} --test ${name}.test.ts`
      : `npx tsc -b && node ${relative(clone, join(home, `${name}.test.js`)).replace("/src/", "/dist/")}`;
  return [
    [test, "its test"],
    [uses[kind], "in use"],
  ];
}
