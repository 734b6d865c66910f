import assert from "node:assert/strict";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { describeSystemError, readFileBytes, removeStaleTemporaries, writeFileAtomically } from "./files.js";
import { formatError, temporaryFolder } from "./testing/helpers.js";

test("a file is written whole, in pieces or in one, and nothing is left beside it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "a.bin");
  await writeFileAtomically(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(1, 2, 3));
  const large = new Uint8Array((1 << 20) + 1).fill(7);
  await writeFileAtomically(path, [
    Uint8Array.of(1),
    large,
    Uint8Array.of(2),
    large.subarray(2),
    Uint8Array.of(3),
  ]);
  assert.ok(
    Buffer.concat([[1], large, [2], large.subarray(2), [3]].map((p) => Uint8Array.from(p))).equals(
      await readFileBytes(path),
    ),
  );
  await writeFileAtomically(path, Uint8Array.of(9));
  assert.deepEqual(await readFileBytes(path), Uint8Array.of(9));
  assert.deepEqual(await readdir(folder), ["a.bin"]);
});

test("a failed write keeps the old file, leaves nothing behind and says why", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "old");
  await mkdir(join(folder, "folder", "inside"), { recursive: true });
  const bytes = Uint8Array.of(1);
  const write = (...parts: string[]) => writeFileAtomically(join(folder, ...parts), bytes);
  await assert.rejects(
    write("missing", "a"),
    formatError(/missing.a: cannot write: no such file or folder$/),
  );
  await assert.rejects(write("file", "a"), formatError(/a part of its path is a file, not a folder$/));
  await assert.rejects(write("folder"), formatError(/folder: cannot write: it is a folder, not a file$/));
  assert.deepEqual((await readdir(folder)).sort(), ["file", "folder"]);
  assert.equal(await readFile(join(folder, "file"), "utf8"), "old");
});

test("errors of the system are put in plain words", () => {
  const error = (code: string) => Object.assign(new Error(`${code}: something`), { code });
  assert.equal(describeSystemError(error("ENOSPC")), "disk is full");
  assert.equal(describeSystemError(error("EROFS")), "file system is read-only");
  assert.equal(describeSystemError(error("EACCES")), "permission denied");
  assert.equal(describeSystemError(error("ESOMETHING")), "ESOMETHING: something");
});

test("only regular files are read", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(readFileBytes(folder), formatError(/is a folder, not a file$/));
  await assert.rejects(
    readFileBytes(join(folder, "none")),
    formatError(/cannot open: no such file or folder$/),
  );
});

test("only old temporaries of dead processes are removed", async () => {
  const folder = await temporaryFolder();
  // No process has this number: Linux stops at 2^22.
  const dead = ".model.safetensors.999999999-1.tmp";
  const names = [dead, ".new.999999999-2.tmp", `.alive.${process.pid}-1.tmp`, "other.tmp", ".hidden"];
  const hourAgo = Date.now() / 1000 - 3700;
  for (const name of names) {
    await writeFile(join(folder, name), "");
    if (!name.startsWith(".new")) await utimes(join(folder, name), hourAgo, hourAgo);
  }
  assert.deepEqual(await removeStaleTemporaries(folder), [dead]);
  assert.deepEqual((await readdir(folder)).sort(), names.slice(1).sort());
});
