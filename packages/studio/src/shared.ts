import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Comparison } from "@gantry/gan/compare";
import { type RunSummary, sampleFile } from "@gantry/gan/run";
import { compareJson } from "./compared.js";
import type { ComparedGridsJson, CompareJson } from "./json.js";
import { pageFile } from "./pageFiles.js";
import { sampleIterations } from "./runs/row.js";

/** Pictures of each run in a file, and bytes of all of them: a file to be sent stays small enough for that. */
const PICTURES = 12;
const BYTES = 12_000_000;

/**
 * The comparison as one HTML page that needs nothing beside it, the studio's own: what it shows is there without scripts, and with
 * them its curves can be looked into and its samples over time.
 * @param runs those that were compared, in the same order
 */
export async function comparisonPage(comparison: Comparison, runs: readonly RunSummary[]): Promise<string> {
  return await sharedPage(compareJson(comparison, runs, await embeddedSamples(runs)));
}

/** What the pages of one file show. */
export async function sharedPage(data: CompareJson): Promise<string> {
  const [script, style, { renderComparison }] = await Promise.all([
    pageFile("main.js"),
    pageFile("main.css"),
    import(new URL("./page/static.js", import.meta.url).href) as Promise<{
      renderComparison: (data: CompareJson) => { title: string; body: string };
    }>,
  ]);
  const { title, body } = renderComparison(data);
  // In a script's element nothing but the end of it means anything.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const code = script.toString("utf8").replaceAll("</script", "<\\/script");
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${hash(code)}">
<title>${title}</title>
<style>${style.toString("utf8")}</style>
</head>
<body>
<div id="page">${body}</div>
<script type="application/json" id="data">${json}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}

/** The pictures of runs as addresses that hold them: of each the last, and as many before it, evenly, as there is room for. */
export async function embeddedSamples(runs: readonly RunSummary[]): Promise<ComparedGridsJson[]> {
  const all = await Promise.all(
    runs.map(async ({ path, sample }, run) => {
      if (sample === undefined) return undefined;
      const folder = path.replace(/@\d+$/, "");
      const iterations = (await sampleIterations(folder)).filter((each) => each <= sample.iteration);
      return { run, folder, iterations };
    }),
  );
  const found: ComparedGridsJson[] = [];
  let left = BYTES;
  for (const each of all) {
    if (each === undefined) continue;
    const { run, folder, iterations } = each;
    const chosen = evenly(iterations, PICTURES).toReversed();
    const share = left / (runs.length - run);
    const grids: { iteration: number; source: string }[] = [];
    let used = 0;
    for (const iteration of chosen) {
      // A run that is trained meanwhile keeps its pictures; one that is deleted has none.
      const png = await readFile(join(folder, "samples", sampleFile(iteration))).catch(() => undefined);
      if (png === undefined || (grids.length > 0 && used + png.length > share)) continue;
      used += png.length;
      grids.unshift({ iteration, source: `data:image/png;base64,${png.toString("base64")}` });
    }
    left -= used;
    if (grids.length > 0) found.push({ run, grids });
  }
  return found;
}

/** At most `count` items of a list, the first and the last among them. */
function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
