import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { RunError, UsageError } from "../base/errors.js";
import { checkDepth, parseSetting, parseValue } from "../base/setting.js";
import { resolveConfig } from "../config/config.js";
import { GANTRY_VERSION, RunDirectory } from "./directory.js";

const folder = await mkdtemp(join(tmpdir(), "gantry-run-files-"));
after(() => rm(folder, { recursive: true, force: true }));
const config = await resolveConfig({ recipe: "gan", preset: "small" });
const good = { gantry: GANTRY_VERSION, torch: "1", node: "v20", commit: null, created: "2026", config };

async function open(record: unknown, others: Record<string, string> = {}): Promise<RunDirectory> {
  const path = join(folder, "run");
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
  const text = typeof record === "string" ? record : JSON.stringify(record);
  for (const [name, content] of Object.entries({ ...others, "config.json": text }))
    await writeFile(join(path, name), content);
  return await RunDirectory.open(path);
}

const oneLine = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UsageError || error instanceof RunError, String(error));
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

test("a config.json with null or mistyped fields is refused by the field", async () => {
  await open(good);
  for (const [change, message] of [
    [{ data: null }, /config\.json: not the config\.json of a run: data is not/],
    [{ data: { kind: "images", shape: [0] } }, /data\.shape\.0 is not/],
    [{ forkedFrom: 3 }, /forkedFrom is not/],
    [{ commit: 7 }, /commit is not/],
    [{ gantry: null }, /gantry is not/],
    [{ config: null }, /not a run/],
    [{ config: { ...config, net: null } }, /net: expected an object; it is null/],
    [{ config: { ...config, terms: [1] } }, /terms: expected an object/],
  ] as const)
    await assert.rejects(open({ ...good, ...change }), oneLine(message));
  for (const text of ["null", "3", "[]", '"x"']) await assert.rejects(open(text), oneLine(/not a run/));
  const deep = `{"config":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`;
  await assert.rejects(open(deep), oneLine(/more than 64 deep/));
});

test("a run of a newer Gantry that cannot be read says so", async () => {
  const future = { ...good, gantry: "9.1.0", config: { ...config, future: 1 } };
  await assert.rejects(open(future), oneLine(/written by Gantry 9\.1\.0, which is newer than this one/));
  await assert.rejects(open({ ...future, gantry: "0.0.1" }), oneLine(/unknown setting 'future'/));
  assert.equal((await open({ ...good, gantry: "9.1.0" })).record.gantry, "9.1.0");
});

test("other files of a run that say nothing count as none", async () => {
  for (const text of ["null", "3", "{}", '{"iteration":null}', '{"pid":"1","state":7}', "{"]) {
    const run = await open(good, { "heartbeat.json": text, "best.json": text });
    assert.equal(await run.readHeartbeat(), undefined);
    assert.equal(await run.best(), undefined);
    assert.equal(await run.status(), "new");
  }
  const lines = ["null", "3", '{"iteration":null}', '{"iteration":"x"}', '{"event":3}', '{"iteration":1}'];
  const run = await open(good, { "events.jsonl": lines.join("\n") });
  assert.deepEqual(await run.readEvents(), [{ iteration: 1 }]);
});

test("settings 20,000 deep are refused in a line", () => {
  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  assert.throws(() => parseValue(deep), oneLine(/more than 64 deep/));
  assert.throws(() => parseSetting(`${"a.".repeat(20_000)}a=1`), oneLine(/a setting's path has 20001 parts/));
  assert.throws(() => checkDepth(JSON.parse(deep), "x.json"), oneLine(/x\.json has lists or objects/));
});
