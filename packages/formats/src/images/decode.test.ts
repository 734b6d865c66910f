import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import sharp from "sharp";
import type { NamedArrays } from "../dtype.js";
import { readNpz } from "../npy.js";
import { formatError, golden } from "../testing/helpers.js";
import { type DecodeOptions, decodeImage } from "./decode.js";

const arrays: NamedArrays = await readNpz(golden("images.npz"));
const file = (name: string) => readFile(golden(`images/${name}`));

/** The pixels as the golden arrays have them, H,W,C. */
async function pixels(name: string, options: DecodeOptions = {}) {
  const { pixels: planes, shape } = await decodeImage(await file(name), name, options);
  const [channels, height, width] = shape;
  const data = Uint8Array.from(
    { length: planes.length },
    (_, at) => planes[(at % channels) * height * width + Math.floor(at / channels)]!,
  );
  return { shape: [height, width, channels], data };
}

function expected(name: string) {
  const { shape, data } = arrays.get(name)!;
  return { shape: [...shape], data: Uint8Array.from(data) };
}

test("cut and scaled as StyleGAN's tool does with Pillow, to the bit", async () => {
  for (const size of [16, 64]) {
    assert.deepEqual(await pixels("wide.png", { size }), expected(`wide-crop-${size}`));
    assert.deepEqual(await pixels("wide.png", { size, fit: "resize" }), expected(`wide-squeeze-${size}`));
  }
});

test("transparency is laid on the background before scaling, at the stored size too", async () => {
  for (const name of ["clear.png", "clear-grey.png", "clear.webp", "clear-palette.png"]) {
    for (const [colour, background] of [
      ["white", undefined],
      ["white", "#FFFFFF"],
      ["blue", "#204060"],
    ] as const) {
      assert.deepEqual(await pixels(name, { background }), expected(`${name}-${colour}`), name);
      assert.deepEqual(await pixels(name, { background, size: 6 }), expected(`${name}-${colour}-6`), name);
    }
  }
});

test("every EXIF orientation is turned upright", async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const turned = await pixels(`turned-${orientation}.jpg`);
    const { shape, data } = expected(`turned-${orientation}`);
    assert.deepEqual(turned.shape, shape);
    const worst = turned.data.reduce((most, value, at) => Math.max(most, Math.abs(value - data[at]!)), 0);
    assert.ok(worst <= 4, `orientation ${orientation}: ${worst} of 255 from Pillow's`);
  }
});

test("BMP of 1 to 32 bits, bottom up and top down", async () => {
  for (const name of ["1", "4", "8", "8-grey", "24", "24-down", "32"])
    assert.deepEqual(await pixels(`${name}.bmp`), expected(`${name}.bmp`), name);
  const whole = await file("24.bmp");
  await assert.rejects(decodeImage(whole.subarray(0, -20), "a.bmp"), formatError(/ends early/));
  await assert.rejects(decodeImage(whole.subarray(0, 20), "a.bmp"), formatError(/ends early/));
  const huge = Buffer.from(whole);
  huge.writeInt32LE(2_000_000_000, 18);
  await assert.rejects(decodeImage(huge, "a.bmp"), formatError(/claims to be 2000000000x7/));
});

test("CMYK becomes sRGB by the profile of libvips: white paper, black ink dark, inks their own colours", async () => {
  const { data } = await pixels("cmyk.jpg");
  const patch = (at: number) => [...data.subarray((4 * 48 + 8 * at + 4) * 3, (4 * 48 + 8 * at + 4) * 3 + 3)];
  const [white, cyan, magenta, yellow, black, all] = [0, 1, 2, 3, 4, 5].map(patch) as [
    number,
    number,
    number,
  ][];
  assert.ok(
    white!.every((value) => value >= 250),
    `${white}`,
  );
  assert.ok(cyan![0] < 60 && cyan![1] > 120 && cyan![2] > 180, `${cyan}`);
  assert.ok(magenta![1] < 90 && magenta![0] > 180, `${magenta}`);
  assert.ok(yellow![2] < 90 && yellow![0] > 220 && yellow![1] > 200, `${yellow}`);
  assert.ok(
    black!.every((value) => value < 70),
    `${black}`,
  );
  assert.ok(
    all!.every((value) => value < 30),
    `${all}`,
  );
});

test("the first picture of an animation and of a TIFF, and how many there were", async () => {
  for (const name of ["animated.gif", "pages.tiff"]) {
    const { pixels: planes, frames } = await decodeImage(await file(name), name);
    assert.deepEqual([planes[0], planes[36], planes[72], frames], [0xc8, 0x64, 0x32, 2], name);
  }
});

test("16 bits become 8 by the upper ones, and the largest value is told", async () => {
  for (const name of ["deep.png", "deep.tiff"]) {
    const { pixels: planes, deepest, shape } = await decodeImage(await file(name), name);
    assert.deepEqual([shape, deepest], [[3, 1, 6], 65_535], name);
    assert.deepEqual(
      [...planes],
      [1, 2, 3].flatMap(() => [0, 0, 1, 15, 156, 255]),
      name,
    );
  }
  assert.equal((await decodeImage(await file("wide.png"), "wide.png")).deepest, undefined);
  await assert.rejects(
    decodeImage(await file("float.tiff"), "float.tiff"),
    formatError(/stores samples of type float, not of 8 or 16 bits/),
  );
});

test("AVIF, WebP and SVG are read; HEIC, text and nothing are named", async () => {
  const red = sharp({ create: { width: 16, height: 16, channels: 3, background: "#e01020" } });
  for (const format of ["avif", "webp", "jpeg", "gif", "tiff"] as const) {
    const { pixels: planes } = await decodeImage(
      await red.clone().toFormat(format).toBuffer(),
      `a.${format}`,
    );
    assert.ok(Math.abs(planes[0]! - 0xe0) < 8 && planes[256]! < 40, `${format}: ${planes[0]} ${planes[256]}`);
  }
  const svg = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="2" fill="#123456"/></svg>',
  );
  const drawn = await decodeImage(svg, "a.svg");
  assert.deepEqual([drawn.shape, drawn.pixels[0], drawn.pixels[15]], [[3, 4, 4], 0x12, 255]);
  await assert.rejects(decodeImage(svg, "a.png"), formatError(/is not JPEG, PNG/));
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic"), Buffer.alloc(200)]);
  await assert.rejects(
    decodeImage(heic, "a.jpg"),
    formatError(/is HEIC, which cannot be read here; convert/),
  );
  await assert.rejects(decodeImage(new Uint8Array(0), "a.jpg"), formatError(/is empty/));
  await assert.rejects(decodeImage(new TextEncoder().encode("<html>"), "a.jpg"), formatError(/is not JPEG/));
});
