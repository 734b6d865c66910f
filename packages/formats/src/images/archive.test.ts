import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { formatError, golden, temporaryFolder } from "../testing/helpers.js";
import { archives, decodeAll, everyArchive, picture, RED, writeFiles } from "../testing/images.js";
import { type ImageArchive, openImageArchive } from "./archive.js";

const noise = Uint8Array.of(1, 2, 3);
const red = await picture("png");
const names = (archive: ImageArchive) => archive.images.map(({ name }) => name);
/** `reason count first`, of every reason. */
const leftOut = (archive: ImageArchive) =>
  archive.leftOut.map(({ reason, count, first }) => `${reason} ${count} ${first}`);

test("class folders, order, and every other file by its reason", async () => {
  const files = {
    "pets/dog/b.PNG": red,
    "pets/dog/a.jpg": await picture("jpeg"),
    "pets/cat/deep/x.webp": await picture("webp"),
    "pets/cat/.hidden.png": red,
    "pets/cat/.git/config": noise,
    "pets/cat/raw.CR2": noise,
    "pets/cat/ünï.heic": noise,
    "pets/readme.txt": noise,
    "pets/cat/list": noise,
    "__MACOSX/pets/cat/._x.png": red,
  };
  await everyArchive(files, async (archive) => {
    assert.deepEqual([archive.classes, archive.labelSource], [["cat", "dog"], "folders"]);
    assert.deepEqual([archive.splits, archive.emptyFolders], [[], []]);
    assert.deepEqual(archive.images, [
      { name: "pets/cat/deep/x.webp", label: 0, split: undefined },
      { name: "pets/dog/a.jpg", label: 1, split: undefined },
      { name: "pets/dog/b.PNG", label: 1, split: undefined },
    ]);
    assert.deepEqual(leftOut(archive), [
      "unsupported 2 pets/cat/raw.CR2",
      "unknown 2 pets/cat/list",
      "hidden 3 __MACOSX/pets/cat/._x.png",
    ]);
    const { decoded, problems } = await decodeAll(archive);
    assert.deepEqual([[...decoded.keys()], problems.size], [names(archive), 0]);
    // JPEG is not exact.
    for (const pixels of decoded.values())
      for (const [at, value] of pixels.entries())
        assert.ok(Math.abs(value - RED[Math.floor(at / 64)]!) <= 3, `${value}`);
  });
});

test("pictures beside folders: left out where the folders hold most, else there are no classes", async () => {
  await everyArchive({ "a.png": red, "more/b.png": red }, (archive) => {
    assert.deepEqual([archive.classes, names(archive)], [undefined, ["a.png", "more/b.png"]]);
    assert.deepEqual(archive.leftOut, []);
  });
  await everyArchive({ "a.png": red, "cat/b.png": red, "dog/c.png": red }, (archive) => {
    assert.deepEqual(
      [archive.classes, names(archive)],
      [
        ["cat", "dog"],
        ["cat/b.png", "dog/c.png"],
      ],
    );
    assert.deepEqual(leftOut(archive), ["loose 1 a.png"]);
  });
  await everyArchive({ "cover.png": red, "pets/cat/b.png": red, "pets/dog/c.png": red }, (archive) => {
    assert.deepEqual([archive.classes, leftOut(archive)], [["cat", "dog"], ["loose 1 cover.png"]]);
  });
  const most = { "1.png": red, "2.png": red, "3.png": red, "bad/4.png": red, "worse/5.png": red };
  await everyArchive(most, (archive) => {
    assert.deepEqual([archive.classes, archive.images.length, archive.leftOut], [undefined, 5, []]);
  });
});

test("splits are told from classes, also with a picture beside them", async () => {
  const files = { "Train/cat/1.png": red, "Train/dog/2.png": red, "test/dog/3.png": red, "x.png": red };
  await everyArchive(files, (archive) => {
    assert.deepEqual(archive.splits, ["train", "test"]);
    assert.deepEqual([archive.classes, leftOut(archive)], [["cat", "dog"], ["loose 1 x.png"]]);
    assert.deepEqual(archive.images.at(-1), { name: "test/dog/3.png", label: 1, split: "test" });
  });
});

