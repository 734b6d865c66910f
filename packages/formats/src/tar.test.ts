import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readTar } from "./tar.js";
import { formatError, temporaryFolder } from "./testing.js";

async function archive(format: string): Promise<Uint8Array> {
  const folder = await temporaryFolder();
  const deep = join(folder, "a".repeat(70), "b".repeat(70));
  await mkdir(deep, { recursive: true });
  await writeFile(
    join(folder, "first.bin"),
    Uint8Array.from({ length: 700 }, (_, index) => index),
  );
  await writeFile(join(folder, "empty"), "");
  await writeFile(join(deep, "last"), "x");
  const names = ["first.bin", "empty", "a".repeat(70)];
  return execFileSync("tar", [`--format=${format}`, "-cf", "-", "-C", folder, ...names]);
}

test("the files of a tar archive come out whole and in order", async () => {
  const files = [...readTar(await archive("ustar"))];
  const deep = `${"a".repeat(70)}/${"b".repeat(70)}/last`;
  assert.deepEqual(
    files.map(({ name, data }) => [name, data.length]),
    [
      ["first.bin", 700],
      ["empty", 0],
      [deep, 1],
    ],
  );
  assert.equal(files[0]!.data[699], 699 & 255);
  assert.deepEqual(
    [...readTar(await archive("gnu"))].slice(0, 2).map(({ name }) => name),
    ["first.bin", "empty"],
  );
});

test("a damaged tar archive is a FormatError", async () => {
  const bytes = await archive("ustar");
  assert.throws(
    () => [...readTar(bytes.subarray(0, 1000), { file: "x.tar" })],
    formatError(/x\.tar: .*cut short/),
  );
  assert.throws(() => [...readTar(new Uint8Array())], formatError(/cut short/));
  const flipped = Uint8Array.from(bytes);
  flipped[3]! ^= 1;
  assert.throws(() => [...readTar(flipped)], formatError(/not a tar archive/));
  assert.throws(() => [...readTar(new Uint8Array(2048).fill(1))], formatError(/not a tar archive/));
});
