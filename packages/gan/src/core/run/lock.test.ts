import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { temporaryFolder } from "../../testing/runs.js";
import { UsageError } from "../base/errors.js";
import { lockHolder, RunLock, RunTakenError } from "./lock.js";
import { beatText, type LockRecord, lockFolder, lockName, writeLock } from "./lockFile.js";
import { lifeOf, ownIdentity } from "./processIdentity.js";

const folder = await temporaryFolder();
let made = 0;
async function place(): Promise<string> {
  const path = join(folder, `run-${made++}`);
  await mkdir(path);
  return path;
}
const pace = { beat: 20, patience: 500, look: 150 };
const skip = ownIdentity() === undefined ? "this system tells nothing of processes" : false;
const isBusy = (error: Error) => {
  assert.ok(error instanceof UsageError, String(error));
  return /: being written by process \d+ on \S+, since .*; stop that first/.test(error.message);
};

/** A lock left by an owner of whom nothing can be told here: another machine, or a container. */
async function foreignLock(run: string): Promise<LockRecord> {
  const own = ownIdentity();
  const record: LockRecord = {
    token: "another",
    beat: beatText(7),
    released: false,
    host: "elsewhere",
    pid: process.pid,
    since: new Date().toISOString(),
    // Equal host names and process numbers, as containers have them.
    process: own && { ...own, namespaces: "pid:[1],time:[1]" },
    place: "0:0",
  };
  await mkdir(lockFolder(run));
  writeLock(lockFolder(run), 4, record, "wx");
  return record;
}

/** A process that takes the lock of a run, says `locked`, and lives on. */
function owner(run: string) {
  const code = `
    const { RunLock } = await import(${JSON.stringify(new URL("./lock.js", import.meta.url).href)});
    try {
      await RunLock.acquire(${JSON.stringify(run)});
      console.log("locked");
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(error.message);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const first = once(child.stdout, "data").then(([data]) => String(data).trim());
  return { child, first };
}

test("one has it, and lets the next have it", async () => {
  const run = await place();
  const lock = await RunLock.acquire(run);
  assert.equal(lockHolder(run)?.life, skip === false ? "alive" : "unknown");
  lock.requireHeld();
  if (skip === false) await assert.rejects(RunLock.acquire(run), isBusy);
  await lock.release();
  await lock.release();
  assert.equal(lockHolder(run)?.life, "free");
  await (await RunLock.acquire(run)).release();
  assert.deepEqual(await readdir(lockFolder(run)), [lockName(2)]);
});

test("a killed owner's lock is free at once; of several who come, one gets it", { skip }, async () => {
  const run = await place();
  const { child, first } = owner(run);
  assert.equal(await first, "locked");
  await assert.rejects(RunLock.acquire(run), isBusy);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(lockHolder(run)?.life, "dead");
  const came = [1, 2, 3].map(() => owner(run));
  const said = await Promise.all(came.map((each) => each.first));
  assert.equal(said.filter((line) => line === "locked").length, 1, said.join("\n"));
  assert.equal(said.filter((line) => /being written by process/.test(line)).length, 2, said.join("\n"));
  for (const each of came) each.child.kill("SIGKILL");
});

test("an owner elsewhere that shows no sign of life is taken for dead, by the watcher's own clock", async () => {
  const run = await place();
  await foreignLock(run);
  const told: string[] = [];
  const began = performance.now();
  const lock = await RunLock.acquire(run, { pace, onWait: (line) => told.push(line) });
  assert.ok(performance.now() - began >= pace.patience);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /looking for up to a minute whether process \d+ on elsewhere, .* still lives/);
  await lock.release();

  // Where the file system knows that the last sign is old, a shorter look will do.
  const old = await place();
  await foreignLock(old);
  const longAgo = Date.now() / 1000 - 1000;
  await utimes(join(lockFolder(old), lockName(4)), longAgo, longAgo);
  const looked = performance.now();
  await (await RunLock.acquire(old, { pace: { ...pace, patience: 30_000 } })).release();
  assert.ok(performance.now() - looked < 20_000);
});

test("an owner elsewhere that beats is told by its beats, whatever clocks say", async () => {
  const run = await place();
  const record = await foreignLock(run);
  const file = join(lockFolder(run), lockName(4));
  let beat = 7;
  const timer = setInterval(() => {
    writeLock(lockFolder(run), 4, { ...record, beat: beatText(++beat) }, "r+");
    const longAgo = Date.now() / 1000 - 1000;
    void utimes(file, longAgo, longAgo);
  }, 20);
  await assert.rejects(RunLock.acquire(run, { pace }), isBusy);
  clearInterval(timer);
});

test("waiting can be given up", async () => {
  const run = await place();
  await foreignLock(run);
  const control = new AbortController();
  const wait = RunLock.acquire(run, { signal: control.signal });
  control.abort(new Error("enough"));
  await assert.rejects(wait, /enough/);
});

test("an owner beats while its thread is busy, and notices when it has lost the run", async () => {
  const run = await place();
  const lock = await RunLock.acquire(run, { pace });
  const read = () => readFile(join(lockFolder(run), lockName(1)), "utf8");
  const before = await read();
  for (let tries = 0; (await read()) === before && tries < 500; tries++) await setTimeout(10);
  assert.notEqual(await read(), before);
  const { token: _, ...record } = JSON.parse(before) as LockRecord;
  writeLock(lockFolder(run), 2, { ...record, token: "next" }, "wx");
  assert.throws(() => lock.requireHeld(), RunTakenError);
  await lock.release();
  assert.equal(JSON.parse(await readFile(join(lockFolder(run), lockName(2)), "utf8")).released, false);
});

test("the lock of a copied run is not its original's", { skip }, async () => {
  const run = await place();
  const lock = await RunLock.acquire(run);
  const copy = join(folder, "copy");
  await cp(run, copy, { recursive: true });
  assert.equal(lockHolder(copy)?.life, "unknown");
  await (await RunLock.acquire(copy, { pace })).release();
  // A run that is moved while it is written takes its lock along, and its owner finds it no more where it was.
  await rename(run, join(folder, "moved"));
  lock.requireHeld();
  await lock.release();
});

test("a lock cut short at its making is watched as any other", async () => {
  const run = await place();
  await mkdir(lockFolder(run));
  await writeFile(join(lockFolder(run), lockName(1)), "");
  await (await RunLock.acquire(run, { pace })).release();
});

test("processes are told apart by more than their numbers", { skip }, async () => {
  const own = ownIdentity();
  assert.ok(own);
  assert.equal(lifeOf(own), "alive");
  assert.equal(lifeOf({ ...own, start: "1" }), "dead", "another process has its number now");
  assert.equal(lifeOf({ ...own, pid: 2 ** 22 + 7 }), "dead");
  for (const other of [{ boot: "x" }, { namespaces: "x" }, { host: "x" }])
    assert.equal(lifeOf({ ...own, ...other }), "unknown");
  assert.equal(lifeOf(undefined), "unknown");
  // Killed, and nobody has asked after it: a child of `sleep`, which never does.
  const child = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 5"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = Number(String((await once(child.stdout, "data"))[0]));
  const statOf = () => readFile(`/proc/${pid}/stat`, "latin1");
  for (let tries = 0; !/\) Z/.test(await statOf()) && tries < 500; tries++) await setTimeout(10);
  const start = (await statOf()).slice((await statOf()).lastIndexOf(")") + 2).split(" ")[19] ?? "";
  assert.equal(lifeOf({ ...own, pid, start }), "dead");
  child.kill("SIGKILL");
});
