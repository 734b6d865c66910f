import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomGenerator } from "@gantry/torch";
import { Prior } from "../nets/prior.js";
import { drawLatents, latentBlocks } from "./latents.js";

const prior = new Prior({ size: 2, distribution: "normal" });

test("blocks of latents are bounded, all different, the same again, and the first is what one draw gives", () => {
  const blocks = [...latentBlocks(prior, 20_000, 5, 1.5)];
  assert.deepEqual(
    blocks.map(({ length }) => length / 2),
    [8192, 8192, 3616],
  );
  assert.deepEqual(blocks[0], drawLatents(prior, 8192, new RandomGenerator(5, "cpu"), 1.5));
  assert.notDeepEqual(blocks[1], blocks[0]);
  assert.ok(blocks.every((block) => block.every((value) => Math.abs(value) <= 1.5)));
  assert.deepEqual([...latentBlocks(prior, 20_000, 5, 1.5)], blocks);
  assert.deepEqual(
    [...latentBlocks(prior, 7, 5, Number.POSITIVE_INFINITY)],
    [drawLatents(prior, 7, new RandomGenerator(5, "cpu"), Number.POSITIVE_INFINITY)],
  );
});
