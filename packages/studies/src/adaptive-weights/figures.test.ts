import { test } from "node:test";
import { openCifar10 } from "../engine/cifar10.js";
import { smoke } from "../testing/smoke.js";
import figure4 from "./figure-4.js";
import figure5 from "./figure-5.js";
import figure6 from "./figure-6.js";
import thresholds from "./thresholds.js";

test(`${figure4.name}: two cells, a few iterations`, async () => {
  await smoke(figure4, { seeds: 1, iterations: 3, methods: ["ring-equal", "ring-normalized"] });
});

test(`${figure5.name}: two cells, a few iterations`, async (context) => {
  const dataset = await openCifar10("train", 600).catch(() => undefined);
  if (dataset === undefined) context.skip("CIFAR-10 is not on this machine");
  else await smoke(figure5, { seeds: 2, iterations: 2 });
});

test(`${figure6.name}: two cells, a few iterations`, async () => {
  await smoke(figure6, { seeds: 1, iterations: 2 });
});

test(`${thresholds.name}: two cells, a few iterations`, async () => {
  await smoke(thresholds, { seeds: 1, iterations: 2 });
});
