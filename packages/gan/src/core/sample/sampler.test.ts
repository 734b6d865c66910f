import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { deviceCount } from "@gantry/torch";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../../testing/runs.js";
import { resumeRun, startRun } from "../../train/train.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { Sampler } from "./sampler.js";

const folder = await temporaryFolder();

async function sampler(name: string, settings: JsonObject): Promise<Sampler> {
  const path = join(folder, name);
  await finish(await startRun(await tinyConfig("gan", "", { steps: 2 }, settings), path));
  return Sampler.open(path);
}

let gaussian: Sampler;
before(async () => {
  gaussian = await sampler("gaussian", { net: { prior: { size: 5 } } });
});

test("truncated latents are Gaussian within, and none is beyond", () => {
  const count = 20_000;
  const whole = gaussian.latents(count, 7);
  for (const limit of [0.5, 1.5]) {
    const cut = gaussian.latents(count, 7, limit);
    assert.equal(cut.length, whole.length);
    for (const [i, value] of cut.entries()) {
      assert.ok(Math.abs(value) <= limit);
      if (Math.abs(whole[i] as number) <= limit) assert.equal(value, whole[i]);
    }
    // Of N(0, 1) within +-t: variance 1 - 2 t phi(t) / (2 Phi(t) - 1), which is 0.0806 and 0.5516 here (SciPy's truncnorm).
    const variance = cut.reduce((sum, value) => sum + value * value, 0) / cut.length;
    const expected = limit === 0.5 ? 0.0806 : 0.5516;
    assert.ok(Math.abs(variance - expected) < 0.01 * expected + 1e-4, `${limit}: ${variance}`);
  }
  assert.deepEqual(gaussian.latents(3, 7, 10), gaussian.latents(3, 7));
});

test("a run trained on a device that is not here is sampled on the processor", {
  skip: deviceCount("cuda") > 0,
}, async () => {
  const path = join(folder, "elsewhere");
  await finish(await startRun(await tinyConfig("gan", "", { steps: 1 }), path));
  const file = join(path, "config.json");
  await writeFile(file, (await readFile(file, "utf8")).replace('"device": "cpu"', '"device": "cuda"'));
  const away = await Sampler.open(path);
  assert.equal([...away.samples(away.latents(3, 1))].length, 1);
  away.close();
});

test("psi is refused where there are no intermediate latents", async () => {
  await assert.rejects(
    Sampler.open(join(folder, "gaussian"), { psi: 0.7 }),
    (error) => error instanceof UsageError && /these networks have none/.test(error.message),
  );
});

test("latents that are not Gaussian are not truncated", async () => {
  const coded = { "mutual-information": { categorical: [3], continuous: 1, units: 3 } };
  for (const settings of [{ net: { prior: { distribution: "uniform" } } }, { terms: coded }]) {
    const other = await sampler(`other-${Object.keys(settings)}`, settings);
    const reason = "terms" in settings ? /cut the codes/ : /train with net\.prior\.distribution=normal/;
    assert.throws(
      () => other.latents(2, 1, 0.5),
      (error) => error instanceof UsageError && reason.test(error.message),
    );
    assert.equal(other.isGaussian, false);
    assert.deepEqual(
      other.codes.map(({ length }) => length),
      "terms" in settings ? [3, 1] : [],
    );
    other.close();
  }
  gaussian.close();
});

test("a conditional generator's samples are eight of class 0, eight of class 1, and so on", async () => {
  const path = join(folder, "classes");
  const images = await writeImages(folder);
  await finish(await startRun(await tinyConfig("cgan", images, { steps: 1 }), path));
  const classes = await Sampler.open(path);
  const latents = classes.latents(90, 3);
  const all = (labels?: Int32Array) => [...classes.samples(latents, labels)].flatMap((part) => [...part]);
  // Ten classes, and then from the first again.
  const rows = Int32Array.from({ length: 90 }, (_, i) => Math.floor(i / 8) % 10);
  assert.equal(classes.classes, 10);
  assert.deepEqual(all(), all(rows));
  assert.notDeepEqual(all(), all(rows.map((row) => (row + 1) % 10)));
  classes.close();
});

test("averaged statistics of batch norm are what a sampler has beside averaged weights, to the bit", async () => {
  const images = await writeImages(folder);
  const made = async (statistics: string) => {
    const path = join(folder, `statistics-${statistics}`);
    const settings = { steps: 5, average: { statistics } };
    await finish(await startRun(await tinyConfig("dcgan", images, settings), path));
    const averaged = await Sampler.open(path);
    const latents = averaged.latents(6, 4);
    const samples = [...averaged.samples(latents)].flatMap((part) => [...part]);
    const { trainer } = await resumeRun(path);
    const own = trainer.generate({ count: 6, seed: 4 });
    assert.deepEqual(samples, own.toNumbers());
    own.dispose();
    await trainer.close();
    averaged.close();
    return samples;
  };
  assert.notDeepEqual(await made("averaged"), await made("own"));
});

test("truncation, psi and standing statistics that make no sense are refused before anything is drawn", async () => {
  const path = join(folder, "gaussian");
  const bare = await sampler("bare", { net: { generatorBatchNorm: false } });
  bare.close();
  await assert.rejects(Sampler.open(join(folder, "bare"), { standing: 3 }), /no batch norm/);
  const uniform = await sampler("uniform", { net: { prior: { distribution: "uniform" } } });
  uniform.close();
  await assert.rejects(Sampler.open(join(folder, "uniform"), { truncation: 1 }), /are not; train with/);
  const cut = await Sampler.open(path, { truncation: 0.5 });
  assert.ok(cut.latents(100, 1).every((value) => Math.abs(value) <= 0.5));
  cut.close();
});
