/** Data sets that are known by name, on small samples in their true formats. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeZip } from "@gantry/formats";
import sharp from "sharp";
import { repository, temporaryFolder } from "../../testing/datasets.js";
import { countClasses } from "./dataset.js";
import { openDataset } from "./open.js";

const usage = (message: RegExp) => ({ name: "UsageError", exitCode: 2, message });

const jpeg = (red: number, width = 10, height = 12) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .jpeg({ quality: 100 })
    .toBuffer();

async function place() {
  const root = await temporaryFolder();
  const said: string[] = [];
  const context = {
    cwd: root,
    home: join(root, "home"),
    onNotice: (message: string) => void said.push(message),
  };
  const open = (spec: Parameters<typeof openDataset>[0]) => openDataset(spec, context);
  return { root, said, open };
}

test("STL-10: planes of columns, labels from 1, photographs without labels", async () => {
  const { root, open } = await place();
  await assert.rejects(open("stl10"), usage(/stl10 is not on this machine[\s\S]*gantry data fetch stl10/));
  const folder = join(root, "data", "stl10_binary");
  await mkdir(folder, { recursive: true });
  const side = 96;
  // The byte at column x, row y of channel c is x + 2y + 3c + i, and columns come first.
  const images = (count: number) => {
    const bytes = new Uint8Array(count * 3 * side * side);
    let at = 0;
    for (let i = 0; i < count; i++)
      for (let c = 0; c < 3; c++)
        for (let x = 0; x < side; x++) for (let y = 0; y < side; y++) bytes[at++] = x + 2 * y + 3 * c + i;
    return bytes;
  };
  for (const [name, bytes] of [
    ["train_X.bin", images(4)],
    ["train_y.bin", Uint8Array.of(1, 10, 3, 10)],
    ["test_X.bin", images(3)],
    ["test_y.bin", Uint8Array.of(2, 2, 2)],
    ["unlabeled_X.bin", images(5)],
  ] as const)
    await writeFile(join(folder, name), bytes);
  const train = await open("stl10");
  assert.deepEqual([train.count, train.shape, train.classes], [4, [3, 96, 96], ["airplane", "car", "truck"]]);
  assert.deepEqual([...train.labels([0, 1, 2, 3])!], [0, 2, 1, 2]);
  const image = train.read([2]);
  for (const [c, y, x] of [
    [0, 0, 5],
    [1, 7, 0],
    [2, 95, 95],
  ] as const)
    assert.equal(image[(c * side + y) * side + x], (x + 2 * y + 3 * c + 2) % 256);
  const unlabelled = await open({ name: "stl10", split: "unlabeled", size: 48 });
  assert.deepEqual([unlabelled.count, unlabelled.shape, unlabelled.classes], [5, [3, 48, 48], undefined]);
  assert.equal((await open({ path: folder, split: "all" })).count, 7);
  await writeFile(join(folder, "train_y.bin"), Uint8Array.of(1, 11, 3, 10));
  await assert.rejects(open("stl10"), { name: "FormatError", message: /has the label 11, outside 1\.\.10/ });
  await writeFile(join(folder, "test_X.bin"), images(1).subarray(1));
  await assert.rejects(open({ name: "stl10", split: "test" }), {
    name: "FormatError",
    message: /test_X\.bin: has 27,647 bytes, no whole number of images/,
  });
});

test("CelebA: the aligned images as a folder and as the official zip, in the official partition", async () => {
  const { root, open } = await place();
  await assert.rejects(
    open("celeba"),
    usage(/CelebA\.html put img_align_celeba\.zip and list_eval_partition\.txt/),
  );
  const names = [1, 2, 3, 4, 5].map((number) => `${String(number).padStart(6, "0")}.jpg`);
  const entries = await Promise.all(
    names.map(async (name, at) => ({
      name: `img_align_celeba/${name}`,
      data: await jpeg(40 * at, 178, 218),
    })),
  );
  const folder = join(root, "data", "celeba");
  await mkdir(folder, { recursive: true });
  await writeZip(join(folder, "img_align_celeba.zip"), entries);
  await assert.rejects(open("celeba"), usage(/has no list_eval_partition\.txt.*set data\.split=all/));
  assert.equal((await open({ name: "celeba", split: "all" })).count, 5);
  const partition = join(folder, "list_eval_partition.txt");
  await writeFile(partition, names.map((name, at) => `${name} ${[0, 1, 0, 2, 0][at]}\n`).join(""));
  const train = await open({ name: "celeba", size: 64 });
  assert.deepEqual([train.count, train.shape, train.classes], [3, [3, 64, 64], undefined]);
  assert.ok(Math.abs(train.read([1])[0]! - 80) <= 2, "the third image");
  assert.deepEqual((await open("celeba")).shape, [3, 218, 178]);
  assert.equal((await open({ name: "celeba", split: "test" })).count, 1);
  // As torchvision lays it out, and by path.
  const other = join(root, "elsewhere");
  await mkdir(join(other, "img_align_celeba"), { recursive: true });
  for (const { name, data } of entries) await writeFile(join(other, name), data);
  await cp(partition, join(other, "list_eval_partition.txt"));
  const moved = await open({ path: "elsewhere", split: "val", size: 16 });
  assert.deepEqual([moved.name, moved.count], ["celeba", 1]);
  await writeFile(partition, "000001.jpg zero\n");
  await assert.rejects(open("celeba"), {
    name: "FormatError",
    message: /line 1 is not a file's name and 0, 1 or 2/,
  });
});

test("LSUN: the official LMDB folders, by category and split, and by path", async (t) => {
  const golden = join(repository, "packages", "formats", "golden", "bedroom_val_lmdb");
  const { root, open } = await place();
  await assert.rejects(open("lsun"), usage(/unpack the official bedroom_train_lmdb\.zip/));
  const folder = join(root, "data", "lsun");
  await mkdir(folder, { recursive: true });
  await symlink(golden, join(folder, "bedroom_val_lmdb"));
  await assert.rejects(open("lsun"), usage(/has no bedroom_train_lmdb \(it has bedroom_val_lmdb\); unpack/));
  const dataset = await open({ name: "lsun", split: "val", size: 32 });
  assert.deepEqual(
    [dataset.name, dataset.count, dataset.shape, dataset.classes],
    ["lsun-bedroom_val", 121, [3, 32, 32], undefined],
  );
  // Image i of the script is all 2i: every grey once, but for the one of noise.
  const greys = Array.from({ length: 120 }, (_, at) => dataset.read([at])[0]!).sort((a, b) => a - b);
  assert.deepEqual(
    greys,
    Array.from({ length: 120 }, (_, at) => 2 * at),
  );
  assert.equal((await open({ path: golden, limit: 9 })).count, 9);
  t.diagnostic("made by the LMDB library: packages/formats/golden/make_golden_lmdb.py");
});

test("ImageNet: class folders, and the official archive of archives as it is", async () => {
  const { root, open, said } = await place();
  await assert.rejects(open("imagenet"), usage(/image-net\.org .*put ILSVRC2012_img_train\.tar into/));
  const folder = join(root, "data", "imagenet");
  const synsets = ["n01440764", "n01443537"];
  for (const [at, synset] of synsets.entries()) {
    await mkdir(join(folder, "train", synset), { recursive: true });
    for (let i = 0; i <= at; i++)
      await writeFile(join(folder, "train", synset, `${synset}_${i}.JPEG`), await jpeg(100 * at, 40 + i, 30));
  }
  const unpacked = await open("imagenet");
  assert.deepEqual([unpacked.count, unpacked.shape, unpacked.classes], [3, [3, 128, 128], synsets]);
  assert.deepEqual(countClasses(unpacked), [1, 2]);
  for (const synset of synsets)
    execFileSync("tar", ["-cf", join(folder, `${synset}.tar`), "-C", join(folder, "train", synset), "."]);
  execFileSync("tar", [
    "-cf",
    join(folder, "ILSVRC2012_img_train.tar"),
    "-C",
    folder,
    ...synsets.map((s) => `${s}.tar`),
  ]);
  await rm(join(folder, "train"), { recursive: true });
  const packed = await open({ name: "imagenet", size: 128 });
  assert.equal(packed.digest, unpacked.digest);
  await writeFile(join(folder, "a.JPEG"), await jpeg(9));
  execFileSync("tar", ["-cf", join(folder, "ILSVRC2012_img_val.tar"), "-C", folder, "a.JPEG"]);
  const val = await open({ name: "imagenet", split: "val", size: 32 });
  assert.deepEqual([val.count, val.classes], [1, undefined]);
  assert.match(said.join(), /are not in class folders, so they have no classes/);
});
