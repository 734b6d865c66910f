import assert from "node:assert/strict";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { finish, temporaryFolder, tinyConfig } from "../../testing/runs.js";
import { startRun } from "../../train/train.js";
import { UsageError } from "../base/errors.js";
import { claimRun, claimUnused } from "./claim.js";

setThreads(1);
const folder = await temporaryFolder();
const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;

test("of several at once, each gets a folder of its own", async () => {
  const base = join(folder, "deep/er/run");
  const claims = await Promise.all(Array.from({ length: 6 }, () => claimUnused(base)));
  assert.deepEqual(claims.map(({ path }) => path.slice(base.length)).sort(), [
    "",
    "-2",
    "-3",
    "-4",
    "-5",
    "-6",
  ]);
  for (const claim of claims) await claim.abandon();
  assert.ok(!(await exists(base)));
});

test("of several who name one folder, one gets it", async () => {
  const path = join(folder, "one");
  const claims = await Promise.allSettled(Array.from({ length: 4 }, () => claimRun(path)));
  const refused = claims.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
  assert.equal(refused.length, 3);
  for (const error of refused) assert.ok(error instanceof UsageError, String(error));
  const [got] = claims.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  await got?.abandon();
  // Who got it need not be who made it: then the folder stays, as one that was there, and empty.
  assert.deepEqual(await readdir(path).catch(() => []), []);
});

test("a folder that was there stays, with what the user had in it", async () => {
  const path = join(folder, "own");
  await mkdir(path);
  await writeFile(join(path, "notes.txt"), "mine");
  const claim = await claimRun(path);
  await writeFile(join(path, "events.jsonl"), "");
  await claim.abandon();
  assert.deepEqual(await readdir(path), ["notes.txt"]);
});

test("what cannot begin, and what fails in its first iteration, leaves nothing, so that the next try begins", async () => {
  const path = join(folder, "tries/again");
  const tooLarge = await tinyConfig("gan", "", { batch: 1000 });
  await assert.rejects(
    startRun(tooLarge, path),
    /a batch of 1000 is larger than .* \(200 items\); give --batch 64$/,
  );
  assert.ok(!(await exists(join(folder, "tries"))));
  const tooSmall = await tinyConfig("gan", "", { batch: 1, net: { generatorBatchNorm: true } });
  const failing = await startRun(tooSmall, path);
  await assert.rejects(
    finish(failing),
    /a batch of 1 leaves a batch norm one value to normalise; give --batch 2$/,
  );
  assert.ok(!(await exists(path)));
  await finish(await startRun(await tinyConfig("gan", "", { batch: 2 }), path));
});
