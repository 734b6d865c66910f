import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import arithmetic from "./arithmetic.js";
import styleMixing from "./style-mixing.js";
import truncation from "./truncation.js";

test(`${arithmetic.name}: two cells, a few iterations`, async () => {
  await smoke(arithmetic, { seeds: 2, iterations: 2 });
});

test(`${truncation.name}: two cells, a few iterations`, async () => {
  await smoke(truncation, { seeds: 1, iterations: 2 });
});

test(`${styleMixing.name}: two cells, a few iterations`, async () => {
  await smoke(styleMixing, { seeds: 2, iterations: 2 });
});
