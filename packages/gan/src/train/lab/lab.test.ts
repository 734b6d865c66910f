import assert from "node:assert/strict";
import { test } from "node:test";
import { noGrad, setThreads, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import type { Discriminator, Generator } from "../../core/nets/contract.js";
import { listCheckpoints } from "../../core/run/checkpoints.js";
import { RunDirectory } from "../../core/run/directory.js";
import { outcome } from "../../testing/killing.js";
import { finish, temporaryFolder, tinyConfig } from "../../testing/runs.js";
import { startRun } from "../train.js";
import { Trainer } from "../trainer.js";
import { LabEye } from "./frame.js";
import { Lab } from "./lab.js";
import type { LabMessage } from "./protocol.js";
import { pointRecipes } from "./recipes.js";
import { LabSession } from "./session.js";

setThreads(1);
const folder = await temporaryFolder();
const near = (actual: readonly number[], expected: readonly number[], tolerance: number, what: string) => {
  assert.equal(actual.length, expected.length, what);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) <= tolerance, `${what} ${i}: ${actual[i]} for ${value}`);
};

for (const packs of [1, 2])
  test(`D's surface, its slopes and G's lattice are what the networks say, packs of ${packs}`, async () => {
    const terms = { packing: { degree: packs } };
    const trainer = await Trainer.create(await tinyConfig("gan", "", { terms, average: null }));
    for await (const _ of trainer.run(3));
    const eye = new LabEye(trainer, { fakes: 12, arrows: 5, surface: 4, manifold: 3 });
    const { surface, fakes, arrows, manifold, boundary, iteration } = eye.frame();
    assert.deepEqual([iteration, boundary, surface!.side, manifold.side], [3, 0, 4, 3]);
    const d = trainer.game.network<Discriminator>("discriminator");
    /** D of one point, as often as a pack has. */
    const score = (x: number, y: number) =>
      noGrad(() => {
        const image = torch.tensor([Array(packs).fill([x, y]).flat()]);
        return d.score(d.features({ image }), { image }).item() as number;
      });
    const { from, to } = surface!;
    const at = (i: number, axis: 0 | 1) => from[axis] + ((to[axis] - from[axis]) * i) / 3;
    const expected = Array.from({ length: 16 }, (_, i) => score(at(i % 4, 0), at(Math.floor(i / 4), 1)));
    near(surface!.scores, expected, 1e-5, "surface");
    const h = 5e-4;
    const slopes = Array.from({ length: 5 }, (_, i) => {
      const [x, y] = [fakes[2 * i]!, fakes[2 * i + 1]!];
      return [(score(x + h, y) - score(x - h, y)) / (2 * h), (score(x, y + h) - score(x, y - h)) / (2 * h)];
    }).flat();
    near(arrows, slopes, 2e-3, "slope");
    const g = trainer.game.network<Generator>("generator");
    const latents = [-2, 0, 2].flatMap((y) => [-2, 0, 2].map((x) => [x, y]));
    g.train(false);
    near(
      manifold.points,
      [...(noGrad(() => g.forward(torch.tensor(latents))).toTypedArray() as Float32Array)],
      1e-6,
      "G",
    );
    // The data is a ring of radius 1 and stays inside.
    assert.ok(from[0] < -1 && to[1] > 1 && eye.reals(50).length === 100);
    eye.close();
    await trainer.close();
  });

test("looking changes nothing, and a step of one player changes no other", async () => {
  const config = await tinyConfig("gan", "");
  const [alone, watched] = [`${folder}/alone`, `${folder}/watched`];
  await finish(await startRun(config, alone));
  const run = await startRun(config, watched);
  const eye = new LabEye(run.trainer);
  for await (const _ of run.reports()) eye.frame();
  eye.close();
  await run.trainer.close();
  assert.deepEqual(await outcome(watched), await outcome(alone));

  const trainer = await Trainer.create(config);
  const weights = (player: string) =>
    trainer.game
      .network(player)
      .parameters()
      .map((parameter) => parameter.toNumbers());
  const [d, g] = [weights("discriminator"), weights("generator")];
  const losses = await trainer.stepPhase("discriminator");
  assert.ok(Number.isFinite(losses["discriminator/non-saturating"]));
  assert.notDeepEqual(weights("discriminator"), d);
  assert.deepEqual(weights("generator"), g);
  const after = weights("discriminator");
  await trainer.stepPhase("generator");
  assert.notDeepEqual(weights("generator"), g);
  assert.deepEqual(weights("discriminator"), after);
  assert.equal(trainer.iteration, 0);
  await assert.rejects(
    trainer.stepPhase("encoder"),
    /no phase 'encoder'; an iteration has discriminator, generator/,
  );
  await trainer.close();
});

