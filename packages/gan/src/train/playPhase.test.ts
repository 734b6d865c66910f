import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import { resolveConfig } from "../core/config/config.js";
import { Trainer } from "./trainer.js";

setThreads(1);

test("a step of one phase alone moves its player and no other, and counts no iteration", async () => {
  const data = { data: { name: "ring", count: 1000 }, batch: 16 };
  const config = await resolveConfig({ recipe: "gan", preset: "small", settings: [data] });
  const trainer = await Trainer.create(config);
  try {
    const weights = (player: string) =>
      trainer.game
        .player(player)
        .network.parameters()
        .map((parameter) => parameter.toNumbers().join());
    const before = [weights("discriminator"), weights("generator")];
    await trainer.playPhase("discriminator");
    const after = [weights("discriminator"), weights("generator")];
    assert.notDeepEqual(after[0], before[0]);
    assert.deepEqual(after[1], before[1]);
    await trainer.playPhase("generator");
    assert.deepEqual(weights("discriminator"), after[0]);
    assert.notDeepEqual(weights("generator"), after[1]);
    assert.equal(trainer.iteration, 0);
    await assert.rejects(trainer.playPhase("critic"), UsageError);
  } finally {
    await trainer.close();
  }
});
