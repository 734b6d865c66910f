// What the tests of exported pages share: a folder, a server over it, browsers, and what a page shows.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after } from "node:test";
import { readNpy } from "@gantry/formats";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { succeed } from "../../packages/cli/dist/testing/harness.js";
import { findChromium } from "./chromium.mjs";

const TYPES = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Chromium, with a graphics card that it makes of the processor where that is wanted. */
export const launch = (...flags) =>
  chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", ...flags] });
export const GRAPHICS = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

/** A folder and its server. Called outside of every test. */
export async function openSite() {
  const folder = await mkdtemp(join(tmpdir(), "gantry-page-"));
  const server = createServer(async (request, response) => {
    try {
      const path = new URL(request.url, "http://here").pathname.replace(/\/$/, "/index.html");
      const bytes = await readFile(join(folder, path));
      response
        .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
        .end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { folder, origin, gantry: (...args) => succeed(args, { cwd: folder }) };
}

export const settings = (...all) => all.flatMap((setting) => ["--set", setting]);

/** The page, drawn, with whatever went wrong and all that it asked for. */
export async function open(browser, address, options = {}, prepare = undefined) {
  const page = await browser.newPage(options);
  const wrong = [];
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  await prepare?.(page);
  await page.goto(address);
  await page.waitForFunction(() => / in \d+ ms/.test(document.getElementById("status").textContent), null, {
    timeout: 60_000,
  });
  return { page, wrong, asked };
}

/** Red values of an image of the grid, once they are other than `before`. */
export async function pixels(page, index, before = []) {
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

/** An image is that of `gantry sample`. */
export async function assertSample(site, run, found, ...options) {
  await site.gantry("sample", run, "--count", "1", ...options, "--out", "x.npy");
  const { data } = await readNpy(join(site.folder, "x.npy"));
  const expected = new Float32Array(data.slice().buffer);
  assert.equal(found.length, expected.length);
  const apart = found.map((value, i) => Math.abs(value - (expected[i] + 1) * 127.5));
  assert.ok(Math.max(...apart) < 1, `${options}: ${Math.max(...apart)}`);
}

/** A program of one's own into a folder of the site. */
export const bundle = (entry, folder) =>
  build({ entryPoints: [entry], bundle: true, format: "esm", outdir: folder, logLevel: "error" });
