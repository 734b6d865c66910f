// Whatever is chosen on a page stands in its address: loaded anew, it shows the same.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { losses, makeRun } from "../../packages/studio/dist/testing/runs.js";
import { openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const runs = join(stage.folder, "runs");
const samples = Array.from({ length: 30 }, (_, i) => 5 * (i + 1));
for (const seed of [0, 1])
  await makeRun(runs, `made-${seed}`, { settings: { seed }, events: losses(150), samples, iteration: 150 });
const studio = await openStudio(stage, runs);

/** Every control of the page by its name, with its value. */
const controls = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("main input, main select, main textarea")]
      .filter((each) => each.checkVisibility() && each.closest(".stage") === null)
      .map((each) => ({
        type: each.type,
        name: each.getAttribute("aria-label") ?? each.closest("label")?.firstChild?.textContent ?? "",
        value: each.type === "checkbox" ? each.checked : each.value,
        options: [...(each.options ?? [])].map(({ value }) => value),
      })),
  );

/** Chooses something else, by keys. */
async function change(page, index, { type, value, options }) {
  const control = page.locator("main input, main select, main textarea").filter({ visible: true }).nth(index);
  if (type === "checkbox") await control.setChecked(!value);
  else if (type === "select-one") await control.selectOption(options.findLast((each) => each !== value));
  else if (type === "range") {
    await control.focus();
    await page.keyboard.press(value === (await control.getAttribute("max")) ? "ArrowLeft" : "ArrowRight");
  } else {
    await control.fill(type === "number" ? "3" : type === "textarea" ? "0.5,0.5" : "a");
    await control.press("Tab");
  }
}

const PAGES = {
  "/": (page) => page.locator("table").first().waitFor(),
  "/run/made-0": (page) => page.locator(".uplot canvas").first().waitFor(),
  "/compare?run=made-0&run=made-1": (page) => page.locator(".uplot canvas").first().waitFor(),
  "/lab?data=drawn": (page) =>
    page.getByRole("option", { name: "unrolled" }).first().waitFor({ state: "attached", timeout: 120_000 }),
};
for (const [path, ready] of Object.entries(PAGES))
  test(`what is chosen on ${path} is there again when it is loaded anew`, async () => {
    const { page, context, wrong, at } = await openPage(stage, studio.address);
    await at(path);
    await ready(page);
    const before = await controls(page);
    for (const [i, control] of before.entries()) {
      // Data that are not drawn have no points; a mark of all marks each.
      if (["Data", "Mark all of these"].includes(control.name)) continue;
      await change(page, i, control);
    }
    await page.waitForTimeout(600);
    const chosen = (await controls(page)).map(({ name, value }) => [name, value]);
    assert.notDeepEqual(
      chosen,
      before.map(({ name, value }) => [name, value]),
    );
    await page.reload();
    await ready(page);
    await page.waitForTimeout(300);
    assert.deepEqual(
      (await controls(page)).map(({ name, value }) => [name, value]),
      chosen,
    );
    assert.deepEqual(wrong, []);
    await context.close();
  });

test("pictures are played to the end, however many and fast: browsers take few changes of the address at once", async () => {
  const many = Array.from({ length: 320 }, (_, i) => i + 1);
  await makeRun(runs, "many", { events: losses(320), samples: many, iteration: 320 });
  const { page, wrong, at } = await openPage(stage, studio.address);
  await at("/run/many?at=1&rate=24");
  await page.getByText("1 of 320").first().waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByText("320 of 320").waitFor({ timeout: 120_000 });
  await page.waitForFunction(() => !/at=/.test(location.search));
  assert.deepEqual(wrong, []);
});
