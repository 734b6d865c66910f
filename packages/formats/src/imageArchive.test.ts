import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { decodeImages, openImageArchive } from "./imageArchive.js";
import { formatError, temporaryFolder } from "./testing.js";
import { writeZip } from "./zip.js";

type Colour = readonly [red: number, green: number, blue: number];

async function picture(
  format: "png" | "jpeg" | "webp",
  [r, g, b]: Colour,
  width = 8,
  height = 8,
): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
  return await image.toFormat(format, format === "webp" ? { lossless: true } : {}).toBuffer();
}

/** Writes the same files as a folder and as a zip. */
async function archives(files: Record<string, Uint8Array>): Promise<string[]> {
  const root = await temporaryFolder();
  const folder = join(root, "folder");
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const zip = join(root, "images.zip");
  await writeZip(
    zip,
    Object.entries(files).map(([name, data]) => ({ name, data })),
  );
  return [folder, zip];
}

const RED: Colour = [250, 10, 20];
const noise = Uint8Array.of(1, 2, 3);

test("class folders, order and what is passed over", async () => {
  const red = await picture("png", RED);
  const paths = await archives({
    "pets/dog/b.PNG": red,
    "pets/dog/a.jpg": await picture("jpeg", RED),
    "pets/cat/deep/x.webp": await picture("webp", RED),
    "pets/cat/.hidden.png": red,
    "pets/readme.txt": noise,
    "__MACOSX/pets/cat/._x.png": red,
  });
  for (const path of paths) {
    const archive = await openImageArchive(path);
    assert.deepEqual(archive.classes, ["cat", "dog"]);
    assert.deepEqual(archive.splits, []);
    assert.deepEqual(archive.images, [
      { name: "pets/cat/deep/x.webp", label: 0, split: undefined },
      { name: "pets/dog/a.jpg", label: 1, split: undefined },
      { name: "pets/dog/b.PNG", label: 1, split: undefined },
    ]);
    const decoded = await decodeImages(archive, { strict: true });
    assert.deepEqual([decoded.count, decoded.shape], [3, [3, 8, 8]]);
    for (let image = 0; image < 3; image++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = (image * 3 + channel) * 64;
        // JPEG is not exact.
        for (const value of decoded.data.subarray(at, at + 64)) {
          assert.ok(Math.abs(value - RED[channel]!) <= 3, `${value}`);
        }
      }
    }
    await archive.close();
  }
});

test("images beside folders have no classes; splits are told from classes", async () => {
  const red = await picture("png", RED);
  for (const path of await archives({ "a.png": red, "more/b.png": red })) {
    const archive = await openImageArchive(path);
    assert.equal(archive.classes, undefined);
    assert.equal(archive.images.length, 2);
    await archive.close();
  }
  const files = { "Train/cat/1.png": red, "Train/dog/2.png": red, "test/dog/3.png": red };
  for (const path of await archives(files)) {
    const all = await openImageArchive(path);
    assert.deepEqual([all.splits, all.images.length], [["train", "test"], 3]);
    const only = await openImageArchive(path, { split: "test" });
    // The test split has no cat, and dog keeps its number.
    assert.deepEqual(
      [only.classes, only.images],
      [["cat", "dog"], [{ name: "test/dog/3.png", label: 1, split: "test" }]],
    );
    await assert.rejects(
      openImageArchive(path, { split: "val" }),
      formatError(/has the splits train, test, so no/),
    );
    await all.close();
    await only.close();
  }
});

