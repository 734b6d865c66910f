import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { buildGame } from "../config/build.js";
import { validateConfig } from "../config/config.js";
import type { Discriminator } from "../nets/contract.js";
import { terms } from "./registry.js";

setThreads(1);

// The values are in basic.test.ts, against NumPy.
for (const variant of ["pairs", "average"])
  for (const base of ["softplus", "least-squares", "hinge"])
    test(`${variant}, ${base}: gradients of D and G match finite differences`, async () => {
      using tiny = await TinyGame.create({ ...points, terms: { relativistic: { variant, base } } });
      checkLossGradient(tiny, ["discriminator"]);
      checkLossGradient(tiny, ["generator"]);
    });

for (const [what, more, team] of [
  ["an encoder plays too", { ali: {} }, ["generator", "encoder"]],
  [
    "in packs, with R1 and R2",
    { packing: {}, r1: {}, r2: { term: "r1", stream: "fake" } },
    ["discriminator"],
  ],
  ["through D's next updates, which move what it says of reals", { unrolled: { steps: 2 } }, ["generator"]],
] as const)
  test(`${what}: gradients match finite differences`, async () => {
    using tiny = await TinyGame.create({ ...points, terms: { relativistic: {}, ...more } });
    checkLossGradient(tiny, team);
  });

test("through convolutions and batch norms gradients match finite differences", async () => {
  using tiny = await TinyGame.create({ ...images, terms: { relativistic: { variant: "average" } } });
  checkLossGradient(tiny, ["generator"], { perParameter: 2, step: 1e-7, tolerance: 1e-5 });
});

/** Images in each pass of D in a step. */
async function passes(loss: string, phase: string): Promise<number[]> {
  using tiny = await TinyGame.create({ ...points, terms: { [loss]: {} } });
  const network = tiny.game.network<Discriminator>("discriminator");
  const features = network.features.bind(network);
  const seen: number[] = [];
  network.features = (sample) => {
    seen.push(sample.image.size(0));
    return features(sample);
  };
  scope(() => void tiny.step(phase, { logging: false }));
  return seen;
}

test("only a loss that compares both sides passes reals through D in G's step", async () => {
  for (const { name, kind, separable } of (await terms.all()).values()) {
    if (kind !== "adversarial") continue;
    assert.deepEqual(await passes(name, "discriminator"), [8], name);
    assert.deepEqual(await passes(name, "generator"), separable ? [4] : [4, 4], name);
  }
});

/** As a training would: the message names the losses that can be split. */
const build = async (composition: object, schedule = {}) => {
  const { net, data } = points;
  const config = { recipe: "test", data: {}, net, terms: composition, schedule, batch: 4, threads: 1 };
  const optimizers = { default: { kind: "adam" } };
  (await buildGame(await validateConfig({ ...config, optimizers }), data)).dispose();
};

test("adaptive weights split the losses that say so, and refuse others by name", async () => {
  const losses = [...(await terms.all()).values()].filter(({ kind }) => kind === "adversarial");
  const able = losses.filter(({ separable }) => separable).map(({ name }) => name);
  assert.ok(able.length >= 6 && able.length < losses.length);
  for (const { name, separable } of losses) {
    const built = build({ [name]: {}, "adaptive-weights": {} });
    if (separable) await built;
    else
      await assert.rejects(built, {
        name: "UsageError",
        message: `adaptive-weights weighs the real and the fake part of what the discriminator minimises, and ${name} does not come in parts, as it compares the two; take a loss that does (${able.join(", ")}), or leave adaptive-weights out`,
      });
  }
});

test("a pair is one real and one fake: another number of fakes in G's step is refused, but for averages", async () => {
  const schedule = { generatorBatch: 8 };
  await assert.rejects(
    build({ relativistic: {} }, schedule),
    /^UsageError: .*generatorBatch=8.*variant=average$/,
  );
  await build({ relativistic: { variant: "average" } }, schedule);
  await build({ hinge: {} }, schedule);
});
