import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { encodeIdx, writeZip } from "@gantry/formats";
import sharp from "sharp";
import { plainPng, repository, temporaryFolder } from "../../testing/datasets.js";
import { contentDigest, countClasses, type Dataset } from "./dataset.js";
import { createLoader } from "./loader.js";
import { openDataset } from "./open.js";
import { isRecordFile } from "./recordFile.js";

const strictly = (message: RegExp) => ({ name: "RunError", exitCode: 1, message });
const usage = (message: RegExp) => ({ name: "UsageError", exitCode: 2, message });

/** A place with a folder and a zip of the same files, and what opening them says. */
async function place(files: Readonly<Record<string, Uint8Array | string>>) {
  const root = await temporaryFolder();
  const past = new Date(Date.now() - 60_000);
  await mkdir(join(root, "set"));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, "set", name)), { recursive: true });
    await writeFile(join(root, "set", name), bytes);
  }
  const entries = Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data) }));
  await writeZip(join(root, "set.zip"), entries);
  // Old enough that the listing is remembered.
  await utimes(join(root, "set.zip"), past, past);
  const said: string[] = [];
  const open = async (options: object = {}, context: object = {}): Promise<Dataset> => {
    said.length = 0;
    return await openDataset(
      { path: "set", ...options },
      {
        cwd: root,
        home: join(root, "home"),
        onNotice: (message: string) => void said.push(message),
        onNote: (message: string) => void said.push(`note: ${message}`),
        ...context,
      },
    );
  };
  return { root, open, said };
}

const pictures = async (names: readonly string[]) =>
  Object.fromEntries(
    await Promise.all(names.map(async (name, at) => [name, await plainPng([at, 2 * at, 255 - at])] as const)),
  );

test("what is left out is said and kept, also when nothing is listed or decoded again", async () => {
  const { open, said } = await place({
    ...(await pictures(["cat/1.png", "cat/2.png", "dog/3.png", "loose.png"])),
    "cat/broken.jpg": "no image",
    "cat/a.xyz": "",
    "cat/b.xyz": "",
    "bird/only.png": "no image either",
    ".hidden": "",
  });
  for (const path of ["set", "set.zip", "set.zip"]) {
    const dataset = await open({ path });
    assert.deepEqual([dataset.classes, dataset.labelSource], [["cat", "dog"], "folders"]);
    assert.deepEqual(countClasses(dataset), [2, 1]);
    assert.deepEqual(
      dataset.leftOut.map(({ reason, count, first }) => [reason, count, first]),
      [
        ["broken", 2, "bird/only.png"],
        ["unknown", 2, "cat/a.xyz"],
        ["loose", 1, "loose.png"],
        ["hidden", 1, ".hidden"],
      ],
    );
    const notices = said.filter((line) => !line.startsWith("note"));
    assert.equal(notices.length, 2);
    assert.match(
      notices[0]!,
      /^set(\.zip)?: left out 6 files: 2 broken \(the first: bird\/only\.png: is not JPEG/,
    );
    assert.match(notices[1]!, /left out a class without images: bird/);
    await assert.rejects(open({ path, strict: true }), strictly(/read strictly: left out [46] files/));
  }
});

test("strictly, a folder of nothing but images is taken, and 16 bits are refused", async () => {
  const { open, said } = await place(await pictures(["cat/1.png", "dog/3.png"]));
  assert.equal((await open({ strict: true })).count, 2);
  assert.deepEqual(
    said.filter((line) => !line.startsWith("note")),
    [],
  );
  const golden = join(repository, "packages", "formats", "golden", "images");
  const deep = await place({ "a.png": await readFile(join(golden, "deep.png")), "b.png": await wide(6, 1) });
  await deep.open();
  assert.match(deep.said.at(-1)!, /: 1 image of 16 bits a sample became 8 bits \(the first: a\.png\)$/);
  const dark = await place({ "a.png": await readFile(join(golden, "twelve.png")) });
  await dark.open();
  assert.match(dark.said.at(-1)!, /a\.png\); the largest value is 4095, as of 12 bits stored in 16/);
  for (const each of [deep, dark])
    await assert.rejects(each.open({ strict: true }), strictly(/16 bits a sample became 8/));
});

