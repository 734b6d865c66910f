import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLossGradient, TinyGame } from "./tinyGame.js";

const net = {
  family: "mlp",
  prior: { size: 2 },
  generatorHidden: [5],
  generatorActivation: "tanh",
  discriminatorHidden: [4],
  discriminatorActivation: "tanh",
  initialization: "default",
};
const data = { kind: "points", shape: [2], classes: undefined } as const;

for (const term of ["non-saturating", "minimax", "hinge", "least-squares", "wasserstein"])
  test(`${term}: gradients of D and G match finite differences`, async () => {
    using tiny = await TinyGame.create({ net, data, terms: { [term]: {} } });
    checkLossGradient(tiny, ["discriminator"]);
    checkLossGradient(tiny, ["generator"]);
  });

test("a tiny game repeats itself", async () => {
  using tiny = await TinyGame.create({ net, data, terms: { hinge: {} } });
  using again = await TinyGame.create({ net, data, terms: { hinge: {} } });
  tiny.iterate(3);
  again.iterate(3);
  assert.deepEqual(tiny.weights(), again.weights());
});
