import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import figure4 from "./figure-4.js";
import figure6 from "./figure-6.js";

test(`${figure4.name}: two cells, a few iterations`, async () => {
  await smoke(figure4, { seeds: 1, iterations: 3, methods: ["ring-equal", "ring-normalized"] });
});

test(`${figure6.name}: two cells, a few iterations`, async () => {
  await smoke(figure6, { seeds: 1, iterations: 2 });
});