test("folders without images beside classes are named", async () => {
  const files = { "cat/1.png": red, "dog/2.png": red, "bird/notes.txt": noise };
  await everyArchive(files, (archive) => {
    assert.deepEqual([archive.classes, archive.emptyFolders], [["cat", "dog"], ["bird"]]);
  });
  await everyArchive({ "cat/1.png": red, "dog/x.txt": noise }, (archive) => {
    assert.deepEqual([archive.classes, archive.emptyFolders], [undefined, ["dog"]]);
  });
  const root = await temporaryFolder();
  await writeFiles(root, { "cat/1.png": red, "dog/2.png": red });
  await mkdir(join(root, "empty"));
  await mkdir(join(root, ".cache"));
  const folder = await openImageArchive(root);
  assert.deepEqual([folder.classes, folder.emptyFolders], [["cat", "dog"], ["empty"]]);
});

test("broken images, by name", async () => {
  const jpeg = await picture("jpeg", RED, 64, 64);
  const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
  const files = {
    "0.png": noise,
    "1.png": red,
    "2.jpg": jpeg.subarray(0, -9),
    "3.png": svg,
    "4.png": red,
    "5.bmp": new Uint8Array(0),
    "6.gif": red.subarray(0, 40),
  };
  await everyArchive(files, async (archive) => {
    const { decoded, problems } = await decodeAll(archive);
    assert.deepEqual([...decoded.keys()], ["1.png", "4.png"]);
    assert.deepEqual([...problems.keys()], ["0.png", "2.jpg", "3.png", "5.bmp", "6.gif"]);
    assert.equal(problems.get("5.bmp"), "broken: is empty");
    assert.match(problems.get("0.png")!, /^broken: is not JPEG/);
  });
});

test("links: to files and folders, dead, in circles, to what is there already", async () => {
  const root = await temporaryFolder();
  const [folder, outside] = [join(root, "set"), join(root, "outside")];
  await writeFiles(folder, { "cat/1.png": red, "dog/2.png": red });
  await writeFiles(outside, { "bird/3.png": red, "4.png": red });
  await symlink(join(outside, "bird"), join(folder, "bird"));
  await symlink(join(outside, "4.png"), join(folder, "cat", "4.png"));
  await symlink(join(outside, "4.png"), join(folder, "dog", "4.png"));
  await symlink(join(folder, "cat", "1.png"), join(folder, "bird-1.png"));
  await symlink("..", join(folder, "dog", "again"));
  await symlink("gone.png", join(folder, "cat", "dead.png"));
  await symlink("turning.png", join(folder, "cat", "turning.png"));
  await link(join(folder, "dog", "2.png"), join(folder, "dog", "second.png"));
  execFileSync("mkfifo", [join(folder, "cat", "pipe.png")]);
  const archive = await openImageArchive(folder);
  assert.deepEqual(names(archive), ["bird/3.png", "cat/1.png", "cat/4.png", "dog/2.png"]);
  assert.deepEqual(leftOut(archive), [
    "twice 4 bird-1.png",
    "deadLink 2 cat/dead.png",
    "special 1 cat/pipe.png",
  ]);
  const tar = join(root, "a.tar");
  execFileSync("tar", ["--sort=name", "--exclude=pipe.png", "-cf", tar, "-C", folder, "."]);
  const packed = await openImageArchive(tar);
  assert.deepEqual(names(packed), ["cat/1.png", "dog/2.png"]);
  assert.deepEqual(
    packed.leftOut.map(({ reason, count }) => [reason, count]),
    [["inArchive", 7 + 1]],
  );
  await packed.close();
});

