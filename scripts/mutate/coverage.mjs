// Which tests run which places of which files: V8's own counts, of the tests' child processes too.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs a file of tests in a sandbox. @returns its time, and for each file of `targets` the ranges with their counts */
export async function measure(sandbox, file, targets, limit) {
  const folder = join(sandbox.path, "coverage", file.replaceAll("/", "_"));
  mkdirSync(folder, { recursive: true });
  const { passed, milliseconds, output } = await sandbox.test(file, limit, { NODE_V8_COVERAGE: folder });
  const ranges = new Map();
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    let content;
    try {
      content = JSON.parse(readFileSync(join(folder, name), "utf8"));
    } catch {
      continue; // A process that was killed while it wrote.
    }
    for (const { url, functions } of content.result) {
      if (!url.startsWith("file:")) continue;
      const path = relative(sandbox.path, fileURLToPath(url.split("?")[0]));
      if (!targets.has(path)) continue;
      const own = ranges.get(path) ?? [];
      // One process's ranges stay together: the innermost of them counts.
      own.push(functions.flatMap((each) => each.ranges.map((r) => [r.startOffset, r.endOffset, r.count])));
      ranges.set(path, own);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return { passed, milliseconds, ranges, output };
}

/** Whether a place was run in any process. */
export function covers(processes, at) {
  return (processes ?? []).some((ranges) => {
    let best;
    for (const range of ranges)
      if (range[0] <= at && at < range[1] && (best === undefined || range[1] - range[0] <= best[1] - best[0]))
        best = range;
    return best !== undefined && best[2] > 0;
  });
}
