import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import flatGradients from "./flat-gradients.js";
import optimalDiscriminator from "./optimal-discriminator.js";

test(`${optimalDiscriminator.name}: two cells, a few iterations`, async () => {
  await smoke(optimalDiscriminator, { seeds: 1, iterations: 2 });
});

test(`${flatGradients.name}: two cells, a few iterations`, async () => {
  // A G that is not trained before.
  await smoke(flatGradients, { seeds: 2, iterations: 2, methods: ["after 0"] });
});
