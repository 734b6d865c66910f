import assert from "node:assert/strict";
import { test } from "node:test";
import { TinyGame } from "../../testing/tinyGame.js";
import type { JsonObject } from "../base/json.js";
import { finalValue, type Scheduled } from "../base/schedule.js";
import { validate } from "../base/validate.js";
import { resolveConfig } from "../config/config.js";
import type { Discriminator } from "../nets/contract.js";
import { families } from "../nets/family.js";

/** The first iteration that averages. */
const started = (decay: Scheduled = 0) => (typeof decay === "number" ? 0 : decay.over.iterations);

const falling = { from: 2e-4, to: 0, over: { training: 1 }, shape: "linear" };

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
      assert.equal(config.schedule.discriminatorSteps, preset === "small" ? 2 : 5);
      const from = preset === "small" ? 1e-3 : 2e-4;
      assert.deepEqual(config.optimizers.default, {
        kind: "adam",
        learningRate: recipe === "autogan" ? from : { ...falling, from },
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
  assert.deepEqual(sngan.optimizers.default?.learningRate, falling);
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
  assert.equal(typeof autogan.optimizers.default?.learningRate, "number");
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

test("sagan is sngan-projection with attention, spectral norm in G, and a faster D", async () => {
  const base = await resolveConfig({ recipe: "sngan-projection" });
  const config = await resolveConfig({ recipe: "sagan" });
  assert.deepEqual(
    { ...config, recipe: base.recipe, optimizers: base.optimizers, schedule: base.schedule },
    { ...base, net: { ...base.net, attention: 16, generatorSpectralNorm: true } },
  );
  const rates = Object.values(config.optimizers).map(({ learningRate, kind }) => [kind, learningRate]);
  assert.deepEqual(rates, [
    ["adam", 2e-4],
    ["adam", 1e-4],
    ["adam", 4e-4],
  ]);
  assert.equal(config.schedule.discriminatorSteps, 1);
});

test("biggan judges reals and fakes in one pass, unless a term takes the two apart", async () => {
  const net = { channels: 4, prior: { size: 8 } };
  const config = await resolveConfig({ recipe: "biggan", settings: [{ net, terms: { hinge: {} } }] });
  using tiny = await TinyGame.create({
    net: config.net as JsonObject,
    data: { kind: "images", shape: [3, 32, 32], classes: 3 },
    conditional: config.conditional,
    terms: config.terms as JsonObject,
    schedule: config.schedule,
    dtype: "float32",
  });
  const discriminator = tiny.game.network<Discriminator>("discriminator");
  const features = discriminator.features.bind(discriminator);
  const passes: number[] = [];
  discriminator.features = (sample) => {
    passes.push(sample.image.size(0));
    return features(sample);
  };
  tiny.step("discriminator");
  assert.deepEqual(passes, [8]);
  const weighted = { recipe: "biggan", with: [{ name: "adaptive-weights", options: {} }] };
  assert.equal((await resolveConfig(weighted)).schedule.judgeTogether, null);
});

test("biggan's presets are the code's two settings, whose networks fit their data", async () => {
  const family = await families.get("biggan");
  for (const [preset, size, expected] of [
    [undefined, 32, { batch: 50, steps: 4, rates: [2e-4], epsilon: 1e-8, start: 1000, latent: 128 }],
    [
      "imagenet",
      128,
      { batch: 256, steps: 1, rates: [2e-4, 1e-4, 4e-4], epsilon: 1e-6, start: 20_000, latent: 120 },
    ],
  ] as const) {
    const config = await resolveConfig({ recipe: "biggan", preset });
    const optimizers = Object.values(config.optimizers) as {
      learningRate: number;
      betas: number[];
      epsilon: number;
    }[];
    for (const { betas, epsilon } of optimizers)
      assert.deepEqual([betas, epsilon], [[0, 0.999], expected.epsilon]);
    assert.deepEqual(
      {
        batch: config.batch,
        steps: config.schedule.discriminatorSteps,
        rates: optimizers.map(({ learningRate }) => learningRate),
        epsilon: optimizers[0]?.epsilon,
        start: started(config.average?.decay),
        latent: (config.net.prior as { size: number }).size,
      },
      expected,
    );
    assert.equal(finalValue(config.average?.decay ?? 0), 0.9999);
    const { family: _, prior: __, ...options } = config.net;
    const data = { kind: "images", shape: [3, size, size], classes: 10 } as const;
    assert.equal(family.check(validate(family.options, options, "net"), data), undefined);
  }
});

test("stylegan is trained as its code trains at 32 pixels", async () => {
  const config = await resolveConfig({ recipe: "stylegan" });
  const { default: optimizer } = config.optimizers;
  assert.deepEqual(
    [optimizer?.kind, optimizer?.learningRate, (optimizer as { betas?: number[] }).betas],
    ["adam", 1e-3, [0, 0.99]],
  );
  assert.deepEqual(Object.keys(config.terms), ["non-saturating", "r1"]);
  assert.equal(config.terms.r1?.gamma, 10);
  assert.equal(config.batch * config.steps, 25_000_000);
  // Half of the average is what the last 10,000 images made it.
  assert.ok(Math.abs(finalValue(config.average?.decay ?? 0) ** (10_000 / config.batch) - 0.5) < 0.01);
  const { channels, styleSize, mappingLayers, mixing, prior } = config.net;
  assert.deepEqual([channels, styleSize, mappingLayers, mixing], [512, 512, 8, 0.9]);
  assert.deepEqual(prior, { size: 512, distribution: "normal" });
});
