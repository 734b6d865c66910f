import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { compareRuns } from "@gantry/gan/compare";
import { readRun } from "@gantry/gan/run";
import { comparisonPage } from "./index.js";
import { embeddedSamples } from "./shared.js";
import { madeFolder, makeRun } from "./testing/runs.js";

const { folder, remove } = madeFolder();
after(remove);

const fid = (value: number, note?: string) => ({
  name: "fid",
  better: "lower",
  value,
  samples: {},
  conventions: {},
  ...(note === undefined ? {} : { note }),
});

async function pageOf(names: readonly string[]): Promise<string> {
  const runs = await Promise.all(names.map((name) => readRun(join(folder, name))));
  return await comparisonPage(compareRuns(runs), runs);
}

/** What is seen: neither scripts nor styles, nor the data for them. */
const shown = (page: string) => page.replaceAll(/<(script|style)\b.*?<\/\1>/gs, "");

describe("a comparison as one file", () => {
  test("needs nothing beside it, runs no script but its own, and no name of a run can break it", async () => {
    const hostile = '<b>"& <script>alert(1)<!--';
    await makeRun(folder, hostile, { scores: [fid(30, "of 12 images it means little")] });
    await makeRun(folder, "b", { settings: { steps: 7 }, scores: [fid(20)], samples: [1, 2] });
    const page = await pageOf([hostile, "b"]);
    assert.doesNotMatch(page, /<b>|<script>alert/);
    assert.doesNotMatch(shown(page), /<(link|iframe|object)\b|url\(|\b(src|href)="(?!data:)/);
    assert.match(shown(page), /<td class="number best">20/);
    assert.ok(shown(page).includes("of 12 images it means little"));
    assert.match(shown(page), /<h2 id="differences">What differs in the configuration<\/h2>/);
    const code = /<script type="module">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(code).digest("base64");
    assert.ok(page.includes(`script-src 'sha256-${hash}'`));
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    assert.equal((JSON.parse(data) as { legend: string[] }).legend[0], hostile);
  });

  test("shows means over seeds with bands, a colour for each group", async () => {
    const losses = (shift: number) => [1, 2].map((iteration) => ({ iteration, loss: shift + iteration }));
    const names = [0, 1, 2, 3].map((i) => `seed-${i}`);
    for (const [i, name] of names.entries())
      await makeRun(folder, name, { settings: { seed: i, steps: 1 + (i % 2) }, events: losses(i) });
    const page = shown(await pageOf(names));
    assert.equal(page.match(/fill-opacity="0\.18"/g)?.length, 2);
    assert.match(page, /<h2 id="by-settings">By settings, over seeds<\/h2>/);
    assert.equal(/<ul class="legend".*?<\/ul>/s.exec(page)?.[0].match(/<li>/g)?.length, 2);
  });

  test("holds of many pictures the first, the last and some between", async () => {
    const samples = Array.from({ length: 50 }, (_, i) => 10 * (i + 1));
    const run = await readRun(await makeRun(folder, "many", { samples }));
    const [found] = await embeddedSamples([run]);
    const iterations = found?.grids.map(({ iteration }) => iteration) ?? [];
    assert.equal(iterations.length, 12);
    assert.deepEqual([iterations[0], iterations.at(-1)], [10, 500]);
    assert.deepEqual(
      iterations,
      iterations.toSorted((a, b) => a - b),
    );
    assert.match(found?.grids[0]?.source ?? "", /^data:image\/png;base64,/);
  });
});
