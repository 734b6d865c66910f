// The page of `gantry export --page`, by a server and from a folder, against the samples of the engine.
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeDigits } from "../../packages/cli/dist/testing/digits.js";
import { root } from "../shared.mjs";
import {
  assertSample as assertSampleOf,
  bundle,
  launch,
  open,
  openSite,
  pixels,
  settings,
} from "./pages.mjs";
import { inspect } from "./stage.mjs";

const site = await openSite();
const { folder: cwd, origin, gantry } = site;
const browser = await launch();
after(() => browser.close());
const assertSample = (found, ...options) => assertSampleOf(site, "styled", found, "--noise", "0", ...options);

await writeDigits(join(cwd, "digits"), { train: 40, t10k: 10 });
const quick = ["--threads", "1", "--batch", "4", "--steps", "8"];
const fast = "optimizers.default.learningRate=0.05";
const styled = [
  "net.channels=8",
  "net.styleSize=4",
  "net.mappingLayers=1",
  "data.size=16",
  "conditional=true",
];
await gantry(
  ...["train", "stylegan", "--data", "./digits", ...quick, "--out", "styled"],
  ...settings(fast, "samples=4", ...styled, "average.decay=0.2"),
);
await gantry("export", "styled", "--page", "page");

test("a server's page makes the samples of the engine, and asks for nothing from elsewhere", async () => {
  const { page, wrong, asked } = await open(browser, `${origin}/page/`);
  const first = await pixels(page, 0);
  await assertSample(first, "--seed", "0", "--class", "0");
  await assertSample(await pixels(page, 3), "--seed", "3", "--class", "3");
  await page.getByLabel("Class").selectOption("7");
  await assertSample(await pixels(page, 0, first), "--seed", "0", "--class", "7");
  const before = await pixels(page, 0);
  await page.getByLabel("Psi: how far from the mean").focus();
  await page.keyboard.press("Home");
  const mean = await pixels(page, 0, before);
  await page.getByLabel("Seed", { exact: true }).fill("41");
  await page.keyboard.press("Enter");
  await page.waitForURL(/seed=41.*class=7.*psi=0/);
  // Without psi every seed makes the mean's image.
  assert.deepEqual(await pixels(page, 0), mean);
  await inspect(page, "an exported page");
  for (const address of asked) assert.match(address, /^(http:\/\/127\.0\.0\.1|blob:|data:)/);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("from a folder too, in the dark, on a telephone, by keyboard; its address says what is shown", async () => {
  const address = `${pathToFileURL(join(cwd, "page/index.html")).href}#seed=5&class=2`;
  const { page, wrong } = await open(browser, address, {
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
  });
  const first = await pixels(page, 0);
  await assertSample(first, "--seed", "5", "--class", "2");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, "rgb(22, 24, 27)");
  await inspect(page, "an exported page from a folder");
  const image = page.getByRole("button", { name: /^Seed 7, / });
  await image.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/to=7/);
  assert.equal(await image.getAttribute("aria-pressed"), "true");
  const middle = () => page.evaluate(() => document.getElementById("middle").toDataURL());
  const half = await middle();
  await page.getByLabel("how far from the first to the second").focus();
  await page.keyboard.press("End");
  await page.waitForFunction((was) => document.getElementById("middle").toDataURL() !== was, half);
  await page.waitForFunction(
    () => document.getElementById("middle").toDataURL() === document.getElementById("second").toDataURL(),
  );
  await page.keyboard.press("r");
  await page.getByRole("button", { name: "Another" }).focus();
  await page.keyboard.press("r");
  await pixels(page, 0, first);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the example app of @gantry/web", async () => {
  const folder = join(cwd, "app");
  const example = join(root, "packages/web/example");
  await bundle(join(example, "main.ts"), folder);
  await copyFile(join(example, "index.html"), join(folder, "index.html"));
  const wasm = "ort-wasm-simd-threaded.wasm";
  await copyFile(join(root, "node_modules/onnxruntime-web/dist", wasm), join(folder, wasm));
  await gantry("export", "styled", "--onnx", "app/generator.onnx");
  const page = await browser.newPage();
  await page.goto(`${origin}/app/`);
  await page.waitForFunction(() => / ms by wasm/.test(document.querySelector("p").textContent), null, {
    timeout: 60_000,
  });
  const values = await page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data).filter((_, at) => at % 4 === 0);
  });
  await assertSample(values, "--seed", "7", "--class", "0");
  await page.close();
});
