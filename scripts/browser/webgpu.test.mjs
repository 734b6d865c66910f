// Exported pages on a graphics card, here one that Chromium makes of the processor: what it makes, and what is done where it fails.
import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeDigits } from "../../packages/cli/dist/testing/digits.js";
import { root } from "../shared.mjs";
import { assertSample, bundle, GRAPHICS, launch, open, openSite, pixels, settings } from "./pages.mjs";

/** How far values in [-1, 1] may be from those of the processor: a StyleGAN of 8 iterations makes much of rounding. */
const TOLERANCE = 1e-3;

const site = await openSite();
const { folder, origin, gantry } = site;
const browser = await launch(...GRAPHICS);
const plain = await launch();
after(() => Promise.all([browser.close(), plain.close()]));

await writeFile(join(folder, "index.html"), "<!doctype html>");
const probe = await browser.newPage();
await probe.goto(`${origin}/`);
const hasAdapter = await probe.evaluate(async () => (await navigator.gpu?.requestAdapter()) != null);
await probe.close();
const skip = hasAdapter ? false : "this Chromium has no adapter";

await writeDigits(join(folder, "digits"), { train: 40, t10k: 10 });
const NETWORKS = {
  dcgan: ["dcgan", ...settings("net.channels=8")],
  residual: ["sngan", ...settings("net.family=resnet", "net.channels=8", "data.size=32")],
  styled: [
    "stylegan",
    ...settings("net.channels=8", "net.styleSize=4", "net.mappingLayers=1", "data.size=16"),
  ],
};
if (hasAdapter)
  for (const [name, words] of Object.entries(NETWORKS)) {
    await gantry(
      ...["train", ...words, "--data", "./digits", "--threads", "1", "--batch", "4", "--steps", "8"],
      ...[
        "--out",
        name,
        ...settings("optimizers.default.learningRate=0.05", "samples=4", "conditional=true"),
      ],
    );
    await gantry("export", name, "--page", `${name}-page`, "--onnx", `${name}.onnx`);
  }

/** Prepares the page's worker: `code` runs in it first. */
const inWorker = (code) => (page) =>
  page.addInitScript((first) => {
    globalThis.Blob = class extends Blob {
      constructor(parts, options) {
        super(options?.type === "text/javascript" ? [first, ...parts] : parts, options);
      }
    };
    globalThis.Worker = class extends Worker {
      constructor(...given) {
        super(...given);
        globalThis.itsWorker = this;
      }
    };
  }, `${code};`);

describe("by WebGPU", { skip }, () => {
  test("values are those of the processor, of every kind of network", async () => {
    const entry = join(folder, "compare.mjs");
    await writeFile(
      entry,
      `import { loadGenerator } from ${JSON.stringify(join(root, "packages/web/dist/index.js"))};
      globalThis.compare = async (file) => {
        const request = { seed: 3, count: 6 };
        const both = [];
        for (const provider of ["webgpu", "wasm"]) {
          const generator = await loadGenerator(file, { provider });
          if (generator.provider !== provider) throw new Error("it is on the other");
          both.push((await generator.sample(request)).data);
          await generator.close();
        }
        const [there, here] = both;
        const spread = Math.max(...here) - Math.min(...here);
        return { spread, apart: Math.max(...here.map((value, i) => Math.abs(value - there[i]))) };
      };
      document.title = "ready";`,
    );
    await bundle(entry, join(folder, "compared"));
    for (const kind of ["", ".asyncify"])
      await copyFile(
        join(root, `node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded${kind}.wasm`),
        join(folder, `compared/ort-wasm-simd-threaded${kind}.wasm`),
      );
    await writeFile(
      join(folder, "compared/index.html"),
      '<!doctype html><script type="module" src="compare.js"></script>',
    );
    const page = await browser.newPage();
    await page.goto(`${origin}/compared/`);
    await page.waitForFunction(() => document.title === "ready");
    for (const name of Object.keys(NETWORKS)) {
      const { apart, spread } = await page.evaluate((file) => globalThis.compare(file), `/${name}.onnx`);
      console.log(`# ${name}: ${apart.toExponential(1)} between WebGPU and WebAssembly`);
      assert.ok(spread > 0.01, `${name}: images are of one grey`);
      assert.ok(apart < TOLERANCE, `${name}: ${apart}`);
    }
    await page.close();
  });

  for (const name of Object.keys(NETWORKS))
    test(`the page of ${name} says where it is, and shows the samples`, async () => {
      const { page, wrong } = await open(browser, `${origin}/${name}-page/#seed=11&class=1`);
      assert.match(await page.textContent("#status"), /on this device's graphics card$/);
      const noise = name === "styled" ? ["--noise", "0"] : [];
      await assertSample(site, name, await pixels(page, 0), "--seed", "11", "--class", "1", ...noise);
      assert.deepEqual(wrong, []);
      await page.close();
    });

  const FAILURES = {
    "a device is refused":
      'GPUAdapter.prototype.requestDevice = async () => { throw new Error("no device today"); }',
    "a shader is wrong": `{ const make = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function () { return make.call(this, { code: "no shader" }); } }`,
  };
  for (const [what, code] of Object.entries(FAILURES))
    test(`where ${what}, the processor makes the samples, and the page says so`, async () => {
      const { page } = await open(browser, `${origin}/dcgan-page/#seed=11&class=1`, {}, inWorker(code));
      assert.match(
        await page.textContent("#status"),
        /on this device's processor: its graphics card failed \(.+\)/,
      );
      await assertSample(site, "dcgan", await pixels(page, 0), "--seed", "11", "--class", "1");
      await page.close();
    });

  test("where it is lost meanwhile, too", async () => {
    const code = `{ const ask = GPUAdapter.prototype.requestDevice;
      let device;
      GPUAdapter.prototype.requestDevice = async function (...given) { return (device = await ask.apply(this, given)); };
      addEventListener("message", (event) => {
        if (event.data !== "lose it") return;
        event.stopImmediatePropagation();
        device.destroy();
      }); }`;
    const { page } = await open(browser, `${origin}/dcgan-page/#seed=11&class=1`, {}, inWorker(code));
    assert.match(await page.textContent("#status"), /graphics card$/);
    const before = await pixels(page, 0);
    await page.evaluate(() => globalThis.itsWorker.postMessage("lose it"));
    await page.getByLabel("Seed", { exact: true }).fill("12");
    await page.keyboard.press("Enter");
    await page.getByText(/on this device's processor: its graphics card failed/).waitFor();
    await assertSample(site, "dcgan", await pixels(page, 0, before), "--seed", "12", "--class", "1");
    await page.close();
  });
});

test("without a graphics card the processor makes the samples", async (t) => {
  if (!hasAdapter) return t.skip("the page of every other test is one");
  const { page } = await open(plain, `${origin}/dcgan-page/#seed=11&class=1`);
  assert.match(await page.textContent("#status"), /on this device's processor$/);
  await page.close();
});
