import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { keep, setThreads, torch } from "@gantry/torch";
import { RunError, UsageError } from "../core/base/errors.js";
import type { Term } from "../core/game/term.js";
import {
  checkpointName,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpointFile,
  sweepCheckpoints,
} from "../core/run/checkpoints.js";
import { saveCheckpoint } from "../core/state/save.js";
import { temporaryFolder, tinyConfig } from "../testing/runs.js";
import { loadCheckpoint } from "./checkpoint.js";
import { Trainer } from "./trainer.js";

setThreads(1);
const folder = await temporaryFolder();
const config = await tinyConfig("gan", "");
const trainer = await Trainer.create(config);
for await (const _ of trainer.run(3));
const good = await saveCheckpoint(trainer, folder);

/** A copy of the good checkpoint, to be spoilt. */
let copies = 0;
async function copy(): Promise<string> {
  const path = join(folder, `copy-${copies++}`);
  await cp(good, path, { recursive: true });
  return path;
}

const weights = (each: Trainer) =>
  [...each.game.players.values()].flatMap(({ network }) =>
    network.parameters().flatMap((parameter) => parameter.toNumbers()),
  );

test("a checkpoint holds every player, optimizer and average, and reads back to the same", async () => {
  assert.deepEqual((await readdir(good)).sort(), [
    "discriminator.optimizer.safetensors",
    "discriminator.safetensors",
    "generator.average.safetensors",
    "generator.optimizer.safetensors",
    "generator.safetensors",
    "state.json",
  ]);
  const other = await Trainer.create({ ...config, seed: 9 });
  // Another seed, so that what is equal afterwards was loaded; the loader's is the checkpoint's.
  assert.notDeepEqual(weights(other), weights(trainer));
  await loadCheckpoint(other, good);
  assert.deepEqual(weights(other), weights(trainer));
  assert.deepEqual(other.state(), trainer.state());
  assert.equal(other.iteration, 3);
  const again = join(folder, "again");
  await mkdir(again);
  const saved = await saveCheckpoint(other, again);
  for (const name of await readdir(good))
    assert.deepEqual(await readFile(join(saved, name)), await readFile(join(good, name)), name);
  await other.close();
});

test("a flipped byte anywhere in any file is refused, naming the file, before anything is changed", async () => {
  const target = await Trainer.create({ ...config, seed: 9 });
  const before = weights(target);
  for (const name of await readdir(good)) {
    const whole = await readFile(join(good, name));
    const places = name === "state.json" ? [0, 1, 17, 90, whole.length - 1] : [0, 9, whole.length - 1];
    for (const place of [...places, ...[0.3, 0.5, 0.8].map((part) => Math.floor(part * whole.length))]) {
      const spoilt = await copy();
      const bytes = Uint8Array.from(whole);
      bytes[place] = (bytes[place] as number) ^ 0x10;
      await writeFile(join(spoilt, name), bytes);
      await assert.rejects(loadCheckpoint(target, spoilt), (error: Error) => {
        assert.ok(error instanceof RunError, `${name} at ${place}: ${error}`);
        assert.ok(error.message.startsWith(`${join(spoilt, name)}: `), error.message);
        assert.match(error.message, /damaged .*; use another checkpoint \(RUN@STEP\)$/);
        return true;
      });
      await rm(spoilt, { recursive: true });
    }
  }
  assert.deepEqual(weights(target), before);
  await target.close();
});

test("cut short, missing, no checkpoint, another format: each has its message", async () => {
  const target = await Trainer.create(config);
  const cut = await copy();
  const file = join(cut, "generator.safetensors");
  await writeFile(file, (await readFile(file)).subarray(0, 100));
  await assert.rejects(loadCheckpoint(target, cut), /generator\.safetensors: the file is damaged/);
  await rm(file);
  await assert.rejects(
    loadCheckpoint(target, cut),
    /generator\.safetensors: a file of the checkpoint is missing/,
  );
  await assert.rejects(
    loadCheckpoint(target, join(folder, "nowhere")),
    (error: Error) =>
      error instanceof UsageError && /not a checkpoint \(no state\.json\)/.test(error.message),
  );
  const text = await readFile(join(cut, "state.json"), "utf8");
  await writeFile(join(cut, "state.json"), text.slice(0, text.length / 2));
  await assert.rejects(loadCheckpoint(target, cut), /state\.json: the file is damaged/);
  await writeFile(join(cut, "state.json"), "");
  await assert.rejects(loadCheckpoint(target, cut), /state\.json: the file is damaged/);
  await target.close();
});

test("one file of a checkpoint can be read by itself, checked", async () => {
  const arrays = await readCheckpointFile(good, "generator.safetensors");
  assert.deepEqual(arrays?.get("body.0.weight")?.shape, [6, 2]);
  assert.equal(await readCheckpointFile(good, "encoder.safetensors"), undefined);
});

test("saving again at the same iteration replaces; names sort, and only whole checkpoints count", async () => {
  const place = join(folder, "several");
  await mkdir(place);
  await saveCheckpoint(trainer, place);
  await saveCheckpoint(trainer, place);
  assert.deepEqual(await readdir(place), ["step-000003"]);
  for (const iteration of [20, 100, 1_000_000])
    await rename(await saveCheckpoint(trainer, place), join(place, checkpointName(iteration)));
  await saveCheckpoint(trainer, place);
  await mkdir(join(place, ".writing-7-step-000004"));
  await mkdir(join(place, "step-12"));
  await mkdir(join(place, "step-000005.old"));
  assert.deepEqual(await listCheckpoints(place), [3, 20, 100, 1_000_000]);
  // Of whoever is writing it, for all that pruning knows.
  await pruneCheckpoints(place, 4);
  assert.ok((await readdir(place)).includes(".writing-7-step-000004"));
  await sweepCheckpoints(place);
  await pruneCheckpoints(place, 2, new Set([3]), 100);
  assert.deepEqual(await listCheckpoints(place), [3, 20, 100]);
  assert.deepEqual((await readdir(place)).sort(), [
    "step-000003",
    "step-000005.old",
    "step-000020",
    "step-000100",
    "step-12",
  ]);
  await pruneCheckpoints(place, 1);
  assert.deepEqual(await listCheckpoints(place), [100]);
  assert.deepEqual(await listCheckpoints(join(folder, "nowhere")), []);
});

test("terms' state is saved and comes back", async () => {
  const state = { tensor: torch.tensor([1, 2]), count: 3 };
  const term = (): Term => ({
    state: {
      save: () => ({ tensors: new Map([["kept", state.tensor]]), numbers: { count: state.count } }),
      load: ({ tensors, numbers }) => {
        state.tensor = keep(torch.tensor((tensors.get("kept") as typeof state.tensor).toNumbers()));
        state.count = numbers.count as number;
      },
    },
  });
  const withTerm = (each: Trainer): Trainer => {
    (each.game.terms as Map<string, Term>).set("counting", term());
    return each;
  };
  const place = join(folder, "terms");
  await mkdir(place);
  const one = withTerm(await Trainer.create(config));
  const saved = await saveCheckpoint(one, place);
  assert.ok((await readdir(saved)).includes("term.counting.safetensors"));
  state.tensor = torch.tensor([0, 0]);
  state.count = 0;
  await loadCheckpoint(one, saved);
  assert.deepEqual(state.tensor.toNumbers(), [1, 2]);
  assert.equal(state.count, 3);
  await assert.rejects(loadCheckpoint(withTerm(trainer), good), /has no term\.counting\.safetensors/);
  await one.close();
});
