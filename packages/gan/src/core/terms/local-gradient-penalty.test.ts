import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { adHocGame, points as drawnPoints, stepOptions } from "../../testing/adHocGame.js";
import { images, points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { Play } from "../game/play.js";
import { terms } from "./registry.js";

setThreads(1);

test("where it looks no further than the data, it is the gradient penalty there", async () => {
  const lossOf = async (penalty: Record<string, object>) => {
    using tiny = await TinyGame.create({ ...points, terms: { hinge: {}, ...penalty } });
    return tiny.lossOf(["discriminator"]);
  };
  for (const more of [{}, { packing: {} }])
    assertClose(
      [await lossOf({ "local-gradient-penalty": { spread: 0, weight: 3, target: 0.5 }, ...more })],
      [await lossOf({ "gradient-penalty": { fake: "real", weight: 3, target: 0.5 }, ...more })],
      1e-12,
      "loss",
    );
});

test("its places: beyond each number by up to half a standard deviation of the batch, one alpha an image", async () => {
  const { options, make } = await terms.get("local-gradient-penalty");
  let seen: number[] = [];
  const game = await adHocGame({
    spy: {
      plan(plan) {
        plan.addView("discriminator", {
          apply(sample) {
            seen = sample.image.toNumbers();
            return sample;
          },
        });
      },
    },
    penalty: make(options.parse({}) as never),
  });
  const count = 2000;
  const real = drawnPoints(count);
  scope(() => {
    const play = new Play(game, {
      ...stepOptions(() => ({ image: real }), { batch: count }),
      updating: new Set(["discriminator"]),
    });
    game.evaluate(["discriminator"], play);
  });
  const values = real.toNumbers();
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  // alpha * u, the product of two uniform numbers: mean 1/4, and of squares 1/9.
  const shares = seen.map((place, i) => (place - (values[i] as number)) / (0.5 * deviation));
  assert.ok(shares.every((share) => share >= 0 && share < 1));
  const mean1 = shares.reduce((a, b) => a + b) / shares.length;
  assert.ok(Math.abs(mean1 - 1 / 4) < 0.02, `${mean1}`);
  const products = Array.from({ length: count }, (_, i) => shares[2 * i]! * shares[2 * i + 1]!);
  // Numbers of one image share alpha and nothing else: the mean of alpha^2 u u' is 1/3 * 1/4, not 1/16.
  const together = products.reduce((a, b) => a + b) / count;
  assert.ok(Math.abs(together - 1 / 12) < 0.01, `${together}`);
});

for (const [what, setting, more] of [
  ["points", points, {}],
  ["pairs under ALI", points, { ali: {} }],
  ["packs, beside R1", points, { packing: {}, r1: {} }],
  ["two contests", points, { vaegan: {} }],
  ["images without norms", { ...images, net: { ...images.net, discriminatorNorm: "none" } }, {}],
] as const)
  test(`${what}: gradients of D match finite differences`, async () => {
    using tiny = await TinyGame.create({
      ...setting,
      terms: { "non-saturating": {}, ...more, "local-gradient-penalty": {} },
    });
    const options = setting === points ? {} : { perParameter: 2, step: 1e-7, tolerance: 1e-5 };
    checkLossGradient(tiny, ["discriminator"], options);
  });

test("it is D's alone, and nothing with a weight of 0", async () => {
  using tiny = await TinyGame.create({ ...points, terms: { hinge: {}, "local-gradient-penalty": {} } });
  assert.ok(tiny.step("discriminator").has("discriminator/local-gradient-penalty"));
  assert.equal(tiny.step("generator").has("generator/local-gradient-penalty"), false);
  using off = await TinyGame.create({
    ...points,
    terms: { hinge: {}, "local-gradient-penalty": { weight: 0 } },
  });
  assert.equal(off.step("discriminator").has("discriminator/local-gradient-penalty"), false);
});
