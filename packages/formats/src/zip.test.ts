import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { FormatError } from "./errors.js";
import { formatError, golden, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";
import { encodeZip, openZip, writeZip, type ZipInput } from "./zip.js";

const text = (value: string) => new TextEncoder().encode(value);

/** Everything in an archive, by name. */
async function readAll(path: string): Promise<Map<string, Uint8Array>> {
  const zip = await openZip(path);
  try {
    const all = new Map<string, Uint8Array>();
    for (const entry of zip.entries) all.set(entry.name, await zip.read(entry));
    return all;
  } finally {
    await zip.close();
  }
}

test("Python's zip64 archive is read, its folders left out", async () => {
  assert.deepEqual(
    await readAll(golden("zip64.zip")),
    new Map([
      ["forced.txt", text("zip64 sizes")],
      ["folder/é.txt", text("name in UTF-8")],
    ]),
  );
});

test("what cannot be read is refused by name", async () => {
  await assert.rejects(openZip(golden("bzip2.zip")), formatError(/entry "a.txt" is packed by method 12;/));
  await assert.rejects(
    openZip(golden("climbing.zip")),
    formatError(/entry "a\/..\/..\/b.txt" leads out of the archive/),
  );
  await assert.rejects(openZip(golden("f4.npy")), formatError(/f4.npy: is not a readable zip archive/));
  await assert.rejects(openZip(golden("")), formatError(/is a folder/));
});

test("small and large, stored and deflated, several at once", async () => {
  const path = join(await temporaryFolder(), "a.zip");
  const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5);
  const inputs: ZipInput[] = [
    { name: "none", data: new Uint8Array(0) },
    { name: "deep/er/é", data: text("small"), compress: false },
    { name: "large", data: large },
    { name: "large stored", data: large, compress: false },
    { name: "zeros", data: new Uint8Array(200_000) },
  ];
  await writeZip(path, inputs);
  const zip = await openZip(path);
  assert.deepEqual(
    zip.entries.map(({ name, size }) => ({ name, size })),
    inputs.map(({ name, data }) => ({ name, size: data.length })),
  );
  const contents = await Promise.all(zip.entries.map((entry) => zip.read(entry)));
  inputs.forEach(({ data }, i) => {
    assert.deepEqual(contents[i], data);
  });
  assert.equal(zip.find("large")?.size, large.length);
  assert.equal(zip.find("larger"), undefined);
  await zip.close();
});

test("more entries than 16 bits count", async () => {
  const path = join(await temporaryFolder(), "many.zip");
  const inputs = Array.from({ length: 70_000 }, (_, i) => ({
    name: `images/${i}.txt`,
    data: text(`${i}`),
    compress: false,
  }));
  await writeZip(path, inputs);
  const zip = await openZip(path);
  assert.equal(zip.entries.length, inputs.length);
  const last = zip.entries.at(-1);
  assert.ok(last);
  assert.deepEqual(await zip.read(last), text("69999"));
  await zip.close();
});

test("the writer refuses names that no reader would accept", () => {
  const data = new Uint8Array(0);
  for (const name of ["", "/a", "./a", "a//b", "../a", "a/../b", "a\\b", "C:a", "a/", "a\0", "\ud800"]) {
    assert.throws(() => encodeZip([{ name, data }]), formatError(/is no name for a file in a zip/), name);
  }
  const twice = [
    { name: "a", data },
    { name: "a", data },
  ];
  assert.throws(() => encodeZip(twice), formatError(/"a" is given twice/));
});

test("flags, sizes and checksums in the directory are checked", async () => {
  const path = join(await temporaryFolder(), "bad.zip");
  const good = Buffer.from(encodeZip([{ name: "abc", data: text("hello hello hello") }]));
  const central = good.lastIndexOf("PK\x01\x02", undefined, "latin1");
  const end = good.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const damaged = async (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good);
    change(bytes);
    await writeFile(path, bytes);
    return readAll(path);
  };
  await assert.rejects(
    damaged((b) => b.writeUInt16LE(0x801, central + 8)),
    formatError(/"abc" is encrypted/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(1, central + 16)),
    formatError(/does not match its checksum/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(0x7fffffff, central + 24)),
    formatError(/which is impossible/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(5, central + 24)),
    formatError(/does not unpack/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(18, central + 24)),
    formatError(/has 17 bytes, not 18/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(1000, central + 20)),
    formatError(/beyond the end/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(3, central + 42)),
    formatError(/does not begin with/),
  );
  await assert.rejects(
    damaged((b) => b.writeUInt32LE(0xfffffff0, end + 16)),
    formatError(/beyond the end/),
  );

  const two = Buffer.from(encodeZip(["a", "b"].map((name) => ({ name, data: text(name) }))));
  two.writeUInt16LE(1, two.length - 22 + 10);
  await writeFile(path, two);
  await assert.rejects(readAll(path), formatError(/goes on after the last entry/));
  const twice = Buffer.from(encodeZip(["a", "b"].map((name) => ({ name, data: text("x") }))));
  twice.write("a", twice.lastIndexOf("b"));
  await writeFile(path, twice);
  await assert.rejects(readAll(path), formatError(/holds "a" twice/));
});

const entries = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z]([a-z0-9 é]|\/[a-z]){0,8}[a-z]$/),
    data: fc.uint8Array({ maxLength: 200 }),
    compress: fc.boolean(),
  }),
  { selector: (entry) => entry.name, maxLength: 5 },
);

test("any archive comes back as it was, and its bytes do not depend on the time", async () => {
  const path = join(await temporaryFolder(), "a.zip");
  await fc.assert(
    fc.asyncProperty(entries, async (inputs) => {
      const bytes = encodeZip(inputs);
      assert.deepEqual(encodeZip(inputs), bytes);
      await writeFile(path, bytes);
      assert.deepEqual(await readAll(path), new Map(inputs.map(({ name, data }) => [name, data])));
    }),
    { numRuns: 60 },
  );
});

test("a cut archive is refused, a flipped byte never does worse", async () => {
  const path = join(await temporaryFolder(), "a.zip");
  await fc.assert(
    fc.asyncProperty(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), async (inputs, at, flip) => {
      const bytes = encodeZip(inputs);
      const place = at % bytes.length;
      await writeFile(path, bytes.subarray(0, place));
      assert.ok((await valueOrFormatError(() => readAll(path))) instanceof FormatError);
      bytes[place] = (bytes[place] as number) ^ flip;
      await writeFile(path, bytes);
      await valueOrFormatError(() => readAll(path));
    }),
    { numRuns: 150 },
  );
});

test("absolute names and names that begin with ./ are names inside of the archive", async () => {
  const path = join(await temporaryFolder(), "a.zip");
  for (const [given, name] of [
    ["./x.png", "x.png"],
    ["/x.pngs", "x.pngs"],
    ["C:\\a\\b.p", "a/b.p"],
    ["a/./b.png", "a/b.png"],
  ] as const) {
    const placeholder = "n".repeat(given.length);
    const bytes = Buffer.from(encodeZip([{ name: placeholder, data: Buffer.from("data"), compress: false }]));
    for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder))
      bytes.write(given, at);
    await writeFile(path, bytes);
    const zip = await openZip(path);
    assert.deepEqual(
      zip.entries.map((entry) => entry.name),
      [name],
    );
    assert.equal(String(Buffer.from(await zip.read(zip.entries[0] ?? assert.fail()))), "data");
    await zip.close();
  }
});
