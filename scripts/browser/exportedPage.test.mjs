// The page of `gantry export --page`, by a server and from a folder, against the samples of the engine.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { readNpy } from "@gantry/formats";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { writeDigits } from "../../packages/cli/dist/testing/digits.js";
import { succeed } from "../../packages/cli/dist/testing/harness.js";
import { root } from "../shared.mjs";
import { findChromium } from "./chromium.mjs";

const cwd = await mkdtemp(join(tmpdir(), "gantry-page-"));
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
const TYPES = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
const server = createServer(async (request, response) => {
  try {
    const path = new URL(request.url, "http://here").pathname.replace(/\/$/, "/index.html");
    const bytes = await readFile(join(cwd, path));
    response
      .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
      .end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
after(async () => {
  await browser.close();
  server.close();
  await rm(cwd, { recursive: true, force: true });
});

const gantry = (...args) => succeed(args, { cwd });
const settings = (...all) => all.flatMap((setting) => ["--set", setting]);

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

/** The page, drawn, with whatever went wrong and all that it asked for. */
async function open(address, options = {}, among = browser) {
  const page = await among.newPage(options);
  const wrong = [];
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  await page.goto(address);
  await drawn(page);
  return { page, wrong, asked };
}

const drawn = (page) =>
  page.waitForFunction(() => / in \d+ ms/.test(document.getElementById("status").textContent), null, {
    timeout: 60_000,
  });

/** Grey values of an image of the grid, once they are other than `before`. */
async function pixels(page, index, before = []) {
  const read = () =>
    page.evaluate((i) => {
      const canvas = document.querySelectorAll("#grid canvas")[i];
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(data).filter((_, at) => at % 4 === 0);
    }, index);
  for (let tries = 0; tries < 100; tries++) {
    const found = await read();
    if (found.join() !== before.join()) return found;
    await page.waitForTimeout(100);
  }
  throw new Error("the image stays as it was");
}

async function assertSample(found, ...options) {
  await gantry("sample", "styled", "--count", "1", "--noise", "0", ...options, "--out", "x.npy");
  const { data } = await readNpy(join(cwd, "x.npy"));
  const expected = new Float32Array(data.slice().buffer);
  assert.equal(found.length, expected.length);
  const apart = found.map((value, i) => Math.abs(value - (expected[i] + 1) * 127.5));
  assert.ok(Math.max(...apart) < 1, `${options}: ${Math.max(...apart)}`);
}

test("a server's page makes the samples of the engine, and asks for nothing from elsewhere", async () => {
  const { page, wrong, asked } = await open(`${origin}/page/`);
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
  for (const address of asked) assert.match(address, /^(http:\/\/127\.0\.0\.1|blob:|data:)/);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("from a folder too, in the dark, on a telephone, by keyboard; its address says what is shown", async () => {
  const address = `${pathToFileURL(join(cwd, "page/index.html")).href}#seed=5&class=2`;
  const { page, wrong } = await open(address, { viewport: { width: 390, height: 844 }, colorScheme: "dark" });
  const first = await pixels(page, 0);
  await assertSample(first, "--seed", "5", "--class", "2");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, "rgb(22, 24, 27)");
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

test("by WebGPU the same, here on a graphics card that Chromium makes of the processor", async (t) => {
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
  const args = ["--no-sandbox", ...flags];
  const other = await chromium.launch({ executablePath: findChromium(), args });
  try {
    const { page, wrong } = await open(`${origin}/page/#seed=11&class=1`, {}, other);
    if (!/graphics card/.test(await page.textContent("#status"))) {
      t.skip("this Chromium has no adapter");
      return;
    }
    await assertSample(await pixels(page, 0), "--seed", "11", "--class", "1");
    assert.deepEqual(wrong, []);
  } finally {
    await other.close();
  }
});

test("the example app of @gantry/web", async () => {
  const folder = join(cwd, "app");
  const example = join(root, "packages/web/example");
  await build({
    entryPoints: [join(example, "main.ts")],
    bundle: true,
    format: "esm",
    outdir: folder,
    logLevel: "error",
  });
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
