import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pngSize, readFileBytes, readNpy } from "@gantry/formats";
import { writeDigits } from "../testing/digits.js";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

test("a mixing grid as a picture and as numbers; refused where it makes no sense", async () => {
  await writeDigits(join(cwd, "digits"), { train: 40, t10k: 10 });
  const small = ["net.channels=4", "net.styleSize=4", "net.mappingLayers=1", "data.size=16"];
  const settings = [...small, "batch=4", "samples=4"].flatMap((setting) => ["--set", setting]);
  const data = ["--data", join("digits", "train-images-idx3-ubyte")];
  const growing = ["--with", "progressive-growing:stable=4,fading=8", "--steps", "3"];
  await succeed(["train", "stylegan", ...data, ...settings, ...growing, "--out", "styled"], { cwd });
  const grid = ["sample", "styled", "--mixing", "--frames", "3", "--count", "1"];
  // The networks have grown to 16 pixels, of sides 4, 8 and 16: three ranges, a row of each, and the sources'.
  await succeed([...grid, "--out", "grid.npy"], { cwd });
  assert.deepEqual((await readNpy(join(cwd, "grid.npy"))).shape, [4 * 4, 1, 16, 16]);
  await succeed([...grid, "--out", "grid.png"], { cwd });
  const { width, height } = pngSize(await readFileBytes(join(cwd, "grid.png")));
  assert.equal(width, height);
  const bad = (run: string, more: string[], reason: RegExp) =>
    refuse(["sample", run, "--mixing", "--out", "x.npy", ...more], 2, reason, { cwd });
  await bad("styled", ["--interpolate"], /--mixing is a grid of its own/);
  await bad("styled", ["--latents", "x.npy"], /--mixing draws its latents/);
  await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", "plain"], { cwd });
  await bad("plain", [], /this generator has no styles to mix; train the recipe stylegan/);
});
