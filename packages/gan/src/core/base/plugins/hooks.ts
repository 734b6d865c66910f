// How Node loads modules that come from outside Gantry, in the thread that Node keeps for that: `typescript.ts` begins it.
import { readFile } from "node:fs/promises";
import type { LoadHook, ModuleFormat, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Gantry's own packages are the ones of this process, wherever the importing file lies: a second copy would have tensors
 * of its own. TypeScript's users write `.js` for a `.ts` beside.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  if (/^@gantry\/(torch|formats|gan|studies)(\/|$)/.test(specifier))
    try {
      return await next(specifier, { ...context, parentURL: import.meta.url });
    } catch {
      // Not installed beside this one: as whoever imports it has it.
    }
  try {
    return await next(specifier, context);
  } catch (error) {
    const isOther = (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND";
    if (isOther || !/^\.{1,2}\/.*\.m?js$/.test(specifier)) throw error;
    try {
      return await next(specifier.replace(/js$/, "ts"), context);
    } catch {
      throw error;
    }
  }
};

/** Whether this Node strips types by itself (22.18 and later). */
const stripsTypes = (process.features as { typescript?: unknown }).typescript === "strip";

/** Not among the types of the oldest Node that is supported. */
const TYPESCRIPT = "module-typescript" as ModuleFormat;

/** What of a `.js` says that it is an ECMAScript module, whatever the package.json around it says or leaves out. */
const MODULE =
  /^\s*(import\s*(["'{*]|[\w$]+\s*(,|from\b))|export\s*([{*]|(default|const|let|var|function|class|async)\b))/m;

export const load: LoadHook = async (url, context, next) => {
  const path = url.startsWith("file:") ? fileURLToPath(url) : "";
  if (/\.m?ts$/.test(path)) {
    // As a module, or Node would try it as CommonJS first where no package.json says what it is.
    if (stripsTypes && !/[\\/]node_modules[\\/]/.test(path))
      return await next(url, { ...context, format: TYPESCRIPT });
    return { format: "module", source: await strip(await readFile(path, "utf8"), path), shortCircuit: true };
  }
  if (path.endsWith(".js") && context.format !== "module" && !/[\\/]node_modules[\\/]/.test(path)) {
    const source = await readFile(path, "utf8");
    if (MODULE.test(source)) return { format: "module", source, shortCircuit: true };
  }
  return await next(url, context);
};

/**
 * TypeScript without its types, every line in its place.
 * @throws SyntaxError naming the line
 */
async function strip(source: string, path: string): Promise<string> {
  const { transform } = await import("@swc/wasm-typescript");
  try {
    return (await transform(source, { mode: "strip-only", module: true, filename: path })).code;
  } catch (error) {
    const { message, startLine } = error as { message?: string; startLine?: number };
    throw new SyntaxError(
      `${message ?? String(error)}${startLine === undefined ? "" : ` (line ${startLine})`}`,
    );
  }
}
