import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study from "./example-1.js";

test(`${study.name}: two cells, a few iterations`, async () => {
  await smoke(study, { seeds: 1, iterations: 2 });
});
