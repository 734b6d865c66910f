import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { TinyGame } from "../../testing/tinyGame.js";

setThreads(1);

test("half of the reals are mirrored, for every player, and the same ones in the whole of a step", async () => {
  const terms = { hinge: {}, reconstruction: {}, mirror: {} };
  using tiny = await TinyGame.create({ ...images, batch: 64, terms });
  scope(() => {
    const play = tiny.play([]);
    const { image } = play.judge("discriminator", "real").sample;
    assert.equal(play.stream("real").image, image);
    const plain = tiny.real.image.toList() as unknown as number[][];
    const flipped = tiny.real.image.flip([3]).toList() as unknown as number[][];
    const found = (image.toList() as unknown as number[][]).map((each, i) => {
      const same = JSON.stringify(each) === JSON.stringify(plain[i]);
      assert.ok(same || JSON.stringify(each) === JSON.stringify(flipped[i]));
      return same;
    });
    const share = found.filter(Boolean).length / 64;
    assert.ok(share > 0.25 && share < 0.75, String(share));
  });
});

test("points are refused", async () => {
  const terms = { hinge: {}, mirror: {} };
  await assert.rejects(
    TinyGame.create({ ...points, terms }),
    /mirror changes images, and this data is points/,
  );
});
