import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { listTar, type TarMember } from "./tar.js";
import { formatError, temporaryFolder } from "./testing/helpers.js";

const deep = [..."abc"].map((letter) => letter.repeat(70)).join("/");

async function archive(format: string): Promise<Buffer> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, deep), { recursive: true });
  await writeFile(
    join(folder, "first.bin"),
    Uint8Array.from({ length: 700 }, (_, index) => index),
  );
  await writeFile(join(folder, "empty"), "");
  await writeFile(join(folder, deep, "ü"), "x");
  const names = ["first.bin", "empty", "a".repeat(70)];
  return execFileSync("tar", [`--format=${format}`, "-cf", "-", "-C", folder, ...names]);
}

async function list(bytes: Uint8Array): Promise<TarMember[]> {
  const file = join(await temporaryFolder(), "a.tar");
  await writeFile(file, bytes);
  const handle = await open(file, "r");
  try {
    return await listTar(handle, { file, end: bytes.length });
  } finally {
    await handle.close();
  }
}

test("the files of a tar archive in order, long names whole", async () => {
  for (const format of ["ustar", "gnu", "pax"]) {
    const bytes = await archive(format);
    const members = await list(bytes);
    const files = members.filter(({ kind }) => kind === "file");
    assert.deepEqual(
      files.map(({ name, size }) => [name, size]),
      [
        ["first.bin", 700],
        ["empty", 0],
        [`${deep}/ü`, 1],
      ],
      format,
    );
    assert.equal(members.filter(({ kind }) => kind === "folder").length, 3);
    const [first, , last] = files as [TarMember, TarMember, TarMember];
    assert.equal(bytes[first.offset + 699], 699 % 256);
    assert.equal(bytes[last.offset], "x".charCodeAt(0));
  }
});

test("a cut or damaged archive is refused", async () => {
  const bytes = await archive("ustar");
  await assert.rejects(list(bytes.subarray(0, 1000)), formatError(/cut short/));
  await assert.rejects(
    list(new Uint8Array(2000).fill(7)),
    formatError(/is not a tar archive, or is damaged/),
  );
  const damaged = Uint8Array.from(bytes);
  damaged[3]! ^= 1;
  await assert.rejects(list(damaged), formatError(/at byte 0/));
});
