// Which tests run which places: V8's own counts, of the tests' child processes too.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const placeOf = ({ file, start }) => `${file}:${start}`;

/**
 * Runs a file of tests in a sandbox.
 * @param mutants whose places are looked for
 * @returns whether it passed, its time, and the places that it ran
 */
export async function measure(sandbox, file, mutants, limit) {
  const folder = join(sandbox.path, "coverage", file.replaceAll("/", "_"));
  mkdirSync(folder, { recursive: true });
  const { passed, milliseconds } = await sandbox.test(file, limit, { NODE_V8_COVERAGE: folder });
  const byFile = byFileOf(mutants);
  const places = new Set();
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    let content;
    try {
      content = JSON.parse(readFileSync(join(folder, name), "utf8"));
    } catch {
      continue; // Of a process that was killed while it wrote.
    }
    for (const { url, functions } of content.result) {
      if (!url.startsWith("file:")) continue;
      const own = byFile.get(relative(sandbox.path, fileURLToPath(url.split("?")[0])));
      if (own === undefined) continue;
      const ranges = functions.flatMap((each) => each.ranges);
      for (const mutant of own) if (isRun(ranges, mutant.start)) places.add(placeOf(mutant));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return { passed, milliseconds, places: [...places] };
}

function byFileOf(mutants) {
  const groups = new Map();
  for (const mutant of mutants) groups.set(mutant.file, [...(groups.get(mutant.file) ?? []), mutant]);
  return groups;
}

/** Whether the innermost of a process's ranges around a place was run. */
function isRun(ranges, at) {
  let best;
  for (const range of ranges) {
    if (range.startOffset > at || at >= range.endOffset) continue;
    if (best === undefined || range.endOffset - range.startOffset <= best.endOffset - best.startOffset)
      best = range;
  }
  return best !== undefined && best.count > 0;
}
