import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { formatError, temporaryFolder } from "../testing/helpers.js";
import { archives, everyArchive, picture, writeFiles } from "../testing/images.js";
import { openImageArchive } from "./archive.js";

const red = await picture("png");
/** As StyleGAN's dataset tool makes them: shards that are no classes. */
const shards = { "00000/img00000000.png": red, "00000/img00000001.png": red, "00001/img00001000.png": red };
const json = (labels: unknown) => JSON.stringify({ labels });
const good = json([
  ["00000/img00000000.png", 3],
  ["00000/img00000001.png", 0],
  ["00001/img00001000.png", 3],
]);

test("StyleGAN's dataset.json: its labels are the classes, not the shards", async () => {
  await everyArchive({ ...shards, "dataset.json": good }, (archive) => {
    assert.deepEqual([archive.classes, archive.labelSource], [["0", "3"], "dataset.json"]);
    assert.deepEqual(
      archive.images.map(({ label }) => label),
      [1, 0, 1],
    );
    assert.deepEqual([archive.leftOut, archive.strangers, archive.emptyFolders], [[], [], []]);
  });
  // A folder around everything, and Windows' separators.
  const inside = Object.fromEntries(Object.entries(shards).map(([name, bytes]) => [`set/${name}`, bytes]));
  for (const text of [good, good.replaceAll("/", "\\\\"), `\ufeff${good.replaceAll('["0', '["set/0')}`])
    await everyArchive({ ...inside, "set/dataset.json": text }, (archive) => {
      assert.deepEqual(archive.classes, ["0", "3"]);
    });
});

test("labels: null means that there are no classes", async () => {
  await everyArchive({ ...shards, "dataset.json": json(null) }, (archive) => {
    assert.deepEqual([archive.classes, archive.labelSource], [undefined, "dataset.json"]);
    assert.equal(archive.images.length, 3);
  });
});

test("a dataset.json that speaks of no labels is another file, and said", async () => {
  const files = { "cat/a.png": red, "dog/b.png": red, "dataset.json": '{"info": 1}' };
  await everyArchive(files, (archive) => {
    assert.deepEqual([archive.classes, archive.labelSource], [["cat", "dog"], "folders"]);
    assert.deepEqual(archive.leftOut[0], {
      reason: "unknown",
      count: 1,
      first: "dataset.json",
      problem: undefined,
    });
  });
});

test("broken dataset.json: one line that says what is wrong", async () => {
  const name = "00000/img00000000.png";
  const cases: [string, RegExp][] = [
    ["{", /dataset\.json: is not JSON; labels are written/],
    ["", /is not JSON/],
    [json([]), /has no list of labels/],
    [json("x"), /has no list of labels/],
    [json([[name, 1.5]]), /the label of "00000\/img00000000\.png" is 1\.5, not a whole number/],
    [json([[name, -1]]), /is -1, not a whole/],
    [json([[name, null]]), /is null, not a whole/],
    [json([[name, "3"]]), /is "3", not a whole/],
    [json([[name, true]]), /is true, not a whole/],
    [json([[name, [0, 1]]]), /is \[0,1\], not a whole/],
    [json([[name]]), /label 0 is .*, not a name and a number/],
    [json([3]), /label 0 is 3, not a name and a number/],
    [
      json([
        [name, 1],
        [name, 2],
      ]),
      /gives .* two labels, 1 and 2/,
    ],
    [
      json([
        [name, 1],
        ["typo.png", 2],
      ]),
      /has no label for 2 of 3 images \(the first: "00000\/img00000001\.png"\), and it names "typo\.png"/,
    ],
  ];
  for (const [text, message] of cases)
    for (const path of await archives({ ...shards, "dataset.json": text }))
      await assert.rejects(openImageArchive(path), formatError(message), text);
});

test("names in labels that are no images are counted, not refused", async () => {
  const more = good.replace("]]", '],["gone.png",1]]');
  await everyArchive({ ...shards, "dataset.json": more }, (archive) => {
    assert.deepEqual([archive.classes, archive.strangers], [["0", "3"], ["gone.png"]]);
  });
});

test("a CSV of names or numbers, instead of folders and of dataset.json", async () => {
  const csv = join(await temporaryFolder(), "labels.csv");
  const files = { "cat/a, b.png": red, "dog/ü.png": red, "dataset.json": good };
  const texts: [string, string[], number[]][] = [
    ['file,label\n"cat/a, b.png",wild\ndog/ü.png,tame\n', ["tame", "wild"], [1, 0]],
    ['\ufeff"cat/a, b.png", 10\r\ndog/u\u0308.png,9\r\n\r\n', ["9", "10"], [1, 0]],
    ['Filename,Class\n"./cat/a, b.png",1\n"dog\\ü.png",1\n', ["1"], [0, 0]],
  ];
  for (const [text, classes, labels] of texts) {
    await writeFile(csv, text);
    await everyArchive(
      files,
      (archive) => {
        assert.deepEqual([archive.classes, archive.labelSource], [classes, "labels.csv"]);
        assert.deepEqual(
          archive.images.map(({ label }) => label),
          labels,
        );
      },
      csv,
    );
  }
});

test("a file of labels that lies among the images is not left out", async () => {
  const root = await temporaryFolder();
  await writeFiles(root, {
    "a.png": red,
    "labels/dataset.json": '{"labels": [["a.png", 4]]}',
    "own.csv": "a.png,x",
  });
  for (const [file, classes, others] of [
    ["labels/dataset.json", ["4"], "own.csv"],
    ["own.csv", ["x"], "labels/dataset.json"],
  ] as const) {
    const archive = await openImageArchive(root, { labels: join(root, file) });
    assert.deepEqual([archive.classes, archive.leftOut.map(({ first }) => first)], [classes, [others]]);
  }
});

test("broken CSV: the line and what is wrong with it", async () => {
  const csv = join(await temporaryFolder(), "labels.csv");
  const [path] = await archives({ "a.png": red, "b.png": red });
  const cases: [string, RegExp][] = [
    ["", /has no labels; its lines are file,label/],
    ["file,label\n", /has no labels/],
    ["a.png,1\nb.png\n", /line 2 has 1 columns, not 2/],
    ["a.png,1,2\n", /line 1 has 3 columns/],
    ["a.png,1\nb.png,\n", /line 2: "b\.png" has no label/],
    ["a.png,1\nb.png,None\n", /line 2: "b\.png" has the label None/],
    ["a.png,1\nb.png,1.5\n", /the label of "b\.png" is "1\.5", not a whole number/],
    ["a.png,1\nb.png,cat\n", /the label of "b\.png" is "cat", not a whole number/],
    ["a.png,1.5\nb.png,2.5\n", /the label of "a\.png" is "1\.5"/],
    ["a.png,-1\nb.png,2\n", /is "-1", not a whole/],
    [",1\n", /line 1 names no file/],
    ["a.png,1\n", /has no label for 1 of 2 images \(the first: "b\.png"\)/],
    ["x/a.png,1\nx/b.png,1\n", /no label for 2 of 2 images .* it names "x\/a\.png"/],
    ['a.png,"1\n', /is not CSV/],
    ["a.png,1\na.png,2\nb.png,1\n", /gives "a\.png" two labels, 1 and 2/],
  ];
  for (const [text, message] of cases) {
    await writeFile(csv, text);
    await assert.rejects(openImageArchive(path!, { labels: csv }), formatError(message), text);
  }
  await assert.rejects(
    openImageArchive(path!, { labels: `${csv}.gone` }),
    formatError(/cannot read labels: no such file/),
  );
});
