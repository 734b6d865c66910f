import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import clipping from "./clipping.js";
import criticGradients from "./critic-gradients.js";
import { linearShare } from "./critics.js";
import flatGradients from "./flat-gradients.js";
import optimalDiscriminator from "./optimal-discriminator.js";
import wganOptimizers from "./wgan-optimizers.js";

test(`${optimalDiscriminator.name}: two cells, a few iterations`, async () => {
  await smoke(optimalDiscriminator, { seeds: 1, iterations: 2 });
});

test(`${flatGradients.name}: two cells, a few iterations`, async () => {
  // A G that is not trained before.
  await smoke(flatGradients, { seeds: 2, iterations: 2, methods: ["after 0"] });
});

test(`${criticGradients.name}: two cells, a few iterations`, async () => {
  await smoke(criticGradients, { seeds: 1, iterations: 2, methods: ["clipping", "penalty"] });
});

test(`${clipping.name}: two cells, a few iterations; spectral norm gives every layer a norm of 1`, async () => {
  const results = await smoke(clipping, {
    seeds: 1,
    iterations: 20,
    methods: ["ring-clipping", "ring-spectral"],
  });
  const [clipped, { singular }] = results as [{ atLimit: number }, { singular: number[] }];
  assert.ok(clipped.atLimit > 0.1);
  assert.ok(singular.every((value) => Math.abs(value - 1) < 0.2));
});

test(`${wganOptimizers.name}: two cells, a few iterations`, async () => {
  await smoke(wganOptimizers, { seeds: 1, iterations: 2 });
});

test("the share that a plane explains: all of a plane, none of a parabola, as closed forms", () => {
  const points = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y]));
  const share = (f: (x: number, y: number) => number) =>
    linearShare(
      points,
      points.map(([x = 0, y = 0]) => f(x, y)),
    );
  assert.ok(Math.abs(share((x, y) => 3 + 2 * x - y) - 1) < 1e-12);
  assert.ok(Math.abs(share((x) => x * x)) < 1e-12);
  // Variances of 2 and 1 on the two axes' values: x and x² are orthogonal here, 6 of 8 parts.
  assert.ok(Math.abs(share((x) => x + x * x) - 6 / 8) < 1e-12);
});
