import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors } from "@gantry/torch";
import { nearestOf } from "./nearest.js";

test("the nearest image and how far it is, by hand; nothing is left in memory", () => {
  const before = liveTensors().count;
  const known = Float32Array.of(0, 0, 3, 4, -1, 1);
  const { distances, places } = nearestOf(Float32Array.of(0, 5, -1, 1, 1, 0), known, 2);
  assert.deepEqual(places, [1, 2, 0]);
  for (const [i, wished] of [Math.sqrt(10), 0, 1].entries())
    assert.ok(Math.abs(distances[i]! - wished) < 1e-5, String(distances[i]));
  assert.equal(liveTensors().count, before);
});
