import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import { finalValue, firstValue } from "../base/schedule.js";
import { parseSetting } from "../base/setting.js";
import { resolveConfig } from "../config/config.js";
import type { Config } from "../config/schema.js";

const rate = (config: Config, player: string) =>
  firstValue((config.optimizers[player] ?? config.optimizers.default!).learningRate);

test("intervention-gan is that paper's table 5, on the data and networks of its own method", async () => {
  const own = await resolveConfig({ recipe: "ivlsgan" });
  for (const [recipe, rates, betas, epochsOf] of [
    ["dcgan", [1e-4, 1e-4, undefined], [0.5, 0.999], 1],
    ["lsgan", [2e-4, 2e-4, undefined], [0.5, 0.999], 1],
    ["wgan-gp", [1e-4, 1e-4, undefined], [0.5, 0.9], 5],
    ["reg-gan", [2e-4, 2e-4, 0.01], [0.5, 0.999], 1],
  ] as const) {
    const config = await resolveConfig({ recipe, preset: "intervention-gan" });
    assert.deepEqual(config.data, own.data, recipe);
    assert.deepEqual(config.net, { ...own.net, discriminatorNorm: config.net.discriminatorNorm }, recipe);
    assert.deepEqual(config.net.prior, { size: 100, distribution: "normal" });
    const players = ["discriminator", "generator", ...(rates[2] === undefined ? [] : ["encoder"])];
    assert.deepEqual(
      players.map((player) => rate(config, player)),
      rates.filter((each) => each !== undefined),
      recipe,
    );
    for (const optimizer of Object.values(config.optimizers))
      assert.deepEqual([optimizer.kind, (optimizer as { betas?: unknown }).betas], ["adam", betas], recipe);
    assert.equal(config.batch, 64);
    // As many images of D's for all.
    assert.equal(config.steps * epochsOf, own.steps);
    assert.equal(config.schedule.discriminatorSteps, epochsOf);
    assert.equal(config.net.discriminatorNorm, recipe === "wgan-gp" ? "none" : "batch");
  }
  const { terms } = await resolveConfig({ recipe: "reg-gan", preset: "intervention-gan" });
  assert.deepEqual([terms.reconstruction?.weight, terms["mode-regularizer"]?.weight], [0.25, 0.25]);
  const penalty = await resolveConfig({ recipe: "wgan-gp", preset: "intervention-gan" });
  assert.equal(penalty.terms["gradient-penalty"]?.weight, 10);
});

test("what a paper says of one recipe alone, those that extend it do not have", async () => {
  for (const [recipe, preset] of [
    ["cgan", "intervention-gan"],
    ["mdgan", "intervention-gan"],
    ["wgan", "intervention-gan"],
    ["dcgan", "notes"],
  ] as const)
    await assert.rejects(
      resolveConfig({ recipe, preset }),
      (error) => error instanceof UsageError && /has no preset/.test(error.message),
      recipe,
    );
});

test("notes are the rates of the notes' pseudocode, and nothing else", async () => {
  for (const [recipe, optimizer] of [
    ["wgan", { learningRate: 1e-5 }],
    ["wgan-gp", { learningRate: 1e-3, betas: [0, 0.9] }],
  ] as const) {
    const [config, paper] = await Promise.all([
      resolveConfig({ recipe, preset: "notes" }),
      resolveConfig({ recipe }),
    ]);
    assert.deepEqual(config, {
      ...paper,
      optimizers: { default: { ...paper.optimizers.default, ...optimizer } },
    });
  }
  assert.equal(
    (await resolveConfig({ recipe: "wgan", preset: "notes" })).optimizers.default?.kind,
    "rmsprop",
  );
});