const wide = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#808080" } })
    .png()
    .toBuffer();

test("labels of a file, of a zip and of a folder; other labels are another data set", async () => {
  const names = ["00000/a.png", "00000/b.png", "00001/c.png"];
  const labels = names.map((name, at) => [name, [7, 3, 7][at]]);
  const { open, root, said } = await place({
    ...(await pictures(names)),
    "dataset.json": JSON.stringify({ labels }),
  });
  for (const path of ["set", "set.zip", "set.zip"]) {
    const dataset = await open({ path });
    assert.deepEqual([dataset.classes, dataset.labelSource], [["3", "7"], "dataset.json"]);
    assert.deepEqual([...dataset.labels([0, 1, 2])!], [1, 0, 1]);
    assert.deepEqual(dataset.leftOut, []);
  }
  const own = await open();
  await writeFile(
    join(root, "own.csv"),
    `file,label\n${names.map((name) => `${name},x`).join("\n")}\ngone.png,y\n`,
  );
  const given = await open({ labels: "own.csv" });
  assert.deepEqual([given.classes, given.labelSource], [["x"], "own.csv"]);
  assert.match(said.at(-1)!, /own\.csv names 1 file that are no images of it: gone\.png/);
  assert.notEqual(given.digest, own.digest);
  const chosen = await open({ classes: ["7"] });
  assert.deepEqual([chosen.count, chosen.classes], [2, ["7"]]);
});

test("transparency follows data.background; another background is another data set", async () => {
  const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: "#ff000000" } })
    .png()
    .toBuffer();
  const { open } = await place({ "a.png": clear });
  for (const size of [{}, { size: 4 }]) {
    assert.ok((await open(size)).read([0]).every((value) => value === 255));
    assert.ok((await open({ ...size, background: "black" })).read([0]).every((value) => value === 0));
    assert.equal((await open({ ...size, background: "#102030" })).read([0])[0], 0x10);
  }
  await assert.rejects(open({ background: "pink" }), usage(/background: must be white, black or "#rrggbb"/));
});

test("a set larger than what memory is given is read from its file, the same to the byte", async () => {
  const names = Array.from({ length: 30 }, (_, at) => `${at % 2 === 0 ? "cat" : "dog"}/${at}.png`);
  const { open, root } = await place(await pictures(names));
  const small = await open();
  const large = await open({}, { inMemory: 1000 });
  assert.ok(small.shared!.data instanceof Uint8Array);
  assert.ok(isRecordFile(large.shared!.data));
  const order = [29, 0, 3, 3];
  assert.deepEqual(large.read(order), small.read(order));
  assert.deepEqual([large.digest, large.count, large.classes], [small.digest, small.count, small.classes]);
  const labels = large.labels(Uint32Array.from({ length: 30 }, (_, at) => at))!;
  assert.equal(contentDigest("images", large.shape, large.classes, large.shared!, labels), small.digest);

  const loaders = [small, large].map((dataset) => createLoader({ dataset, batch: 8, seed: 3 }));
  const batches = [];
  for (const loader of loaders) {
    const next = loader.next();
    // From a file it is always gathered ahead.
    assert.equal(next instanceof Promise, loader === loaders[1]);
    batches.push((await next).data);
    await loader.close();
  }
  assert.deepEqual(batches[0], batches[1]);

  // Damage is found when the record is read, here and in the thread.
  const [key] = await readdir(join(root, "home", "cache", "images"));
  const file = join(root, "home", "cache", "images", key!, "pixels.bin");
  await rm(file);
  await writeFile(file, new Uint8Array(30 * 192));
  const damaged = await open({}, { inMemory: 1000 });
  assert.throws(() => damaged.read([0]), { name: "FormatError", message: /is damaged; delete its folder/ });
  const loader = createLoader({ dataset: damaged, batch: 8, seed: 3 });
  await assert.rejects(async () => await loader.next(), { name: "RunError", message: /is damaged/ });
  await loader.close();
});

