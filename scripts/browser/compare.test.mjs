import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { losses, makeRun } from "../../packages/studio/dist/testing/runs.js";
import { inspect, openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const runs = join(stage.folder, "runs");
const fid = (value) => [{ name: "fid", better: "lower", value, samples: {}, conventions: {} }];
for (const batch of [32, 64])
  for (const seed of [0, 1, 2])
    await makeRun(runs, `batch=${batch}-seed=${seed}`, {
      settings: { batch, seed },
      events: losses(100, 1 + seed / 10 + batch / 64),
      samples: [1, 50, 100],
      scores: fid(batch / 8 + seed / 10),
    });
const studio = await openStudio(stage, runs);

test("runs are marked in the list and compared; the page is one file too", async () => {
  const { page, context, wrong, at } = await openPage(stage, studio.address);
  await at("/");
  await page.getByLabel("Mark all of these").check();
  await page.keyboard.press("c");
  await page.getByRole("heading", { name: "6 runs compared" }).waitFor();
  await page.getByRole("heading", { name: "By settings, over seeds" }).waitFor();
  await page.locator(".plot").first().scrollIntoViewIfNeeded();
  await page.locator(".uplot canvas").first().waitFor();
  assert.equal(await page.locator(".legend li").count(), 2);
  const differing = page.getByRole("region", { name: "What differs in the configuration" });
  assert.deepEqual(await differing.locator("tbody th").allTextContents(), ["batch"]);
  const slider = page.getByLabel("Iteration of the samples");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByText("up to iteration 50").waitFor();
  assert.match(page.url(), /at=50/);
  await inspect(page, "the comparison");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "One file to share" }).click(),
  ]);
  const file = join(stage.folder, "comparison.html");
  await download.saveAs(file);
  assert.deepEqual(wrong, []);
  await context.close();

  const shared = await openPage(stage, pathToFileURL(file).href);
  await shared.page.locator(".plot").first().scrollIntoViewIfNeeded();
  await shared.page.locator(".uplot canvas").first().waitFor();
  await shared.page.getByLabel("Iteration of the samples").focus();
  await shared.page.keyboard.press("ArrowLeft");
  await shared.page.getByText("up to iteration 50").waitFor();
  await inspect(shared.page, "the file");
  assert.deepEqual(shared.wrong, []);
  await shared.context.close();

  // Without scripts it shows the same, but for what moves.
  const plain = await openPage(stage, pathToFileURL(file).href, { javaScriptEnabled: false });
  assert.ok((await plain.page.locator(".plot svg").count()) >= 2);
  assert.equal(await plain.page.locator(".side-by-side img").count(), 6);
  await plain.context.close();
});
