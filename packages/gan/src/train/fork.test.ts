// Runs that go on with other terms, other networks, other data, or data that has moved.
import assert from "node:assert/strict";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { encodeIdx } from "@gantry/formats";
import { setThreads } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import { parseTerm } from "../core/base/setting.js";
import { composeConfig } from "../core/config/config.js";
import { withOtherData } from "../core/run/data.js";
import { RunDirectory } from "../core/run/directory.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { forkRun, resumeRun, startRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
const images = await writeImages(folder);
let made = 0;
const place = () => join(folder, `run-${made++}`);
const source = place();
await finish(await startRun(await tinyConfig("gan", images), source));
const { config } = await RunDirectory.open(source);
const composed = (changes: Parameters<typeof composeConfig>[1]) =>
  composeConfig(config as unknown as Parameters<typeof composeConfig>[0], {
    ...changes,
    settings: [{ steps: 12 }, ...(changes.settings ?? [])],
  });

test("a term that D is another shape for: its first layer begins anew with its moments, all else goes along", async () => {
  const before = await resumeRun(source);
  const old = before.trainer.game.player("discriminator");
  const names = old.network.namedParameters().map(([name]) => name);
  const values = new Map([...old.network.stateDict()].map(([name, tensor]) => [name, tensor.toNumbers()]));
  const moments = old.optimizer.stateDict();
  const seconds = new Map([...moments.tensors].map(([name, tensor]) => [name, tensor.toNumbers()]));
  const generator = before.trainer.game.network("generator").stateDict();
  const weights = new Map([...generator].map(([name, tensor]) => [name, tensor.toNumbers()]));
  await before.trainer.close();

  const path = place();
  const fork = await forkRun(source, 8, await composed({ with: [parseTerm("packing")] }), path);
  assert.deepEqual(fork.notes, [
    "begins anew, with its moments: discriminator.body.0.linear; all else goes along",
  ]);
  const { network, optimizer } = fork.trainer.game.player("discriminator");
  const now = network.stateDict();
  assert.deepEqual(now.get("body.0.linear.weight")?.shape, [30, 4]);
  const [first, ...others] = [...values.keys()];
  assert.equal(first, "body.0.linear.weight");
  for (const name of others) assert.deepEqual(now.get(name)?.toNumbers(), values.get(name), name);
  const state = optimizer.stateDict();
  for (const [i, name] of names.entries()) {
    const kept = name !== "body.0.linear.weight";
    assert.equal(state.numbers[`step.${i}`], kept ? 8 : 0, name);
    for (const moment of ["exp_avg", "exp_avg_sq"])
      assert.deepEqual(
        state.tensors.get(`${moment}.${i}`)?.toNumbers(),
        kept ? seconds.get(`${moment}.${i}`) : undefined,
        name,
      );
  }
  for (const [name, tensor] of fork.trainer.game.network("generator").stateDict())
    assert.deepEqual(tensor.toNumbers(), weights.get(name), name);
  assert.equal((await finish(fork)).at(-1)?.iteration, 12);
});

test("new players, other widths and other optimizers begin anew and are named; terms are taken out", async () => {
  const encoder = await forkRun(source, 8, await composed({ with: [parseTerm("reconstruction")] }), place());
  assert.deepEqual(encoder.notes, ["begins anew, with its moments: encoder; all else goes along"]);
  await finish(encoder);
  const wide = await composed({ settings: [{ net: { generatorHidden: [7] } }] });
  const wider = await forkRun(source, undefined, wide, place());
  assert.match(wider.notes[0] ?? "", /^begins anew, with its moments: generator\.body\.0/);
  assert.equal((await finish(wider)).length, 4);
  const kind = await composed({
    settings: [{ optimizers: { default: { kind: "sgd", learningRate: 0.1 } } }],
  });
  const other = await forkRun(source, undefined, kind, place());
  assert.deepEqual(other.notes, [
    "begins anew, with its moments: moments of generator, moments of discriminator; all else goes along",
  ]);
  await other.trainer.close();
  await assert.rejects(composed({ without: ["packing"] }), /there is no term 'packing' to take out; terms: /);
  const packed = await composed({ with: [parseTerm("packing")] });
  const back = await composeConfig(packed as unknown as Parameters<typeof composeConfig>[0], {
    without: ["packing"],
  });
  assert.deepEqual(back.terms, config.terms);
});

