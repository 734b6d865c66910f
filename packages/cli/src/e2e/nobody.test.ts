import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { program, succeed, temporaryFolder } from "../testing/harness.js";

/** Nobody has this number, as in containers that run as any user. */
const USER = 54321;
const cwd = temporaryFolder();

/** Why it cannot be tried here, if it cannot. */
function obstacle(): string | false {
  if (process.getuid?.() !== 0) return "only the superuser can become another user";
  const reads = spawnSync(process.execPath, ["-e", `fs.accessSync(${JSON.stringify(program)})`], {
    uid: USER,
    gid: USER,
  });
  return reads.status !== 0 && "Gantry lies where other users cannot read";
}

test("a user without HOME and without an entry among the users: doctor, data, train, sample, eval", {
  skip: obstacle(),
}, async () => {
  for (const folder of [dirname(cwd), cwd]) chmodSync(folder, 0o777);
  const environment = { HOME: undefined, TMPDIR: cwd, XDG_CACHE_HOME: undefined, GANTRY_HOME: undefined };
  const as = { cwd, user: USER, real: true, environment };
  assert.match((await succeed(["doctor", "--no-speed"], as)).stdout, /^Ready\./m);
  assert.match((await succeed(["data"], as)).stdout, /ring/);
  await succeed(["train", "gan", "--preset", "small", "--steps", "20", "--out", "run"], as);
  await succeed(["sample", "run", "--out", "points.npy", "--count", "8"], as);
  await succeed(["eval", "run"], as);
  assert.ok((await readFile(join(cwd, "points.npy"))).length > 64);
});
