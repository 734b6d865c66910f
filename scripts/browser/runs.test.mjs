import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { addEvents, losses, makeRun } from "../../packages/studio/dist/testing/runs.js";
import { inspect, openPage, openStage, openStudio } from "./stage.mjs";

const HOSTILE = [
  `<img src=x onerror=alert(1)>`,
  `"><script>alert(2)<!--`,
  "javascript:alert(3)",
  "100%25 ?a=1#b",
  "__proto__",
  "'; drop\n\ttable",
];

const stage = await openStage();
const runs = join(stage.folder, "runs");
let studio;
before(async () => {
  for (let i = 0; i < 300; i++)
    await makeRun(runs, `sweep/batch=${[32, 64, 128][i % 3]}-seed=${i}`, {
      settings: { seed: i, batch: [32, 64, 128][i % 3], recipe: i % 2 === 0 ? "gan" : "wgan" },
      state: i % 50 === 7 ? "failed" : "done",
      events: losses(20),
      samples: [20],
    });
  for (const name of HOSTILE) await makeRun(runs, name, { events: losses(3), samples: [1, 3] });
  studio = await openStudio(stage, runs);
});

const rows = (page) => page.locator(".runs tbody tr");

describe("the list", () => {
  test("300 runs: found, filtered, grouped and kept in the address; live", async () => {
    const { page, wrong, at } = await openPage(stage, studio.address);
    const began = performance.now();
    await at("/");
    await rows(page).first().waitFor();
    console.log(`# 300 runs: the first rows after ${Math.round(performance.now() - began)} ms`);
    await page.getByText(/306 in/).waitFor();
    // Keys: / goes to the search.
    await page.keyboard.press("/");
    await page.keyboard.type("batch=64 gan");
    await page.getByRole("button", { name: /^all 106$/ }).waitFor();
    await page.getByRole("button", { name: /^failed/ }).click();
    assert.match(page.url(), /q=batch%3D64\+gan&state=failed/);
    await page.getByLabel("Group by").selectOption("recipe");
    await page.reload();
    await page.getByRole("heading", { name: /wgan/ }).waitFor();
    assert.equal(await page.getByLabel("Search").inputValue(), "batch=64 gan");
    const shown = await rows(page).count();
    assert.ok(shown > 0 && shown < 20, `${shown} rows`);
    // What happens meanwhile is seen.
    await at("/?q=newcomer");
    await page.getByText("No run is like that.").waitFor();
    const path = await makeRun(runs, "newcomer", { state: "done", events: losses(3) });
    await rows(page).first().waitFor();
    addEvents(path, [{ event: "finding", iteration: 3, name: "mode-collapse", began: 2 }]);
    await page.getByText("One run needs a look").waitFor();
    await inspect(page, "a run with a finding");
    await at("/");
    await page.getByText(/307 in/).waitFor();
    await inspect(page, "the list");
    assert.deepEqual(wrong, []);
  });

  test("hostile names are names", async () => {
    const { page, wrong, at } = await openPage(stage, studio.address);
    for (const name of HOSTILE) {
      await at("/?sort=name");
      await page.getByLabel("Search").fill(name.split(/[\s=<]/).find((word) => word.length > 3) ?? name);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1 }).waitFor();
      assert.equal(await page.locator("h1").evaluate((heading) => heading.textContent), name);
      await page.getByText(/Finished/).waitFor();
      await page.locator(".picture img").first().waitFor();
    }
    const query = HOSTILE.map((name) => `run=${encodeURIComponent(name)}`).join("&");
    await at(`/compare?${query}`);
    await page.getByRole("heading", { name: "6 runs compared" }).waitFor();
    assert.deepEqual(wrong, []);
    assert.equal(await page.locator("main script, main img[src='x']").count(), 0);
  });
});
