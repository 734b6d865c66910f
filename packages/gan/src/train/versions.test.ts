// Runs that older versions of Gantry made: they still open and go on.
import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setThreads } from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import { asBefore, CONFIG_VERSION } from "../core/base/versions.js";
import { composeConfig, validateConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import { families } from "../core/nets/family.js";
import { listCheckpoints, readCheckpointFile } from "../core/run/checkpoints.js";
import { RunDirectory, standing } from "../core/run/directory.js";
import { Sampler } from "../core/sample/sampler.js";
import { terms } from "../core/terms/registry.js";
import { finish, temporaryFolder } from "../testing/runs.js";
import { probeRun } from "./probe.js";
import { forkRun, resumeRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
const versions = (name: string) => fileURLToPath(new URL(`../../golden/versions/${name}`, import.meta.url));
// Killed by `kill -9` after its checkpoint of iteration 10 of 600. No lock, and a heartbeat of a process long gone.
const kept = versions("run-0.1.0");
// Of intervention, reconstruction and manifold-diffusion, at iteration 10 of 20, and what 0.1.0 logged when it went on.
const forms = versions("run-0.1.0-forms");

test("a run of 0.1.0 that was killed goes on from its checkpoint", async () => {
  const path = join(folder, "run");
  await cp(kept, path, { recursive: true });
  const sampler = await Sampler.open(path);
  assert.equal(sampler.iteration, 10);
  sampler.close();
  const before = await readCheckpointFile(join(path, "checkpoints/step-000010"), "generator.safetensors");
  const run = await resumeRun(path);
  assert.equal(run.trainer.iteration, 10);
  const loaded = run.trainer.game.network("generator").stateDict();
  for (const [name, { data }] of before ?? [])
    assert.deepEqual(Buffer.from(loaded.get(name)?.toBytes() ?? []), Buffer.from(data), name);
  const control = new AbortController();
  const reports = await finish(run, {
    signal: control.signal,
    until: ({ iteration }) => {
      if (iteration === 21) control.abort();
      return false;
    },
  });
  assert.deepEqual([reports.at(0)?.iteration, reports.at(-1)?.iteration], [11, 21]);
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [21]);
  const opened = await RunDirectory.open(path);
  assert.equal(await opened.status(), "stopped");
  const logged = standing(await opened.readEvents()).filter(({ imagesSeen }) => imagesSeen !== undefined);
  assert.deepEqual(
    logged.map(({ iteration }) => iteration),
    [1, 5, 10, 15, 20],
  );
  assert.match(await readFile(join(path, "config.json"), "utf8"), /"gantry": "0\.1\.0"/);
});

/** What version 1 did, where today's defaults are others. */
const OLD_FORMS = {
  intervention: {
    innerLoop: "encoder",
    draw: "batch",
    latents: "encoded",
    reduction: "mean",
    classifier: "weighted",
  },
  reconstruction: { distance: "l2", reduction: "mean" },
  "manifold-diffusion": { reduction: "mean" },
};
/** What of the forms above a configuration says. */
const formsOf = ({ terms }: Config) =>
  Object.fromEntries(
    Object.entries(OLD_FORMS).map(([term, settings]) => [
      term,
      Object.fromEntries(
        Object.keys(settings).map((key) => [key, (terms[term] as Record<string, unknown>)[key]]),
      ),
    ]),
  );

test("a run of 0.1.0 goes on by the forms it was begun with, as 0.1.0 went on", async () => {
  const path = join(folder, "forms");
  await cp(forms, path, { recursive: true });
  const wentOn = JSON.parse(await readFile(join(forms, "went-on.json"), "utf8")) as Record<string, number>[];
  const run = await resumeRun(path);
  assert.deepEqual(formsOf(run.trainer.config), OLD_FORMS);
  const reports = await finish(run);
  assert.equal(reports.length, wentOn.length);
  let compared = 0;
  for (const [i, { iteration, imagesSeen, ...then }] of wentOn.entries()) {
    assert.deepEqual([reports[i]?.iteration, reports[i]?.imagesSeen], [iteration, imagesSeen]);
    for (const [name, value] of Object.entries(then)) {
      const now = reports[i]!.scalars![name]!;
      assert.ok(
        Math.abs(now - value) < 2e-5 * (1 + Math.abs(value)),
        `${iteration} ${name}: ${now}, ${value}`,
      );
      compared++;
    }
  }
  assert.ok(compared > 100);
});

test("fork and probe of a run of 0.1.0 keep its forms; what a fork adds has today's; a fork says its version", async () => {
  const source = join(folder, "source");
  await cp(forms, source, { recursive: true });
  const opened = await (await RunDirectory.open(source)).checkedBy(validateConfig);
  const config = await composeConfig(opened.config as unknown as JsonObject, {
    with: [{ name: "again", term: "reconstruction", options: {} }],
    settings: [{ steps: 11 }],
  });
  assert.deepEqual(formsOf(config), OLD_FORMS);
  assert.deepEqual([config.terms.again?.distance, config.terms.again?.reduction], ["norm", "sum"]);
  const path = join(folder, "fork");
  const run = await forkRun(source, 10, config, path);
  await finish(run);
  const written = JSON.parse(await readFile(join(path, "config.json"), "utf8")) as { config: Config };
  assert.equal(written.config.version, CONFIG_VERSION);
  assert.deepEqual(formsOf(written.config), OLD_FORMS);
  assert.deepEqual(formsOf((await RunDirectory.open(path)).config), OLD_FORMS);
  // Its first iteration is the one that 0.1.0 logged, up to what the probe's own measuring adds.
  const [first] = JSON.parse(await readFile(join(forms, "went-on.json"), "utf8")) as Record<string, number>[];
  const { series } = await probeRun(source, { iterations: 1 });
  const [real] = series["before/real"]!;
  assert.ok(Math.abs(real! - first!["discriminator/real"]!) < 2e-5, `${real}`);
});

test("configurations of today's version have today's forms; one of a newer version is refused", async () => {
  const terms = { minimax: {}, intervention: {}, reconstruction: {}, "manifold-diffusion": {} };
  const base = { recipe: "test", data: {}, net: { family: "mlp" }, optimizers: {} };
  const now = await validateConfig({ ...base, terms });
  assert.equal(now.version, CONFIG_VERSION);
  assert.deepEqual(formsOf(now), {
    intervention: {
      innerLoop: "encoder",
      draw: "sample",
      latents: "prior",
      reduction: "mean",
      classifier: "plain",
    },
    reconstruction: { distance: "norm", reduction: "sum" },
    "manifold-diffusion": { reduction: "sum" },
  });
  const then = await validateConfig({ ...base, version: 1, terms });
  assert.deepEqual(formsOf(then), OLD_FORMS);
  assert.equal(then.version, CONFIG_VERSION, "it is said in today's version");
  assert.deepEqual(await validateConfig(then), then);
  await assert.rejects(
    validateConfig({ ...base, version: CONFIG_VERSION + 1, terms }),
    /version: .*update Gantry to read it/,
  );
  await assert.rejects(
    composeConfig(now as unknown as JsonObject, { settings: [{ version: 1 }] }),
    /version: .*leave it out/,
  );
});

test("what is said of older versions is what the options allow, and as the defaults of two versions are", async () => {
  const definitions = [...(await terms.all()).values(), ...(await families.all()).values()];
  const before = definitions.filter((each) => each.before !== undefined);
  assert.deepEqual(before.map(({ name }) => name).sort(), Object.keys(OLD_FORMS).sort());
  for (const { name, options, before: then } of before)
    for (const [version, settings] of Object.entries(then!)) {
      assert.ok(Number(version) > 1 && Number(version) <= CONFIG_VERSION, name);
      assert.ok(options.safeParse(settings).success, name);
    }
  const changedTwice = { 2: { a: "first", b: "first" }, 3: { a: "second" } };
  assert.deepEqual(asBefore({ c: 1 }, changedTwice, 1), { a: "first", b: "first", c: 1 });
  assert.deepEqual(asBefore({ b: "said" }, changedTwice, 2), { a: "second", b: "said" });
  assert.deepEqual(asBefore({}, changedTwice, 3), {});
});
