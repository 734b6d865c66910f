import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope } from "@gantry/torch";
import { filledGame, images, lossIn, methods, points, spectral, unmoved } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { resolveConfig } from "../config/config.js";
import type { Discriminator } from "../nets/contract.js";

const losses = ["non-saturating", "minimax", "hinge", "least-squares", "wasserstein", "log-ratio"];

for (const [golden, loss] of [
  ["packing", "non-saturating"],
  ["packing least-squares", "least-squares"],
] as const)
  test(`${golden}: losses of packs of two match NumPy`, async () => {
    using tiny = await filledGame({ [loss]: {}, packing: { degree: 2 } });
    for (const player of ["discriminator", "generator"])
      assertClose([lossIn(tiny, undefined, [player])], [methods[golden]![player]!], 1e-12, player);
  });

test("a pack is neighbours side by side, on channels and on coordinates", async () => {
  for (const [setting, shape] of [
    [points, [4]],
    [images, [2, 28, 28]],
  ] as const) {
    using tiny = await TinyGame.create({ ...setting, terms: { "non-saturating": {}, packing: {} } });
    assert.deepEqual(tiny.game.network<Discriminator>("discriminator").inputShape, shape);
    scope(() => {
      const { sample, logits } = tiny.play([]).judge("discriminator", "real");
      assert.deepEqual(logits.shape, [2]);
      assert.deepEqual(sample.image.shape, [2, ...shape]);
      assert.deepEqual(sample.image.toNumbers(), tiny.real.image.toNumbers());
    });
  }
});

for (const loss of losses)
  test(`degree 1 under ${loss} is the plain GAN to the bit`, async () => {
    for (const setting of [points, images]) {
      using plain = await TinyGame.create({ ...setting, terms: { [loss]: {} }, dtype: "float32" });
      const terms = { [loss]: {}, packing: { degree: 1 } };
      using packed = await TinyGame.create({ ...setting, terms, dtype: "float32" });
      plain.iterate(3);
      packed.iterate(3);
      assert.deepEqual(packed.weights(), plain.weights());
    }
  });

test("gradients through packs match finite differences, with batch norm and spectral norm in D", async () => {
  for (const setting of [points, images, spectral]) {
    using tiny = await TinyGame.create({
      ...setting,
      terms: { "non-saturating": {}, packing: { degree: 2 } },
    });
    tiny.freezeSingularVectors();
    checkLossGradient(tiny, ["discriminator"], { perParameter: 1 });
    checkLossGradient(tiny, ["generator"], { perParameter: 1 });
  }
});

test("every parameter moves and nothing leaks; pairs of image and latent are packed too", async () => {
  for (const terms of [{ hinge: {} }, { "least-squares": {}, ali: {} }]) {
    using tiny = await TinyGame.create({ ...points, batch: 6, terms: { ...terms, packing: { degree: 3 } } });
    assert.deepEqual(
      unmoved(tiny).filter((name) => name !== "discriminator.last.bias"),
      [],
    );
    const before = liveTensors().count;
    tiny.iterate(2);
    assert.equal(liveTensors().count, before);
  }
});

test("refuses a degree that does not divide the batch, and conditional networks", async () => {
  const terms = { "non-saturating": {}, packing: { degree: 3 } };
  await assert.rejects(TinyGame.create({ ...points, terms }), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /packs of 3 do not divide a batch of 4/);
    return true;
  });
  await assert.rejects(
    TinyGame.create({ ...points, batch: 6, schedule: { generatorBatch: 8 }, terms }),
    /packs of 3 do not divide a batch of 8; set schedule.generatorBatch/,
  );
  const conditional = {
    net: { family: "resnet", prior: { size: 4 }, channels: 4 },
    data: { kind: "images", shape: [3, 32, 32], classes: 2 },
    conditional: true,
    batch: 6,
  } as const;
  await assert.rejects(TinyGame.create({ ...conditional, terms }), /one; set conditional=false/);
});

test("the recipes are the plain ones with packs of two", async () => {
  const config = await resolveConfig({ recipe: "pacgan", preset: "small" });
  assert.deepEqual(config.terms.packing, { degree: 2, discriminator: null });
  assert.equal((await resolveConfig({ recipe: "pac-dcgan" })).net.family, "pacgan");
});