test("a run that ended before its first checkpoint can be forked as well: from the beginning", async () => {
  const path = place();
  const late = await tinyConfig("gan", images, { intervals: { checkpoint: 100 } });
  await finish(await startRun(late, path), { until: ({ iteration }) => iteration === 3 });
  const fork = await forkRun(path, undefined, late, place());
  assert.equal(fork.trainer.iteration, 0);
  assert.equal((await finish(fork)).length, 8);
});

test("data that has moved with its run, without it, has grown, or is other data", async () => {
  const project = join(folder, "project");
  await mkdir(join(project, "data"), { recursive: true });
  const at = async (where: string, name = "data") => {
    const inside = join(where, name);
    await mkdir(inside, { recursive: true });
    return await writeImages(inside);
  };
  const path = join(project, "runs/a");
  const own = await tinyConfig("dcgan", await at(project));
  await finish(await startRun(own, path), { until: ({ iteration }) => iteration === 4 });
  const stored = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  assert.equal(stored.config.data.path, "../../data/train-images-idx3-ubyte");
  assert.equal(stored.dataPath, own.data.path);

  // Both together.
  const moved = join(folder, "elsewhere");
  await rename(project, moved);
  const run = join(moved, "runs/a");
  const together = await resumeRun(run);
  assert.deepEqual([together.notes, together.trainer.iteration], [[], 4]);
  await together.trainer.close();

  // The run alone, copied: the data is found where it was.
  const alone = join(folder, "copies/of/a");
  await cp(run, alone, { recursive: true });
  await rename(moved, project);
  const left = await resumeRun(alone);
  await left.trainer.close();

  // The data alone.
  await rename(join(project, "data"), join(project, "pictures"));
  const back = join(project, "runs/a");
  await assert.rejects(resumeRun(back), (error: Error) => {
    assert.ok(error instanceof UsageError);
    assert.match(
      error.message,
      /data is not there any more; say where it is now: gantry resume \S+\/runs\/a --data PATH$/,
    );
    return true;
  });
  const pictures = join(project, "pictures/train-images-idx3-ubyte");
  const found = await resumeRun(back, undefined, undefined, { data: { path: pictures } });
  assert.match(found.notes[0] ?? "", /^data: the same, now at \S+\/pictures\/\S+ instead of \S+\/data\/\S+$/);
  await found.trainer.close();
  // It is written down.
  const again = await resumeRun(back);
  assert.deepEqual(again.notes, []);
  await again.trainer.close();

  // Other data in its place is refused, and taken where it is asked for.
  await writeFile(pictures, encodeIdx({ shape: [30, 28, 28], data: new Uint8Array(30 * 784).fill(9) }));
  await rm(join(project, "pictures/train-labels-idx1-ubyte"));
  await assert.rejects(
    resumeRun(back),
    /\(30 items\) is not what the run was trained on; .*: gantry resume \S+ --data PATH, or .*: gantry fork \S+ --data PATH$/,
  );
  await assert.rejects(
    resumeRun(back, undefined, undefined, { data: { path: pictures, size: 32 } }),
    /trained on images of 1x28x28, and .* has images of 1x32x32; .*gantry fork/,
  );
  await at(project, "pictures");
  const fewer = await resumeRun(back, undefined, undefined, { data: { path: pictures, limit: 39 } });
  assert.match(
    fewer.notes[0] ?? "",
    /^data: other than before: \S+, 39 items, instead of 40 items; its order begins anew$/,
  );
  assert.equal((await finish(fewer)).at(-1)?.iteration, 8);
  const opened = await RunDirectory.open(back);
  const base = await withOtherData(opened.config, { path: images, limit: 20 }, opened.record.data);
  const fork = await forkRun(back, 8, { ...base, steps: 10 }, place());
  assert.match(fork.notes[0] ?? "", /^data: other than before: .*, 20 items, instead of .*, 39 items; /);
  assert.equal((await finish(fork)).length, 2);
});

test("images of a folder in the place of a set by name are decoded to the shape of the networks", async () => {
  const { data } = await withOtherData(
    { ...config, data: { name: "mnist" } },
    { path: "/photos" },
    { kind: "images", shape: [1, 28, 28], classes: 10 },
  );
  assert.deepEqual(data, { path: "/photos", size: 28, channels: 1 });
  const sized = { ...config, data: { name: "mnist", size: 32 } };
  assert.deepEqual((await withOtherData(sized, { name: "mnist" }, undefined)).data, sized.data);
});
