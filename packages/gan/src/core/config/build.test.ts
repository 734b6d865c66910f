import assert from "node:assert/strict";
import { after, test } from "node:test";
import { getThreads, machine } from "@gantry/torch";
import { temporaryFolder, tinyConfig, writeImages } from "../../testing/runs.js";
import { Trainer } from "../../train/trainer.js";
import type { JsonObject } from "../base/json.js";

const images = await writeImages(await temporaryFolder());
const wished = process.env.OMP_NUM_THREADS;
after(() => {
  if (wished === undefined) delete process.env.OMP_NUM_THREADS;
  else process.env.OMP_NUM_THREADS = wished;
});

async function trained(recipe: string, ...settings: JsonObject[]): Promise<number[]> {
  const trainer = await Trainer.create(await tinyConfig(recipe, images, { steps: 2 }, ...settings));
  for await (const _ of trainer.run());
  const weights = trainer.game.network("discriminator").parameters();
  const numbers = weights.flatMap((weight) => weight.toNumbers());
  await trainer.close();
  return numbers;
}

test("what `plain` names is computed as it is written: to rounding the same, and not to the bit", async () => {
  const small = { threads: 1, data: { size: 32 }, net: { channels: 4 } };
  const plain = { plain: ["pooled-convolution"] };
  const [rewritten, written, again] = [
    await trained("sngan", small),
    await trained("sngan", small, plain),
    await trained("sngan", small),
  ];
  assert.deepEqual(again, rewritten);
  assert.notDeepEqual(written, rewritten);
});

test("threads: the configuration's, else OMP_NUM_THREADS where it is a number above 0, else one for points and the machine's for images", async () => {
  for (const [environment, recipe, configured, expected] of [
    ["3", "gan", null, 3],
    ["3", "dcgan", null, 3],
    ["3", "gan", 2, 2],
    ["0", "gan", null, 1],
    ["many", "gan", null, 1],
    ["0", "dcgan", null, machine().threads],
    ["", "dcgan", null, machine().threads],
  ] as const) {
    process.env.OMP_NUM_THREADS = environment;
    const trainer = await Trainer.create(await tinyConfig(recipe, images, { threads: configured }));
    assert.equal(getThreads(), expected, `OMP_NUM_THREADS=${environment}, ${recipe}, threads=${configured}`);
    await trainer.close();
  }
});
