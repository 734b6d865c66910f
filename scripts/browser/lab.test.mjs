import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeRun } from "../../packages/studio/dist/testing/runs.js";
import { inspect, openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const runs = join(stage.folder, "runs");
await makeRun(runs, "before");
const studio = await openStudio(stage, runs);

test("two methods side by side on drawn points: begun, stepped, played, changed", async () => {
  const { page, wrong, at } = await openPage(stage, studio.address);
  await at("/lab?data=drawn&right=unrolled&left-set=batch%3D32&right-set=batch%3D32");
  await page
    .getByRole("option", { name: "unrolled" })
    .first()
    .waitFor({ state: "attached", timeout: 120_000 });
  await page.getByLabel("Draw, or paste points").fill("0.5,0.5\n-0.5, 0.5\n0 -0.5");
  await page.getByLabel("Draw, or paste points").press("Tab");
  await page.getByRole("img", { name: "3 points" }).waitFor();
  assert.match(page.url(), /points=0\.5%2C0\.5%3B-0\.5/);
  const pad = await page.getByRole("img", { name: "3 points" }).boundingBox();
  await page.mouse.click(pad.x + 20, pad.y + 20);
  await page.getByRole("img", { name: "4 points" }).waitFor();
  await page.getByRole("button", { name: "Begin" }).click();
  await page
    .getByText(/iteration 0 of/)
    .nth(1)
    .waitFor({ timeout: 120_000 });
  await page.keyboard.press("s");
  await page
    .getByText(/iteration 1 of/)
    .nth(1)
    .waitFor();
  await page.getByRole("button", { name: "One step of G" }).click();
  await page.getByRole("button", { name: "Play" }).click();
  await page
    .getByText(/iteration \d\d+ of/)
    .nth(1)
    .waitFor({ timeout: 120_000 });
  // In lockstep: whenever one looks, both stand at the same iteration, though one takes longer for it.
  const seen = await page.evaluate(async () => {
    const told = [];
    for (let i = 0; i < 40; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const texts = [...document.querySelectorAll(".stage .section-heading .quiet")];
      told.push(texts.map(({ textContent }) => /iteration ([\d,]+) of/.exec(textContent)?.[1]));
    }
    return told;
  });
  for (const [left, right, ...more] of seen) assert.deepEqual([right, more], [left, []]);
  assert.ok(new Set(seen.map(([left]) => left)).size > 5, "they went on");
  await page.getByLabel("Speed").selectOption("4");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Play" }).waitFor();
  // Loaded anew, the page finds them where they stand; what they are is JSON at the same address.
  const told = () =>
    page.evaluate(() => fetch(`/lab.json${location.search}`).then((response) => response.json()));
  while ((await told()).playing) await page.waitForTimeout(50);
  await page.reload();
  const { sides } = await told();
  await page.getByText(`iteration ${sides[0].frame.iteration} of`).nth(1).waitFor();
  assert.deepEqual(
    sides.map(({ recipe }) => recipe),
    ["gan", "unrolled"],
  );
  const drawn = await page
    .locator("canvas")
    .first()
    .evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    });
  assert.ok(drawn);
  assert.deepEqual(wrong, []);
  await inspect(page, "the lab");
  await page.getByLabel("and settings").first().fill("batch=64");
  await page.getByRole("button", { name: "Go on" }).first().click();
  await page.getByRole("link", { name: "lab-gan-0-2" }).waitFor({ timeout: 60_000 });
  // They are runs like others.
  await page.getByRole("link", { name: "lab-gan-0-2" }).click();
  await page.getByRole("heading", { name: "lab-gan-0-2" }).waitFor();
  await page.getByText(/Stopped at iteration/).waitFor({ timeout: 60_000 });
  assert.deepEqual(wrong, []);
});
