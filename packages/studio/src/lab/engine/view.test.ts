import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Run, resolveConfig, startRun } from "@gantry/gan";
import { liveTensors, setThreads } from "@gantry/torch";
import { madeFolder } from "../../testing/runs.js";
import { inside, square, viewOf } from "./view.js";

setThreads(1);
const { folder, remove } = madeFolder();
after(remove);

/** A small training, and its iterations one by one. */
async function begun(name: string, recipe = "gan"): Promise<{ run: Run; next: () => Promise<unknown> }> {
  const settings = [{ data: { name: "ring", count: 2000 }, batch: 16, steps: 50 }];
  const run = await startRun(await resolveConfig({ recipe, preset: "small", settings }), join(folder, name));
  const reports = run.reports()[Symbol.asyncIterator]();
  return { run, next: () => reports.next() };
}

const weights = ({ trainer }: Run) =>
  [...trainer.game.players.values()].map(({ network }) =>
    network.parameters().map((parameter) => parameter.toNumbers().join()),
  );

test("a look at a game changes nothing, to the bit, and keeps nothing", async () => {
  const [seen, unseen] = [await begun("seen"), await begun("unseen")];
  viewOf(seen.run.trainer);
  for (let i = 0; i < 3; i++) {
    await Promise.all([seen.next(), unseen.next()]);
    const before = liveTensors();
    viewOf(seen.run.trainer);
    assert.deepEqual(liveTensors(), before);
  }
  assert.deepEqual(weights(seen.run), weights(unseen.run));
  for (const { run } of [seen, unseen]) await run.trainer.close();
});

test("what is seen: data, samples, D's surface and slopes, G's grid, modes", async () => {
  const { run, next } = await begun("shown");
  await next();
  const { reach, real, fake, surface, manifold, arrows, modes, phases } = viewOf(run.trainer);
  assert.deepEqual(phases, ["discriminator", "generator"]);
  assert.ok(reach > 1 && reach < 2);
  assert.deepEqual([real.length, fake.length, surface?.length, manifold?.length], [800, 800, 1024, 450]);
  // Each of the eight modes: on the circle, three deviations wide.
  for (let i = 0; i < modes.length; i += 4) {
    assert.ok(Math.abs(Math.hypot(modes[i]!, modes[i + 1]!) - 1) < 1e-3);
    assert.equal(modes[i + 3], inside(fake, modes[i]!, modes[i + 1]!, modes[i + 2]!));
  }
  // D is made of rectifiers: between neighbours of the surface its slope is that of an arrow close by, roughly.
  const [, , dx = 0, dy = 0] = arrows!;
  assert.ok(Number.isFinite(dx) && Number.isFinite(dy) && Math.hypot(dx, dy) > 0);
  const place = (x: number) => Math.min(30, Math.max(0, Math.floor(((x / reach + 1) / 2) * 31)));
  const [column, row] = [place(arrows![0]!), place(arrows![1]!)];
  const step = (2 * reach) / 31;
  const slope = (surface![row * 32 + column + 1]! - surface![row * 32 + column]!) / step;
  assert.ok(Math.abs(slope - dx) < 0.2 * Math.hypot(dx, dy) + 0.02, `${slope} and ${dx}`);
  await run.trainer.close();
});

test("a square of points, rows from below", () => {
  assert.deepEqual([...square(2, 1)], [-1, -1, 1, -1, -1, 1, 1, 1]);
  assert.equal(inside([0, 0, 1, 1, 0.1, 0], 0, 0, 0.2), 2);
});