const heard = (): { messages: LabMessage[]; hear: (message: LabMessage) => void } => {
  const messages: LabMessage[] = [];
  return { messages, hear: (message) => void messages.push(message) };
};
const set = [
  "net.generatorHidden=[6]",
  "net.discriminatorHidden=[6]",
  "data.count=200",
  "batch=16",
  "steps=40",
  "threads=1",
];

test("a session is a run: played, stopped, gone on with under other settings", async () => {
  const out = `${folder}/session`;
  const { messages, hear } = heard();
  const session = await LabSession.open({ kind: "train", recipe: "gan", out, set }, hear);
  await session.do({ do: "iterate", count: 5 });
  await session.do({ do: "step", phase: "generator" });
  await session.do({ do: "step", phase: "nobody" });
  await session.do({ do: "close" });
  const [opened] = messages;
  assert.ok(
    opened?.say === "opened" &&
      opened.modes.length === 8 &&
      opened.phases.join() === "discriminator,generator",
  );
  const frames = messages.filter((message) => message.say === "frame");
  assert.ok(frames.filter(({ frame }) => frame.iteration === 5).length === 2);
  assert.ok(messages.some((message) => message.say === "error" && /no phase 'nobody'/.test(message.message)));
  const last = messages.at(-1)!;
  assert.ok(last.say === "ended" && last.iteration >= 5);
  const directory = await RunDirectory.open(out);
  assert.deepEqual(await listCheckpoints(directory.checkpoints), [last.iteration]);

  const on = await LabSession.open(
    {
      kind: "fork",
      run: out,
      out: `${folder}/packed`,
      with: ["packing:degree=2"],
      set: [`steps=${last.iteration + 2}`],
    },
    hear,
  );
  await on.do({ do: "iterate", count: 9 });
  assert.equal(on.frame().iteration, last.iteration + 2);
  // All is done: more has to be asked for otherwise.
  await on.do({ do: "iterate", count: 1 });
  assert.ok(
    messages.some((message) => message.say === "error" && /iterations are done/.test(message.message)),
  );
  await on.do({ do: "close" });
  assert.equal(await (await RunDirectory.open(`${folder}/packed`)).status(), "done");
});

test("in a process of its own; what is no lab is refused in a line", async () => {
  const { messages, hear } = heard();
  const out = `${folder}/child`;
  await new Promise<void>((shown) => {
    const lab = new Lab({ kind: "train", recipe: "gan", out, set }, (message) => {
      hear(message);
      if (message.say === "frame" && message.frame.iteration === 2) shown(lab.close());
    });
    lab.do({ do: "iterate", count: 2 });
  });
  assert.deepEqual(messages.at(-1), { say: "ended", iteration: 2 });
  const refused = heard();
  const wrong = new Lab({ kind: "train", recipe: "gna", out: `${folder}/wrong` }, refused.hear);
  await wrong.ended;
  assert.match(JSON.stringify(refused.messages), /unknown recipe 'gna'/);
  await assert.rejects(
    LabSession.open(
      {
        kind: "train",
        recipe: "gan-mnist",
        preset: "small",
        out: `${folder}/images`,
        set: ["threads=1"],
      },
      hear,
    ),
    (error) => error instanceof UsageError && /the lab shows points/.test(error.message),
  );
});

test("recipes on points, each with the preset that is small", async () => {
  const found = new Map((await pointRecipes()).map(({ name, preset }) => [name, preset]));
  assert.equal(found.get("gan"), "small");
  assert.equal(found.get("r3gan"), "ring");
  assert.ok(found.has("unrolled") && !found.has("dcgan"));
});
