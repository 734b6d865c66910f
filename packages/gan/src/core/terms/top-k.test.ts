import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";

setThreads(1);

const create = (terms: JsonObject, over: object = {}) =>
  TinyGame.create({ ...points, batch: 8, ...over, terms });

for (const [epoch, k] of [
  [0, 8],
  [0.9, 8],
  [1, 7],
  [20, 6],
  [69, 4],
  [1000, 4],
] as const)
  test(`in epoch ${epoch} G minimises over the ${k} of 8 fakes that D likes best`, async () => {
    using tiny = await create({ hinge: {}, "top-k": {} });
    scope(() => {
      const play = tiny.play(["generator"], { epoch });
      const losses = tiny.game.losses(["generator"], play);
      const scores = play
        .judge("discriminator", "fake")
        .logits.toNumbers()
        .sort((a, b) => b - a);
      const best = scores.slice(0, k);
      const mean = best.reduce((a, b) => a + b, 0) / k;
      assertClose([losses.byTerm.get("generator/hinge")?.item() ?? 0], [-mean], 1e-12, "G");
      assert.equal(play.scalars.get("top-k/k"), k);
    });
  });

test("D learns from all, and gradients match finite differences", async () => {
  using tiny = await create({ "non-saturating": {}, "top-k": { decay: 0.5, least: 0.25 } });
  using plain = await create({ "non-saturating": {} });
  const over = { epoch: 1, logging: false };
  assert.equal(
    tiny.step("discriminator", over).get("discriminator/non-saturating"),
    plain.step("discriminator", over).get("discriminator/non-saturating"),
  );
  checkLossGradient(tiny, ["generator"]);
});

test("goes with packs, adaptive weights and a generator's batch of its own; at 1 the plain game to the bit", async () => {
  const terms = { hinge: {}, "adaptive-weights": {}, packing: {}, "top-k": {} };
  using tiny = await create(terms, { schedule: { generatorBatch: 12 } });
  scope(() => {
    const play = tiny.play(["generator"], { epoch: 1000, batch: 12 });
    tiny.game.losses(["generator"], play);
    assert.equal(play.scalars.get("top-k/k"), 3);
  });
  using plain = await create({ hinge: {} });
  using whole = await create({ hinge: {}, "top-k": { least: 1 } });
  for (const each of [plain, whole]) each.iterate(2);
  assert.deepEqual(whole.weights(), plain.weights());
});

test("a loss that sets each real against a fake is refused, and a second choice", async () => {
  for (const terms of [
    { relativistic: {}, "top-k": {} },
    { "top-k": {}, relativistic: { variant: "average" } },
  ])
    await assert.rejects(create(terms), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /this loss compares each with reals/);
      return true;
    });
  await assert.rejects(
    create({ hinge: {}, "top-k": {}, again: { term: "top-k" } }),
    /another term chooses the fakes of the discriminator already/,
  );
});
