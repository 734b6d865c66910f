import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { buildGame } from "../../core/config/build.js";
import { validateConfig } from "../../core/config/config.js";
import type { Game } from "../../core/game/game.js";
import { type Discriminator, ScoreHead } from "../../core/nets/contract.js";
import { terms } from "../../core/terms/registry.js";
import { checkExport } from "../../testing/onnxChecks.js";

setThreads(1);

/** What a term may need beside itself. */
const COMPANY = [{ "non-saturating": {} }, {}];

/** A small game with this term; undefined where it refuses images, or classes. */
async function gameWith(term: string): Promise<Game | undefined> {
  for (const company of COMPANY)
    for (const conditional of [false, true])
      try {
        const config = await validateConfig({
          recipe: "test",
          data: {},
          net: { family: "resnet", channels: 4, prior: { size: 8 } },
          conditional,
          terms: { ...company, [term]: {} },
          optimizers: { default: { kind: "adam" } },
          batch: 16,
          threads: 1,
        });
        return await buildGame(config, { kind: "images", shape: [3, 32, 32], classes: 3 });
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
  return undefined;
}

const found: string[] = [];
const everyTerm = await terms.all();

for (const name of everyTerm.keys()) {
  const game = await gameWith(name);
  const discriminator = game?.players.get("discriminator")?.network as Discriminator | undefined;
  if (game === undefined || discriminator === undefined || discriminator.heads.size === 0) {
    game?.dispose();
    continue;
  }
  found.push(name);
  test(`the head of ${name}`, async () => {
    const { classes } = game.network<import("../../core/nets/contract.js").Generator>("generator");
    const outputs = await checkExport(discriminator, { latentSize: 0, classes }, name);
    const others = [...discriminator.heads].filter(([, head]) => !(head instanceof ScoreHead));
    assert.deepEqual(outputs, ["scores", ...others.map(([head]) => `heads.${head}`)]);
    game.dispose();
  });
}

test("there are heads", () => {
  for (const name of ["rotation", "infomax", "minibatch-discrimination", "mutual-information"])
    assert.ok(found.includes(name), `${name} is not among ${found}`);
});