test("a link to a folder above, unreadable folders and files", async (t) => {
  const root = await temporaryFolder();
  await writeFiles(root, { "up/set/cat/1.png": red, "up/set/dog/2.png": red, "up/other/3.png": red });
  const set = join(root, "up", "set");
  await symlink("../..", join(set, "above"));
  const archive = await openImageArchive(set);
  assert.deepEqual(names(archive), ["above/up/other/3.png", "cat/1.png", "dog/2.png"]);
  assert.deepEqual(leftOut(archive), ["twice 1 above/up/set"]);

  if (process.getuid?.() === 0) return t.diagnostic("for root nothing is unreadable");
  await chmod(join(set, "cat", "1.png"), 0);
  await chmod(join(set, "dog"), 0);
  const closed = await openImageArchive(set);
  assert.deepEqual(leftOut(closed)[0], "unreadable 1 dog/");
  assert.equal((await decodeAll(closed)).problems.get("cat/1.png"), "unreadable: permission denied");
  await chmod(join(set, "dog"), 0o700);
});

test("names that are not text are counted, and no other is lost by them", async (t) => {
  const root = await temporaryFolder();
  await writeFiles(root, { "a.png": red, "ä.png": red });
  const odd = (text: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, "latin1")]);
  await writeFile(odd("b\xff.png"), red).catch(() => t.skip("this file system takes only text"));
  await mkdir(odd("c\xff"));
  await writeFile(odd("c\xff/d.png"), red);
  const archive = await openImageArchive(root);
  assert.deepEqual(names(archive), ["a.png", "ä.png"]);
  assert.deepEqual(archive.leftOut, [
    { reason: "notText", count: 2, first: "b\ufffd.png", problem: undefined },
  ]);
});

test("tar archives in a tar are folders, as in ImageNet's", async () => {
  const root = await temporaryFolder();
  await writeFiles(root, { "n01/a.JPEG": await picture("jpeg"), "n02/b.JPEG": await picture("jpeg") });
  for (const name of ["n01", "n02"])
    execFileSync("tar", ["-cf", join(root, `${name}.tar`), "-C", join(root, name), "."]);
  const outer = join(root, "train.tar");
  execFileSync("tar", ["-cf", outer, "-C", root, "n01.tar", "n02.tar"]);
  const archive = await openImageArchive(outer);
  assert.deepEqual(
    [archive.classes, names(archive)],
    [
      ["n01", "n02"],
      ["n01/a.JPEG", "n02/b.JPEG"],
    ],
  );
  assert.equal((await decodeAll(archive)).decoded.size, 2);
  await archive.close();
});

test("an LMDB folder is an archive of images", async () => {
  const archive = await openImageArchive(golden("bedroom_val_lmdb"));
  assert.deepEqual([archive.images.length, archive.classes, archive.leftOut], [121, undefined, []]);
  assert.equal((await decodeAll(archive, { size: 4 })).decoded.size, 121);
  await archive.close();
});

test("the fingerprint follows the content; nothing, missing and compressed are said", async () => {
  const prints = [];
  for (const bytes of [red, red, await picture("png", [1, 2, 3])]) {
    const [, zip] = await archives({ "a.png": bytes, "notes.txt": noise });
    const archive = await openImageArchive(zip!);
    prints.push(archive.fingerprint);
    await archive.close();
  }
  assert.equal(prints[0], prints[1]);
  assert.notEqual(prints[0], prints[2]);

  for (const path of await archives({ "notes.txt": noise, "b.heic": noise }))
    await assert.rejects(
      openImageArchive(path),
      formatError(
        /holds no images that can be read: its files are 1 in a format .*b\.heic: HEIC; convert.*1 of unknown kind \(the first: notes\.txt\)/,
      ),
    );
  const root = await temporaryFolder();
  await assert.rejects(openImageArchive(join(root, "gone")), formatError(/no such file or folder/));
  await assert.rejects(openImageArchive(root), formatError(/holds no images that can be read$/));
  await writeFiles(root, { "a.png": red });
  execFileSync("tar", ["-czf", join(root, "a.tgz"), "-C", root, "a.png"]);
  await assert.rejects(openImageArchive(join(root, "a.tgz")), formatError(/is compressed as a whole/));
  await writeFile(join(root, "cut.zip"), red);
  await assert.rejects(openImageArchive(join(root, "cut.zip")), formatError(/not a readable zip archive/));
});
