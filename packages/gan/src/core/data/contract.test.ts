/** What every data set promises, checked for all there are. A new one is picked up from its file in datasets/. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { encodeCifar, encodeIdx, writeZip } from "@gantry/formats";
import { plainPng, repository, temporaryFolder } from "../../testing/datasets.js";
import { dataContext } from "./context.js";
import { type Dataset, isPoints } from "./dataset.js";
import { openDataset } from "./open.js";
import { datasets, listDatasets } from "./registry.js";

const home = await temporaryFolder();
const context = dataContext({ cwd: repository, home });

/** Files for the data sets that are opened by path, and for one that is rarely there. */
const samples: Readonly<Record<string, string>> = {
  images: join(home, "sample.zip"),
  idx: join(home, "sample-images-idx3-ubyte.gz"),
  cifar100: join(home, "data", "cifar-100-binary"),
  points: join(home, "points.csv"),
};

before(async () => {
  const pictures = [..."abcdefgh"].map(async (name, place) => ({
    name: `${place % 2 === 0 ? "cat" : "dog"}/${name}.png`,
    data: await plainPng([place, 2 * place, 3 * place]),
  }));
  await writeZip(samples.images!, await Promise.all(pictures));

  await writeFile(samples.points!, Array.from({ length: 9 }, (_, i) => `${i},${i * i}`).join("\n"));

  const images = { shape: [5, 3, 4], data: Uint8Array.from({ length: 60 }, (_, at) => at) };
  await writeFile(samples.idx!, encodeIdx(images, { gzip: true }));
  const labels = { shape: [5], data: Uint8Array.of(0, 1, 2, 1, 0) };
  await writeFile(join(home, "sample-labels-idx1-ubyte"), encodeIdx(labels));

  await mkdir(samples.cifar100!, { recursive: true });
  for (const file of ["train.bin", "test.bin"]) {
    const count = 6;
    const pixels = Uint8Array.from({ length: count * 3072 }, (_, at) => at * 7);
    const records = {
      count,
      images: pixels,
      labels: Uint8Array.of(0, 99, 3, 4, 5, 6),
      coarse: Uint8Array.of(0, 19, 1, 2, 3, 4),
    };
    await writeFile(join(samples.cifar100!, file), encodeCifar(records));
  }
});

/** The smallest form of a data set that its options allow. */
function smallest(options: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return {
    ...(name in samples ? { path: samples[name] } : {}),
    ...("limit" in options ? { limit: 50 } : {}),
    ...("count" in options ? { count: 50 } : {}),
  };
}

for (const [name, definition] of await datasets.all()) {
  suite(`data set ${name}`, async () => {
    const spec = { name, ...smallest(definition.options.shape, name) };
    const location = await definition.locate?.(context);
    const absent = location !== undefined && location.path === undefined && !(name in samples);
    // Opened once for all tests that do not ask for it anew.
    let opened: Promise<Dataset> | undefined;
    const open = () => {
      opened ??= openDataset(spec, context);
      return opened;
    };
    const skip = absent && `${name} is not on this machine: ${location.remedies.join(", or ")}`;

    test("items have the shape and the type promised, and labels are in range", { skip }, async () => {
      const dataset = await open();
      const { count, shape, kind, classes } = dataset;
      assert.ok(Number.isInteger(count) && count >= 1);
      assert.equal(shape.length, kind === "images" ? 3 : 1);
      assert.ok(shape.every((length) => Number.isInteger(length) && length >= 1));
      const size = shape.reduce((product, length) => product * length, 1);
      const every = Uint32Array.from({ length: count }, (_, item) => item);
      const data = dataset.read(every);
      assert.ok(kind === "images" ? data instanceof Uint8Array : data instanceof Float32Array);
      assert.equal(data.length, count * size);
      assert.ok(data.every((value) => Number.isFinite(value)));
      assert.ok(new Set(data).size > 1, "every value is the same");
      const labels = dataset.labels(every);
      assert.equal(labels === undefined, classes === undefined);
      if (labels !== undefined && classes !== undefined) {
        assert.equal(labels.length, count);
        assert.ok(labels.every((label) => label >= 0 && label < classes.length));
        assert.equal(new Set(classes).size, classes.length);
      }
      if (isPoints(dataset)) {
        assert.equal(dataset.modes.length, classes?.length);
        assert.ok(dataset.modes.every(({ mean, std }) => mean.length === shape[0] && std > 0));
      }
    });

    test("items are read in the order asked for, into memory of their own", { skip }, async () => {
      const dataset = await open();
      const last = dataset.count - 1;
      const size = dataset.shape.reduce((product, length) => product * length, 1);
      const one = dataset.read([last]);
      const three = dataset.read([last, 0, last]);
      assert.deepEqual(three.slice(0, size), one);
      assert.deepEqual(three.slice(2 * size), one);
      assert.deepEqual(three.slice(size, 2 * size), dataset.read(Uint32Array.of(0)));
      const before = Array.from(one);
      one.fill(99);
      assert.deepEqual(Array.from(dataset.read([last])), before);
      assert.equal(dataset.read([]).length, 0);
    });

    test("the same data, opened again, is the same; its digest tells it from other data", {
      skip,
    }, async () => {
      const [first, second] = [await open(), await openDataset(spec, context)];
      assert.match(first.digest, /^[0-9a-f]{64}$/);
      assert.equal(first.digest, second.digest);
      assert.deepEqual(first.read([0]), second.read([0]));
      assert.deepEqual(first.labels([0]), second.labels([0]));
      const fewer = { ...spec, ...("limit" in spec ? { limit: 2 } : { count: 2 }) };
      const other = await openDataset(fewer, context);
      assert.equal(other.count, 2);
      assert.notEqual(other.digest, first.digest);
    });

    test("an index outside is a RangeError", { skip }, async () => {
      const dataset = await open();
      for (const index of [-1, dataset.count, 0.5, Number.NaN]) {
        assert.throws(() => dataset.read([0, index]), RangeError);
        assert.throws(() => dataset.labels([0, index]), RangeError);
      }
    });

    test("images come in the size asked for", {
      skip: skip || !("size" in definition.options.shape),
    }, async () => {
      // Scaling all of a large set takes seconds.
      const wanted = "limit" in spec ? { size: 16 } : { size: 32, fit: "pad" };
      const dataset = await openDataset({ ...spec, ...wanted }, context);
      assert.deepEqual(dataset.shape.slice(1), [wanted.size, wanted.size]);
      assert.equal(dataset.read([0]).length, dataset.shape[0]! * wanted.size ** 2);
    });

    test("an unknown option is refused, with the nearest", { skip }, async () => {
      const key = Object.keys(definition.options.shape)[0]!;
      await assert.rejects(openDataset({ ...spec, [`${key}x`]: 1 }, context), {
        name: "UsageError",
        exitCode: 2,
        message: new RegExp(`data set [^ ]+: unknown option '${key}x'; did you mean '${key}'\\?`),
      });
    });
  });
}

test("data sets are listed with where they are", async () => {
  const listed = await listDatasets(context);
  assert.deepEqual(
    listed.map(({ name }) => name),
    [...(await datasets.all()).keys()],
  );
  const find = (name: string) => listed.find((one) => one.name === name)!;
  assert.equal(find("ring").available, true);
  assert.equal(find("images").available, false);
  assert.equal(find("cifar100").path, samples.cifar100);
  for (const { available, remedies } of listed) assert.equal(remedies.length === 0, available);
});
