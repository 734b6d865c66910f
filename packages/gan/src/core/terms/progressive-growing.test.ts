import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { images as dcganImages, points } from "../../testing/filledGame.js";
import { assertClose, patternTensor } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { Growth } from "../nets/growing.js";
import { faded, levelAt } from "./progressive-growing.js";

setThreads(1);

const net = {
  family: "stylegan",
  channels: 4,
  styleSize: 3,
  mappingLayers: 1,
  mixing: 0,
  prior: { size: 3 },
};
const growing = (terms: TinyOptions["terms"] = {}, over: object = {}): TinyOptions => ({
  net,
  data: { kind: "images", shape: [1, 16, 16], classes: undefined },
  terms: {
    "non-saturating": {},
    "progressive-growing": { initial: 4, stable: 40, fading: 80 },
    ...terms,
  },
  ...over,
});

const levels = (tiny: TinyGame) =>
  [...tiny.game.players.values()].map(({ name, network }) => {
    const [found] = network
      .namedModules()
      .flatMap(([, module]) => (module instanceof Growth ? [module] : []));
    const { halvings, share } = found!.now;
    return [name, halvings + share];
  });

test("the level: a size stays, the next fades in, and so on, as in a table worked out by hand", () => {
  const schedule = { most: 2, stable: 600, fading: 200 };
  const table = [
    [0, 2],
    [599, 2],
    [600, 2],
    [650, 1.75],
    [799, 2 - 199 / 200],
    [800, 1],
    [1399, 1],
    [1500, 0.5],
    [1600, 0],
    [99_999, 0],
  ] as const;
  for (const [images, level] of table)
    assertClose([levelAt(images, schedule)], [level], 1e-12, `${images} images`);
  assert.equal(levelAt(0, { most: 3, stable: 0, fading: 0 }), 0, "no growing at all");
  assert.equal(levelAt(10, { most: 3, stable: 10, fading: 0 }), 2, "no fading: steps");
});

test("reals lose what is finer than the level: means of blocks, and a share of the next larger ones", () =>
  scope(() => {
    const image = patternTensor("image", [2, 3, 8, 8], 2);
    const values = image.toNumbers();
    /** The mean of the block of this side that a place lies in. */
    const block = (side: number, i: number) => {
      const [plane, y, x] = [Math.floor(i / 64) * 64, Math.floor((i % 64) / 8), i % 8];
      const [top, left] = [y - (y % side), x - (x % side)];
      let sum = 0;
      for (let dy = 0; dy < side; dy++)
        for (let dx = 0; dx < side; dx++) sum += values[plane + 8 * (top + dy) + left + dx]!;
      return sum / side ** 2;
    };
    for (const [level, fine, coarse, share] of [
      [0, 1, 2, 0],
      [0.25, 1, 2, 0.25],
      [1, 2, 4, 0],
      [1.5, 2, 4, 0.5],
    ] as const) {
      const expected = values.map((_, i) => block(fine, i) + share * (block(coarse, i) - block(fine, i)));
      assertClose(faded({ image }, level).image.toNumbers(), expected, 1e-13, `level ${level}`);
    }
  }));

test("all networks stand at the level of the images seen, in D's step and in G's of an iteration", async () => {
  using tiny = await TinyGame.create(growing({ reconstruction: {} }));
  const at = (iteration: number, images: number, phase: string) =>
    scope(() => tiny.step(phase, { iteration, images }).get("growth/level"));
  assert.equal(at(0, 0, "discriminator"), 2);
  assert.equal(at(0, 4, "generator"), 2);
  assert.equal(at(1, 60, "discriminator"), 1.75);
  assert.equal(at(1, 64, "generator"), 1.75, "an iteration has one level");
  assert.deepEqual(
    levels(tiny),
    ["generator", "discriminator", "encoder"].map((name) => [name, 1.75]),
  );
  const [real, whole] = scope(() => {
    const play = tiny.play(["discriminator"], { iteration: 1 });
    return [play.stream("real").image.toNumbers(), tiny.real.image.toNumbers()];
  });
  assert.notDeepEqual(real, whole);
  assert.equal(at(2, 10_000, "discriminator"), 0);
});

test("optimizers begin anew when a size begins and when it ends to fade in, and not between", async () => {
  const reset = async (options: object) => {
    using tiny = await TinyGame.create(
      growing({ "progressive-growing": { initial: 4, stable: 40, fading: 80, ...options } }),
    );
    const { optimizer } = tiny.game.player("discriminator");
    const found: number[] = [];
    for (const [iteration, images] of [0, 36, 44, 100, 120, 130, 170].entries()) {
      scope(() => tiny.step("discriminator", { iteration, images, logging: false }));
      const steps = Object.entries(optimizer.stateDict().numbers).flatMap(([key, value]) =>
        key.startsWith("step.") ? [value] : [],
      );
      found.push(Math.max(...steps));
    }
    return found;
  };
  assert.deepEqual(await reset({}), [1, 2, 1, 2, 1, 2, 1]);
  assert.deepEqual(await reset({ resetMoments: false }), [1, 2, 3, 4, 5, 6, 7]);
});

test("a game that goes on from a saved state resets no moments that the first would not", async () => {
  using one = await TinyGame.create(growing());
  using other = await TinyGame.create(growing());
  const step = (tiny: TinyGame, iteration: number, images: number) =>
    scope(() => tiny.step("discriminator", { iteration, images, logging: false }));
  step(one, 0, 44);
  scope(() => {
    for (const { name, network, optimizer } of one.game.players.values()) {
      other.game.network(name).loadStateDict(network.stateDict());
      other.game.player(name).optimizer.loadStateDict(optimizer.stateDict());
    }
    const { state } = one.game.terms.get("progressive-growing")!;
    other.game.terms.get("progressive-growing")!.state!.load(state!.save());
  });
  for (const tiny of [one, other]) step(tiny, 1, 48);
  assert.deepEqual(other.weights(), one.weights());
  for (const tiny of [one, other]) step(tiny, 2, 130);
  assert.deepEqual(other.weights(), one.weights());
});

for (const [what, terms, over] of [
  ["with R1", { r1: {} }, {}],
  [
    "with labels",
    { r1: {} },
    { conditional: true, data: { kind: "images", shape: [1, 16, 16], classes: 3 } },
  ],
  ["in packs", { packing: {} }, {}],
] as const)
  test(`while half grown, ${what}: gradients of D match finite differences`, async () => {
    using tiny = await TinyGame.create(growing(terms, over));
    tiny.game.network("generator").eval();
    scope(() => tiny.step("discriminator", { images: 90, logging: false }));
    // Plays are of iteration 0 here as well, so that the level stays.
    checkLossGradient(tiny, ["discriminator"], { perParameter: 2, step: 1e-6, tolerance: 1e-5 });
  });

test("what does not grow is refused, and says why", async () => {
  const refused = (options: TinyOptions, reason: RegExp) =>
    assert.rejects(
      TinyGame.create(options),
      (error) => error instanceof UsageError && reason.test(error.message) && !error.message.includes("\n"),
    );
  const terms = { "non-saturating": {}, "progressive-growing": {} };
  await refused({ ...points, terms }, /points have no size to grow to/);
  await refused({ ...dcganImages, terms }, /the generator does not grow; set net\.family=stylegan/);
  await refused(growing({ "progressive-growing": { initial: 32 } }), /the data's have 16; set .*initial=8/);
  await refused(growing({ "progressive-growing": { initial: 6 } }), /a power of two/);
});
