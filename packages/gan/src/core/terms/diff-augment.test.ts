import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomGenerator, scope, setThreads } from "@gantry/torch";
import { checkMade, drawn, golden } from "../../testing/drawn.js";
import { images, points, stirred, unmoved } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import type { JsonObject } from "../base/json.js";
import { differentiablyAugmented, type POLICIES } from "./parts/augment/differentiable.js";
import { drawsOf } from "./parts/augment/draws.js";

setThreads(1);

const create = (terms: JsonObject, net: JsonObject = {}) =>
  TinyGame.create({ ...images, net: { ...images.net, ...net }, terms });

for (const [name, expected] of Object.entries(golden["diff-augment"]))
  test(`the policy ${name} and its gradient match DiffAugment's code`, () => {
    scope(() => {
      const policy = name.split(",") as (keyof typeof POLICIES)[];
      const { shape } = expected;
      checkMade((batch) => differentiablyAugmented(batch, policy, 1, drawn(name)), shape, expected, 1e-12);
    });
  });

test("D sees augmented images by the training's own generator, reals and fakes each by numbers of their own", async () => {
  using tiny = await create({ hinge: {}, "diff-augment": { policy: ["cutout"] } });
  scope(() => {
    const play = tiny.play([], { seed: 5 });
    const seen = play.judge("discriminator", "real").sample.image;
    const draws = drawsOf(new RandomGenerator(5), tiny.real.image);
    assert.deepEqual(
      seen.toNumbers(),
      differentiablyAugmented(tiny.real.image, ["cutout"], 1, draws).toNumbers(),
    );
    assert.deepEqual(play.stream("real").image.toNumbers(), tiny.real.image.toNumbers());
  });
});

test("with a probability below 1 some images stay as they are; with 0 all, to the bit", async () => {
  using some = await create({ hinge: {}, "diff-augment": { policy: ["color"], probability: 0.5 } });
  scope(() => {
    const seen = some.play([]).judge("discriminator", "real").sample.image;
    const moved = seen.sub(some.real.image).abs().amax([1, 2, 3]).toNumbers();
    assert.deepEqual(new Set(moved.map((by) => by > 0)), new Set([true, false]));
  });
  using base = await create({ hinge: {} });
  using none = await create({ hinge: {}, "diff-augment": { probability: 0 } });
  for (const tiny of [base, none]) tiny.iterate(2);
  assert.deepEqual(none.weights(), base.weights());
});

test("a target moves its probability, as it moves ada's", async () => {
  using tiny = await create({
    hinge: {},
    "diff-augment": { probability: 0.5, target: 0, kimg: 0.04, every: 1 },
  });
  const seen = scope(() => tiny.play([]).judge("discriminator", "real").logits.sign().mean().item());
  tiny.step("discriminator");
  const p = tiny.step("discriminator").get("diff-augment/p") ?? Number.NaN;
  assertClose([p], [0.5 + Math.sign(seen) * 0.1], 1e-12, "p");
});

test("gradients match finite differences, with R1 and a gradient penalty too", async () => {
  const terms = { "non-saturating": {}, "diff-augment": {} };
  for (const penalty of [{}, { r1: {}, "gradient-penalty": {} }]) {
    using tiny = await create({ ...terms, ...penalty }, { discriminatorNorm: "none" });
    // Cut-out squares are zeros, on which D's activations would have their kink.
    stirred(tiny);
    checkLossGradient(tiny, ["discriminator"], { perParameter: 1 });
    checkLossGradient(tiny, ["generator"], { perParameter: 1 });
  }
});

test("goes with every remedy at once, and everything learns", async () => {
  const terms = {
    hinge: {},
    "adaptive-weights": {},
    // Of a few units all may be dead.
    infomax: { criticUnits: 32 },
    rotation: {},
    reconstruction: {},
    "mode-regularizer": {},
    packing: {},
  };
  // With one channel the local critic's hidden layer is one number, which spectral norm makes 1 or -1: it has no gradient.
  const net = { ...images.net, channels: 2 };
  const asked = { ...images, net, batch: 8, terms: { ...terms, "diff-augment": {} } };
  using tiny = await TinyGame.create(asked);
  assert.deepEqual(
    unmoved(tiny).filter((name) => !name.endsWith("bias")),
    [],
  );
});

test("points are refused", async () => {
  await assert.rejects(
    TinyGame.create({ ...points, terms: { hinge: {}, "diff-augment": {} } }),
    /diff-augment changes images, and this data is points/,
  );
});