test("an interrupted decoding goes on where it was, and gives the same set", async () => {
  const names = Array.from(
    { length: 40 },
    (_, at) => `${at < 20 ? "cat" : "dog"}/${String(at).padStart(2, "0")}.png`,
  );
  const files = { ...(await pictures(names)), "cat/05.png": "broken", "dog/25.png": "broken" };
  const whole = await (await place(files)).open();
  const { open, said, root } = await place(files);
  for (const stopAt of [7, 24, 39]) {
    const stop = new AbortController();
    await assert.rejects(
      open(
        {},
        {
          signal: stop.signal,
          onProgress: ({ what, done }: { what: string; done: number }) => {
            if (what.startsWith("decoding") && done === stopAt) stop.abort(new Error("stopped"));
          },
        },
      ),
      /stopped/,
    );
    assert.deepEqual(
      (await readdir(join(root, "home", "cache", "images"))).map((name) => name.replace(/^\w+/, "")),
      [".partial"],
    );
  }
  const decoded: number[] = [];
  const resumed = await open(
    {},
    {
      onProgress: ({ what, done }: { what: string; done: number }) => {
        if (what.startsWith("decoding")) decoded.push(done);
      },
    },
  );
  assert.deepEqual(decoded, [40]);
  assert.match(
    said[0]!,
    /^note: going on at image 39 of decoding set: 40 images of 3x8x8 into .*home\/cache\/images/,
  );
  assert.deepEqual([resumed.digest, resumed.leftOut], [whole.digest, whole.leftOut]);
  assert.deepEqual(resumed.leftOut[0], {
    reason: "broken",
    count: 2,
    first: "cat/05.png",
    problem: "is not JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP",
  });
});

test("two that open the same set at once decode it once", async () => {
  const names = Array.from({ length: 60 }, (_, at) => `${at}.png`);
  const { open } = await place(await pictures(names));
  let decoded = 0;
  let waited = 0;
  const context = {
    onProgress: ({ what }: { what: string }) => {
      if (what.startsWith("decoding")) decoded++;
      if (what.startsWith("waiting")) waited++;
    },
  };
  const [a, b] = await Promise.all([open({}, context), open({}, context)]);
  assert.equal(a!.digest, b!.digest);
  assert.equal(decoded, 60);
  assert.ok(waited >= 1);
});

test("a disk that is too small is refused with numbers before anything is decoded", async () => {
  const root = await temporaryFolder();
  // Two million images of one pixel, each 1024 by 1024: two terabytes.
  await writeFile(
    join(root, "dots-idx3-ubyte"),
    encodeIdx({ shape: [2e6, 1, 1], data: new Uint8Array(2e6) }),
  );
  await assert.rejects(
    openDataset({ path: "dots-idx3-ubyte", size: 1024 }, { cwd: root, home: join(root, "home") }),
    {
      name: "RunError",
      message:
        /^dots-idx3-ubyte: its 2,000,000 images of 1x1024x1024, decoded, need 2\.1 TB more in .*home\/cache\/images, where \d+\.\d [GMT]B are free; free some, set GANTRY_HOME/,
    },
  );
});

test("images of different sizes need one, and none at all is said", async () => {
  const { open } = await place({
    "a.png": await plainPng([1, 2, 3], 8),
    "b.png": await plainPng([1, 2, 3], 9),
  });
  await assert.rejects(open(), {
    name: "FormatError",
    message: /set: its images differ in size: a\.png is 8x8, b\.png is 9x9; give a size/,
  });
  assert.equal((await open({ size: 8 })).count, 2);
  const broken = await place({ "a.png": "x", "b.png": "y" });
  await assert.rejects(broken.open(), {
    name: "FormatError",
    message: /none of 2 images can be decoded; the first: a\.png: is not JPEG/,
  });
});

test("the name and the path of a data set are not empty", async () => {
  const { open } = await place({});
  for (const spec of [{ name: "" }, { path: "" }, { path: "  " }, { name: " " }])
    await assert.rejects(open(spec), usage(/of the data set is empty/));
});
