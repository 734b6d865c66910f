import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { defaultGenerator, liveTensors, scope, setThreads, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import { temporaryFolder } from "../../testing/runs.js";
import contrastive, { contrastiveAccuracies } from "./contrastive.js";
import { type ImageSource, memoryImages } from "./images.js";
import type { Samples } from "./metric.js";

setThreads(1);

for (const rivals of ["all", "others"] as const)
  test(`the accuracy by its definition, rivals ${rivals}, on random scores; ties are not solved`, () => {
    const random = new Random(3);
    const [count, side] = [4, 3];
    const values = Array.from({ length: count * count * side * side }, () => random.gaussian());
    const at = (i: number, a: number, p: number) => values[(i * count + a) * side * side + p]!;
    const solved = [0, 0, 0, 0];
    for (let a = 0; a < count; a++)
      for (let p = 0; p < side * side; p++) {
        let best = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < count; i++)
          for (let q = 0; q < side * side; q++)
            if (rivals === "all" ? i !== a || q !== p : i !== a) best = Math.max(best, at(i, a, q));
        if (at(a, a, p) > best) solved[a]!++;
      }
    const scores = torch.tensor(values, { shape: [count, count, side, side] });
    assert.ok(new Set(solved).size > 1, solved.join());
    if (rivals === "all") assert.ok(Math.max(...solved) === 1, "one place of an image at most");
    for (const [image, accuracy] of contrastiveAccuracies(scores, rivals).entries())
      assert.ok(Math.abs(accuracy - solved[image]! / (side * side)) < 1e-6);
    assert.deepEqual(
      scope(() => contrastiveAccuracies(torch.ones([3, 3, 2, 2]), rivals)),
      [0, 0, 0],
    );
    scores.dispose();
  });

/** 24 images of one grey each with a little noise of every pixel's own; the last `equal` are all the same image. */
function greys(name: string, equal: number): ImageSource {
  const random = new Random(7);
  const data = Uint8Array.from({ length: 24 * 784 }, (_, i) => 10 * Math.floor(i / 784) + random.integer(4));
  const last = data.slice(-784);
  for (let image = 24 - equal; image < 24; image++) data.set(last, image * 784);
  return memoryImages(name, data, [1, 28, 28], name);
}

const samples = (source: ImageSource): Samples => ({
  count: source.count,
  network: undefined,
  conventions: { quantisation: "none" },
  images: () => source,
  features: () => Promise.reject(new Error("not asked for")),
  logits: () => Promise.reject(new Error("not asked for")),
  moments: () => Promise.reject(new Error("not asked for")),
});

test("the more images are equal, the less is solved; the network is kept, and made again when damaged", async () => {
  const home = await temporaryFolder();
  const real = samples(greys("real", 0));
  const options = contrastive.options.parse({ steps: 60, batch: 8, rivals: "others" });
  const [live, state] = [liveTensors().count, defaultGenerator("cpu").getState()];
  const notices: string[] = [];
  const measure = async (equal: number) => {
    let steps = 0;
    const [score] = await contrastive.score(
      options,
      { fake: samples(greys(`${equal} equal`, equal)), real },
      { home, onNotice: (notice) => void notices.push(notice), onProgress: () => steps++ },
    );
    return { score: score!, steps };
  };
  const different = await measure(0);
  const half = await measure(12);
  const all = await measure(24);
  assert.equal(all.score.value, 0);
  assert.ok(
    different.score.value > half.score.value + 0.05 && half.score.value > 0.05,
    `${different.score.value} and ${half.score.value}`,
  );
  assert.equal(different.score.better, "higher");
  assert.deepEqual(different.score.samples, { fake: 24, real: 24 });
  assert.ok(Math.abs(different.score.detail!.real![0]! - different.score.value) < 1e-12, "the same images");
  assert.deepEqual([different.steps, half.steps, all.steps], [66, 6, 6], "trained once");

  const folder = join(home, "cache", "contrastive");
  const [file] = await readdir(folder);
  const bytes = await readFile(join(folder, file!));
  bytes[bytes.length - 100]! ^= 1;
  await writeFile(join(folder, file!), bytes);
  const again = await measure(0);
  assert.match(notices.join(), /checksum is wrong; training the network again/);
  assert.deepEqual(again, different, "the same seed, the same score");
  assert.deepEqual(defaultGenerator("cpu").getState(), state, "the default generator is left alone");
  assert.equal(liveTensors().count, live);
});

test("with an image's own places as rivals, different images are told apart, and equal ones not at all", async () => {
  const real = samples(greys("real", 0));
  const options = contrastive.options.parse({ steps: 60, batch: 8 });
  const measure = async (equal: number) => {
    const [score] = await contrastive.score(options, { fake: samples(greys(`${equal}`, equal)), real }, {});
    return score!;
  };
  const [different, all] = [await measure(0), await measure(24)];
  // A map of 14 by 14 places, of which one can win.
  assert.ok(different.value > 0.2 / 196 && different.value <= 1 / 196, `${different.value}`);
  assert.equal(all.value, 0);
  assert.equal(different.conventions?.rivals, "all other places");
});

test("what is bound to fail is refused before the long work", async () => {
  const options = contrastive.options.parse({});
  const few = { fake: 20, real: 100, test: undefined, shape: [1, 28, 28] };
  await assert.rejects(async () => contrastive.check?.(options, few), {
    name: "UsageError",
    message:
      /a batch of 64 needs as many images of each kind, and there are 20: give contrastive:batch=20 or fewer/,
  });
  const odd = { fake: 100, real: 100, test: undefined, shape: [3, 17, 17] };
  await assert.rejects(async () => contrastive.check?.(options, odd), UsageError);
  assert.throws(() => contrastive.options.parse({ batch: 1 }), /batch/);
});
