import assert from "node:assert/strict";
import { test } from "node:test";
import { lanczosResampler } from "./lanczos.js";
import { readNpz } from "./npy.js";
import { golden } from "./testing/helpers.js";

test("enlarging, shrinking, and both at once are Pillow's LANCZOS, to the bit", async () => {
  const arrays = await readNpz(golden("images.npz"));
  let compared = 0;
  for (const [name, { shape, data }] of arrays) {
    const [, source, height, width] = /^(noise|smooth)-(\d+)x(\d+)$/.exec(name) ?? [];
    if (source === undefined) continue;
    const from = arrays.get(source)!;
    const out = new Uint8Array(Number(height) * Number(width));
    lanczosResampler(from.shape[0]!, from.shape[1]!, Number(height), Number(width))(from.data, out);
    assert.deepEqual(shape, [Number(height), Number(width)]);
    assert.deepEqual(out, Uint8Array.from(data), name);
    compared++;
  }
  assert.equal(compared, 16);
});

test("a size that stays is left as it is, and flat stays flat", () => {
  const ramp = Uint8Array.from({ length: 63 }, (_, at) => 4 * at);
  const same = new Uint8Array(63);
  lanczosResampler(7, 9, 7, 9)(ramp, same);
  assert.deepEqual(same, ramp);
  for (const size of [1, 3, 16, 40]) {
    const out = new Uint8Array(size * size);
    lanczosResampler(8, 10, size, size)(new Uint8Array(80).fill(200), out);
    assert.ok(out.every((value) => value === 200));
  }
});
