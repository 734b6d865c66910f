import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import figure1 from "./figure-1.js";
import figure5 from "./figure-5.js";

test(`${figure1.name}: two cells, a few iterations`, async () => {
  await smoke(figure1, { seeds: 2, iterations: 2 });
});

test(`${figure5.name}: two cells, a few iterations`, async () => {
  await smoke(figure5, { seeds: 1, iterations: 2 });
});
