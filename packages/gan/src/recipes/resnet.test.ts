import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveConfig } from "../config/config.js";
import { validate } from "../config/validate.js";
import { families } from "../nets/family.js";

const resolved = [
  ["sngan", "resnet", ["small", "public"]],
  ["sngan-projection", "resnet", ["small", "public"]],
  ["wgan-gp-resnet", "resnet", ["small", "public"]],
  ["autogan", "autogan", ["small"]],
] as const;

for (const [recipe, familyName, presets] of resolved) {
  test(`${recipe} and its presets are whole configurations with networks for their data`, async () => {
    for (const preset of [undefined, ...presets]) {
      const config = await resolveConfig({ recipe, preset });
      assert.equal(config.net.family, familyName);
      assert.equal(config.data.name, "cifar10");
      assert.equal(config.schedule.discriminatorSteps, 5);
      assert.deepEqual(config.optimizers.default, {
        kind: "adam",
        learningRate: 2e-4,
        betas: [0, 0.9],
        epsilon: 1e-8,
        weightDecay: 0,
      });
      assert.equal(config.batch, 64);
      const family = await families.get(familyName);
      const { family: _, prior, ...options } = config.net;
      assert.deepEqual(prior, { size: 128, distribution: "normal" });
      const data = { kind: "images", shape: [3, 32, 32], classes: 10 } as const;
      assert.equal(family.check(validate(family.options, options, "net"), data), undefined);
    }
  });
}

test("the recipes over sngan change what their papers change", async () => {
  const sngan = await resolveConfig({ recipe: "sngan" });
  assert.equal(sngan.steps, 100_000);
  assert.equal(sngan.schedule.decay, "linear");
  assert.equal(sngan.net.channels, 128);
  assert.deepEqual(Object.keys(sngan.terms), ["hinge"]);
  const projection = await resolveConfig({ recipe: "sngan-projection" });
  assert.deepEqual({ ...projection, recipe: "sngan", conditional: false }, sngan);
  const wgan = await resolveConfig({ recipe: "wgan-gp-resnet" });
  assert.deepEqual(Object.keys(wgan.terms), ["wasserstein", "gradient-penalty"]);
  assert.equal(wgan.terms["gradient-penalty"]?.weight, 10);
  assert.equal(wgan.net.discriminatorNorm, "none");
  const published = await resolveConfig({ recipe: "sngan", preset: "public" });
  assert.equal(published.net.upsampling, "bilinear");
  assert.equal(published.net.shortcutActivation, "public");
  const autogan = await resolveConfig({ recipe: "autogan" });
  assert.equal(autogan.schedule.decay, "none");
  assert.equal(autogan.average?.decay, 0.999);
  for (const [recipe, batch] of [
    ["sngan", null],
    ["sngan-projection", null],
    ["wgan-gp-resnet", 128],
    ["autogan", 128],
    ["aw-sngan", 128],
    ["aw-sngan-projection", 128],
  ] as const)
    assert.equal((await resolveConfig({ recipe })).schedule.generatorBatch, batch, recipe);
});
