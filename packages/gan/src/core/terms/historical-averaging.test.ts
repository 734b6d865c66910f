import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope, setThreads } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";

setThreads(1);

const terms = { "non-saturating": {}, "historical-averaging": { weight: 0.3 } };
const game = (over: object = {}) =>
  TinyGame.create({ ...points, terms: { ...terms, ...over }, optimizers: { default: { kind: "sgd" } } });
const valuesOf = (tiny: TinyGame, player: string) =>
  tiny.parameters(player).flatMap((parameter) => parameter.toNumbers());

test("the loss is the squared distance to the mean of all values before an update, player by player", async () => {
  using tiny = await game();
  const history: Record<string, number[][]> = { discriminator: [], generator: [] };
  for (let i = 0; i < 4; i++)
    for (const [player, past] of Object.entries(history)) {
      past.push(valuesOf(tiny, player));
      const now = past.at(-1)!;
      const mean = now.map((_, j) => past.reduce((sum, values) => sum + values[j]!, 0) / past.length);
      const distance = now.reduce((sum, value, j) => sum + (value - mean[j]!) ** 2, 0);
      const found = tiny.step(player, { seed: i }).get(`${player}/historical-averaging`);
      assertClose([found!], [0.3 * distance], 1e-12, `${player}, update ${i}`);
      assert.equal(found === 0, i === 0);
    }
});

test("its gradient holds the average constant: finite differences, with batch norm too", async () => {
  for (const setting of [points, images]) {
    using tiny = await TinyGame.create({ ...setting, terms });
    tiny.iterate(2);
    for (const player of ["discriminator", "generator"])
      checkLossGradient(tiny, [player], { perParameter: 1 });
  }
});

test("who is not held, or by nothing, plays the plain game to the bit", async () => {
  const run = async (options: object) => {
    using tiny = await TinyGame.create({
      ...points,
      terms: { "non-saturating": {}, "historical-averaging": { ...options } },
    });
    tiny.step("discriminator", { seed: 1001 });
    tiny.step("discriminator", { seed: 1002 });
    return tiny.weights("discriminator");
  };
  using alone = await TinyGame.create({ ...points, terms: { "non-saturating": {} } });
  alone.step("discriminator", { seed: 1001 });
  alone.step("discriminator", { seed: 1002 });
  assert.deepEqual(await run({ weight: 0 }), alone.weights("discriminator"));
  assert.deepEqual(await run({ weight: 9, players: ["generator"] }), alone.weights("discriminator"));
  assert.notDeepEqual(await run({ weight: 9 }), alone.weights("discriminator"));
});

test("what it keeps is freed with the game", async () => {
  const before = liveTensors().count;
  const tiny = await game();
  tiny.iterate(2);
  const during = liveTensors().count;
  tiny.iterate(2);
  assert.equal(liveTensors().count, during);
  tiny.dispose();
  assert.equal(liveTensors().count, before);
});

test("a player that there is not is refused by name", async () => {
  await assert.rejects(
    game({ "historical-averaging": { players: ["generater"] } }),
    (error) =>
      error instanceof UsageError && /no player 'generater'.*did you mean.*generator/.test(error.message),
  );
});

test("what it keeps goes on in another game; by weight 0 it keeps nothing", async () => {
  using tiny = await game();
  tiny.iterate(3);
  using other = await game();
  const state = tiny.game.terms.get("historical-averaging")?.state;
  const saved = state?.save();
  assert.deepEqual(saved?.numbers, { discriminator: 4, generator: 4 });
  for (const player of ["generator", "discriminator"])
    other.game.network(player).loadStateDict(tiny.game.network(player).stateDict());
  other.game.terms.get("historical-averaging")?.state?.load(saved!);
  const losses = (which: TinyGame) => ["discriminator", "generator"].map((player) => which.lossOf([player]));
  assert.deepEqual(losses(other), losses(tiny));
  // And with the next update they still are the same: the count is kept too.
  for (const each of [tiny, other])
    scope(() => {
      const play = each.play(["generator"]);
      each.game.terms.get("historical-averaging")?.afterUpdate?.("generator", play);
    });
  assert.deepEqual(
    other.game.terms.get("historical-averaging")?.state?.save().numbers,
    state?.save().numbers,
  );
  assert.deepEqual(losses(other), losses(tiny));
  using none = await game({ "historical-averaging": { weight: 0 } });
  none.iterate(1);
  assert.equal(none.game.terms.get("historical-averaging")?.state?.save().tensors.size, 0);
});
