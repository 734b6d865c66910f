import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study from "./figure-9.js";

test(`${study.name}: two cells, a few iterations`, async () => {
  await smoke(study, { seeds: 1, iterations: 4 });
});