test("broken images are skipped and counted, or refused", async () => {
  const red = await picture("png", RED);
  const jpeg = await picture("jpeg", RED, 64, 64);
  const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
  const files = { "0.png": noise, "1.png": red, "2.jpg": jpeg.subarray(0, -9), "3.png": svg, "4.png": red };
  for (const path of await archives(files)) {
    const archive = await openImageArchive(path);
    const decoded = await decodeImages(archive);
    assert.equal(decoded.count, 2);
    assert.deepEqual(
      decoded.images.map(({ name }) => name),
      ["1.png", "4.png"],
    );
    assert.deepEqual(
      decoded.skipped.map(({ name }) => name),
      ["0.png", "2.jpg", "3.png"],
    );
    assert.equal(decoded.data.length, 2 * 192);
    assert.deepEqual(decoded.data.subarray(0, 192), decoded.data.subarray(192));
    await assert.rejects(decodeImages(archive, { strict: true }), formatError(/the image 0\.png is broken/));
    await assert.rejects(
      decodeImages(archive, { images: archive.images.slice(0, 1) }),
      formatError(/its one image cannot be decoded/),
    );
    await archive.close();
  }
});

test("sizes: refused when they differ, cut or squeezed when one is given", async () => {
  // Left half black, right half white, twice as wide as high.
  const halves = await sharp({ create: { width: 64, height: 32, channels: 3, background: "black" } })
    .composite([{ input: await picture("png", [255, 255, 255], 32, 32), left: 32, top: 0 }])
    .png()
    .toBuffer();
  const [folder] = await archives({ "a.png": halves, "b.png": await picture("png", RED, 32, 32) });
  const archive = await openImageArchive(folder!);
  await assert.rejects(
    decodeImages(archive),
    formatError(/its images differ in size: a\.png is 64x32, b\.png is 32x32; give a size/),
  );
  for (const fit of ["resize", "centre-crop"] as const) {
    const { shape, data } = await decodeImages(archive, { size: 16, fit });
    assert.deepEqual(shape, [3, 16, 16]);
    assert.ok(data[0]! < 20 && data[15]! > 235, "dark on the left, bright on the right");
  }
});

test("grey is BT.601 luma, grey and transparent files become three channels", async () => {
  const grey = await sharp(Uint8Array.of(0, 100, 200, 255), { raw: { width: 2, height: 2, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
  const clear = await sharp({
    create: { width: 2, height: 2, channels: 4, background: { r: 250, g: 10, b: 20, alpha: 0.5 } },
  })
    .png()
    .toBuffer();
  const [folder] = await archives({ "a.png": grey, "b.png": clear });
  const archive = await openImageArchive(folder!);
  const colour = await decodeImages(archive);
  assert.deepEqual([...colour.data.subarray(0, 12)], [0, 100, 200, 255, 0, 100, 200, 255, 0, 100, 200, 255]);
  assert.deepEqual([colour.data[12], colour.data[16], colour.data[20]], [250, 10, 20]);
  const single = await decodeImages(archive, { channels: 1 });
  assert.deepEqual([...single.data.subarray(0, 5)], [0, 100, 200, 255, 83]); // .299 * 250 + .587 * 10 + .114 * 20
});

test("the fingerprint follows the content; nothing, missing and aborted are said", async () => {
  const red = await picture("png", RED);
  const zips = [];
  for (const bytes of [red, red, await picture("png", [1, 2, 3])]) {
    const [, zip] = await archives({ "a.png": bytes, "notes.txt": noise });
    const archive = await openImageArchive(zip!);
    zips.push(archive.fingerprint);
    await archive.close();
  }
  assert.equal(zips[0], zips[1]);
  assert.notEqual(zips[0], zips[2]);

  const [empty] = await archives({ "notes.txt": noise });
  await assert.rejects(openImageArchive(empty!), formatError(/holds no JPEG, PNG or WebP images/));
  await assert.rejects(openImageArchive(join(empty!, "gone")), formatError(/no such file or folder/));

  const [loop] = await archives({ "a.png": red, "b.png": red });
  await symlink(".", join(loop!, "again"));
  const archive = await openImageArchive(loop!);
  assert.equal(archive.images.length, 2);
  const stop = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(decodeImages(archive, { signal: stop }), /stopped/);
});
