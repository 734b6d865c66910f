import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

/** Folders in folders: a study's table, its cells, and one to spare. */
const DEPTH = 5;
/** Runs that are shown. */
const MOST = 5000;

/**
 * The runs in a folder and in the folders in it, which hold a config.json. Not in runs, nor in folders with a dot before their name.
 * @param known runs that were found before, by their addresses: into these nobody looks again
 * @returns their addresses (names with `/` between them) in alphabetical order, with the folder of each
 */
export async function findRuns(
  folder: string,
  known: ReadonlyMap<string, unknown> = new Map(),
): Promise<Map<string, string>> {
  const found: [id: string, path: string][] = [];
  const seen = new Set<string>();
  const look = async (path: string, id: string, depth: number): Promise<void> => {
    if (found.length >= MOST) return;
    // A link may lead back to where it lies.
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || seen.has(real)) return;
    seen.add(real);
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (id !== "" && entries.some(({ name }) => name === "config.json")) {
      found.push([id, path]);
      return;
    }
    if (depth === DEPTH) return;
    for (const entry of entries) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const inner = join(path, entry.name);
      const innerId = id === "" ? entry.name : `${id}/${entry.name}`;
      if (known.has(innerId)) {
        found.push([innerId, inner]);
        continue;
      }
      const isFolder =
        entry.isDirectory() ||
        (entry.isSymbolicLink() && (await stat(inner).catch(() => undefined))?.isDirectory());
      if (isFolder) await look(inner, innerId, depth + 1);
    }
  };
  await look(folder, "", 0);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