test("residual networks at 48 and 128 pixels have the schedules of InfoMax-GAN's appendix, also under what extends SNGAN", async () => {
  for (const recipe of ["sngan", "ssgan", "infomax-gan", "ssgan-infomax"]) {
    const base = await resolveConfig({ recipe });
    for (const [preset, size, discriminatorSteps, steps, falls] of [
      ["stl10", 48, 5, 100_000, true],
      ["celeba", 128, 2, 100_000, false],
      ["imagenet", 128, 5, 450_000, false],
    ] as const) {
      const config = await resolveConfig({ recipe, preset });
      const what = `${recipe} --preset ${preset}`;
      assert.deepEqual([config.data.name, config.data.size], [preset, size], what);
      assert.equal(config.schedule.discriminatorSteps, discriminatorSteps, what);
      assert.equal(config.steps, steps, what);
      const { learningRate } = config.optimizers.default!;
      assert.equal(firstValue(learningRate), 2e-4, what);
      assert.equal(finalValue(learningRate), falls ? 0 : 2e-4, what);
      assert.deepEqual([config.net, config.terms, config.batch], [base.net, base.terms, 64], what);
    }
  }
});

test("aw-autogan and aw-biggan are their base with adaptive weights, for the paper's epochs and a rate that falls", async () => {
  for (const [recipe, base, epochs] of [
    ["aw-autogan", "autogan", 300],
    ["aw-biggan", "biggan", 1000],
  ] as const) {
    const [config, plain] = await Promise.all([resolveConfig({ recipe }), resolveConfig({ recipe: base })]);
    assert.deepEqual(Object.keys(config.terms), ["hinge", "adaptive-weights"]);
    assert.equal(config.terms["adaptive-weights"]?.variant, "normalized");
    assert.equal(config.schedule.judgeTogether, null);
    const { batch, steps, schedule } = config;
    assert.equal(steps * finalValue(schedule.discriminatorSteps) * batch, epochs * 50_000);
    const { learningRate } = config.optimizers.default!;
    assert.deepEqual([firstValue(learningRate), finalValue(learningRate)], [2e-4, 0]);
    assert.deepEqual([config.net, config.average, config.batch], [plain.net, plain.average, plain.batch]);
  }
  const at48 = await resolveConfig({ recipe: "aw-autogan", preset: "stl10" });
  assert.deepEqual(at48.data, { name: "stl10", split: "unlabeled", size: 48 });
});

test("every point of mode-regularized GAN's grid is a handful of settings", async () => {
  let count = 0;
  for (const layersOfG of [2, 3, 4])
    for (const layersOfD of [2, 3, 4])
      for (const kindOfG of ["sgd", "adam"])
        for (const kindOfD of ["sgd", "adam"])
          for (const learningRate of [1e-2, 1e-3, 1e-4])
            for (const dropout of [0, 0.5]) {
              const config = await resolveConfig({
                recipe: "reg-gan-mnist",
                strict: true,
                settings: [
                  `net.generatorLayers=${layersOfG}`,
                  `net.discriminatorLayers=${layersOfD}`,
                  "net.generatorSize=3200",
                  "net.discriminatorSize=1024",
                  `net.dropout=${dropout}`,
                  `optimizers.generator.kind=${kindOfG}`,
                  `optimizers.generator.learningRate=${learningRate}`,
                  `optimizers.discriminator.kind=${kindOfD}`,
                  `optimizers.discriminator.learningRate=${learningRate}`,
                ].map(parseSetting),
              });
              const { generator, discriminator } = config.optimizers;
              assert.deepEqual(
                [generator?.kind, generator?.learningRate, discriminator?.kind, discriminator?.learningRate],
                [kindOfG, learningRate, kindOfD, learningRate],
              );
              const { net } = config;
              assert.deepEqual(
                [net.generatorLayers, net.generatorSize, net.discriminatorLayers, net.discriminatorSize],
                [layersOfG, 3200, layersOfD, 1024],
              );
              assert.equal(net.dropout, dropout);
              count++;
            }
  // Times four sizes of G and three of D: the paper's table 1 in whole.
  assert.equal(count * 4 * 3, 2592);
  const { terms } = await resolveConfig({ recipe: "reg-gan-mnist" });
  assert.deepEqual([terms.reconstruction?.weight, terms["mode-regularizer"]?.weight], [0.2, 0.4]);
});
