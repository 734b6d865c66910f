import { test } from "node:test";
import { openCifar10 } from "../engine/cifar10.js";
import { smoke } from "../testing/smoke.js";
import figure2 from "./figure-2.js";
import figure3 from "./figure-3.js";
import figure5 from "./figure-5.js";

test(`${figure2.name}: two cells, a few iterations`, async () => {
  await smoke(figure2, { seeds: 1, iterations: 1 });
});

test(`${figure3.name}: two cells, a few iterations`, async (context) => {
  const dataset = await openCifar10("test", 80).catch(() => undefined);
  if (dataset === undefined) context.skip("CIFAR-10 is not on this machine");
  else await smoke(figure3, { seeds: 2, iterations: 2 });
});

test(`${figure5.name}: two cells, an iteration`, async () => {
  await smoke(figure5, { seeds: 1, iterations: 1 });
});
