import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../errors.js";
import { isObject } from "../json.js";

/** A file or package that parts come from, as a run's config.json has it. */
export interface PartSource {
  /** The module's file, absolutely. */
  readonly path: string;
  /** Name and version, of a package. */
  readonly package?: string;
  readonly version?: string;
  /**
   * SHA-256 of the file and of every file that it imports by a relative path, and so on, by their paths from the
   * file's folder.
   */
  readonly files: Readonly<Record<string, string>>;
}

/** How modules end; the first is what TypeScript's users write for a `.ts` that lies there. */
const ENDINGS = [".js", ".ts", ".mts", ".mjs", ".cjs", ".json"];

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Whether a word names a file rather than a package, or a member by its name. */
export const namesFile = (text: string): boolean =>
  /^(\.{0,2}\/|file:)/.test(text) || /\.([cm]?[jt]s|json)$/.test(text);

/**
 * What a file or package is, without importing it.
 * @param text `./dragan.ts`, or a package's name (`gantry-dragan`, `@me/parts`, with a subpath: `@me/parts/terms`)
 * @param cwd what relative paths, and node_modules, are looked for from
 * @throws UsageError where there is none
 */
export async function findSource(text: string, cwd: string): Promise<PartSource> {
  if (namesFile(text) || (!text.startsWith("@") && isFile(resolve(cwd, text)))) {
    const path = text.startsWith("file:") ? fileURLToPath(text) : resolve(cwd, text);
    if (!isFile(path))
      throw new UsageError(`${text}: no such file; give a file of parts, or an installed package`);
    return { path, files: await hashFiles(path) };
  }
  const [name = "", subpath = ""] = /^(@[^/]+\/[^/]+|[^@/][^/]*)\/?(.*)$/.exec(text)?.slice(1) ?? [];
  const folder = name === "" ? undefined : packageFolder(name, cwd);
  if (folder === undefined)
    throw new UsageError(
      `${text}: no file and no installed package is called that${name === "" ? "" : `; a file is named by its path, as ./${name}.ts, a package comes by npm install ${name}`}`,
    );
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const { version, exports, main } = isObject(manifest) ? manifest : {};
  const entry =
    exports === undefined
      ? subpath === ""
        ? (main ?? "index.js")
        : subpath
      : target(exports, subpath === "" ? "." : `./${subpath}`);
  const path = typeof entry === "string" ? withEnding(join(folder, entry)) : undefined;
  if (path === undefined)
    throw new UsageError(`${text}: the package in ${folder} has no module of that name to import`);
  return { path, package: text, version: String(version ?? "unknown"), files: await hashFiles(path) };
}

/** Where a package is installed, from a folder outwards. */
function packageFolder(name: string, cwd: string): string | undefined {
  for (let here = resolve(cwd); ; here = dirname(here)) {
    const folder = join(here, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return folder;
    if (here === dirname(here)) return undefined;
  }
}

/** What `exports` of a package.json says of a subpath, for `import`; patterns are not looked at. */
function target(exports: unknown, subpath: string): unknown {
  if (!isObject(exports)) return subpath === "." ? exports : undefined;
  const bySubpath = Object.keys(exports).some((key) => key.startsWith("."));
  let here: unknown = bySubpath ? exports[subpath] : subpath === "." ? exports : undefined;
  while (isObject(here)) {
    const conditions: Readonly<Record<string, unknown>> = here;
    const chosen = Object.keys(conditions).find((key) => ["node", "import", "default"].includes(key));
    here = chosen === undefined ? undefined : conditions[chosen];
  }
  return here;
}

/** An import's file, as it is written or with an ending; a `.js` that is not there stands for the `.ts` that is. */
function withEnding(path: string): string | undefined {
  const bare = /\.m?js$/.test(path) ? path.replace(/js$/, "ts") : undefined;
  const inside = ENDINGS.map((ending) => join(path, `index${ending}`));
  const all = [
    path,
    ...(bare === undefined ? [] : [bare]),
    ...ENDINGS.map((ending) => path + ending),
    ...inside,
  ];
  return all.find(isFile);
}

/** Relative imports as they are written: by `from`, `import`, `import()`, `require()`. */
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]+)\1/g;

/**
 * The file and all that it imports by relative paths that are written out, hashed. What only looks like an import, in a
 * comment, counts where there is such a file: one too many does no harm.
 */
async function hashFiles(entry: string): Promise<Record<string, string>> {
  const found = new Map<string, string>();
  const next = [entry];
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    if (found.has(path)) continue;
    const bytes = await readFile(path);
    found.set(path, createHash("sha256").update(bytes).digest("hex"));
    if (extname(path) === ".json") continue;
    for (const [, , specifier = ""] of bytes.toString("utf8").matchAll(IMPORT)) {
      const file = withEnding(resolve(dirname(path), specifier));
      if (file !== undefined) next.push(file);
    }
  }
  const names = [...found].map(([path, hash]) => [relative(dirname(entry), path), hash] as const);
  return Object.fromEntries(names.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The first file of a source that is not what it was, by its path; undefined where all are. */
export function changedFile(before: PartSource, now: PartSource): string | undefined {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])];
  const changed = names.find((name) => before.files[name] !== now.files[name]);
  return changed === undefined ? undefined : resolve(dirname(now.path), changed);
}
