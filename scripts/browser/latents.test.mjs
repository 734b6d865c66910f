import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeDigits } from "../../packages/cli/dist/testing/digits.js";
import { inspect, openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const runs = join(stage.folder, "runs");
mkdirSync(runs);
await writeDigits(join(stage.folder, "digits"), { train: 40, t10k: 10 });
const training = stage.begin([
  ...["train", "dcgan", "--data", "./digits", "--steps", "6", "--batch", "8", "--threads", "1"],
  ...["--set", "net.channels=4", "--set", "samples=4", "--set", "intervals.checkpoint=3", "--set", "keep=2"],
  ...["--set", "conditional=true", "--out", "runs/digits"],
]);
assert.equal(await training.ended, 0, training.told());
const studio = await openStudio(stage, runs);

/** The bytes of a canvas, as a text to compare. */
const drawn = (locator) => locator.evaluate((canvas) => canvas.toDataURL());

test("a map of latents: moved, a sample chosen, kept, walked between, and looked for in the data", async () => {
  const { page, wrong, at } = await openPage(stage, studio.address);
  await at("/run/digits");
  await page.getByRole("link", { name: "Latents" }).click();
  const map = page.getByRole("img", { name: /7 by 7 samples/ });
  await map.waitFor({ timeout: 120_000 });
  await page.getByText(/D's raw score: -?\d/).waitFor({ timeout: 120_000 });
  // Its numbers, which nobody but the page knows.
  await page.getByText("at 0.00, 0.00, seed 0").waitFor();
  const numbers = await page.getByRole("link", { name: "JSON" }).last().getAttribute("href");
  const told = JSON.parse(decodeURIComponent(numbers.replace("data:application/json,", "")));
  assert.deepEqual([told.run, told.iteration, told.seed, typeof told.score], ["digits", 6, 0, "number"]);
  assert.equal(told.latents.length, 100);
  const first = await drawn(map);
  await page.keyboard.press("ArrowRight");
  await page.getByRole("img", { name: /around 0\.50, 0\.00/ }).waitFor();
  await page.waitForFunction((before) => document.querySelector(".map").toDataURL() !== before, first);
  // Another class makes other images of the same latents.
  const moved = await drawn(map);
  await page.getByLabel(/^Class/).fill("3");
  await page.waitForFunction((before) => document.querySelector(".map").toDataURL() !== before, moved);
  const box = await map.boundingBox();
  for (const [column, row] of [
    [1, 1],
    [5, 2],
    [3, 6],
  ]) {
    await page.mouse.click(box.x + ((column + 0.5) * box.width) / 7, box.y + ((row + 0.5) * box.height) / 7);
    await page.getByRole("button", { name: "Keep" }).click();
  }
  await page.getByRole("img", { name: "kept 3" }).waitFor();
  await page.getByRole("img", { name: /1 - 2 \+ 3/ }).waitFor();
  assert.match(page.url(), /keep=-?[\d.]+%2C/);
  await page.getByRole("slider", { name: "from the first to the last" }).fill("20");
  await page.getByRole("img", { name: "between the kept points, at 20 of 48" }).waitFor();
  await page.getByLabel("Beside it").selectOption("3");
  await page.getByRole("img", { name: "the same latent at iteration 3" }).waitFor();
  await page.getByRole("button", { name: "Nearest training image" }).click();
  await page.getByRole("img", { name: /nearest to it in the training data/ }).waitFor({ timeout: 120_000 });
  await inspect(page, "latents");
  // The same address shows the same.
  const kept = await drawn(page.getByRole("img", { name: "kept 2" }));
  await page.reload();
  await page.getByRole("img", { name: "kept 2" }).waitFor({ timeout: 120_000 });
  await page.waitForFunction(
    (before) => document.querySelectorAll(".kept canvas")[1]?.toDataURL() === before,
    kept,
    { timeout: 120_000 },
  );
  assert.deepEqual(wrong, []);
});
