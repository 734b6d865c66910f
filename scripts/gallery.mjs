// `npm run gallery [-- NAME...]`: trains the preset `small` of every recipe, or of these, for hours, and draws docs/guide/recipes.webp,
// one picture of all that were trained. What is trained stays in runs/gallery: called again it goes on. `-- --draw` only draws.
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { recipes, resolveConfig } from "../packages/gan/dist/index.js";
import { root, run, Stop, script } from "./shared.mjs";

const folder = join(root, "runs", "gallery");
const gantry = join(root, "packages", "cli", "bin", "gantry.mjs");
const tiles = join(root, "docs", "guide", "recipes");
/** All of CIFAR-10, where it lies beside the repository. */
const photographs = join(root, "..", "shared", "data", "cifar10-jpg.zip");

/** Pixels: a tile's side, which is that of 8 by 8 images of 32; its caption's height; between tiles. Tiles in a row. */
const [SIDE, CAPTION, GAP, COLUMNS] = [274, 26, 10, 7];

async function train(recipe) {
  const path = join(folder, recipe);
  if (existsSync(join(path, "config.json"))) return run(process.execPath, [gantry, "resume", path]);
  const { data } = await resolveConfig({ recipe, preset: "small" });
  const all = data.name === "cifar10" && existsSync(photographs) ? ["--data", photographs] : [];
  const args = ["train", recipe, "--preset", "small", ...all, "--threads", "1", "--out", path];
  return run(process.execPath, [gantry, ...args]);
}

/** The last picture of samples that a training made, as a square. */
async function drawTile(recipe) {
  const samples = join(folder, recipe, "samples");
  const last = (await readdir(samples))
    .filter((name) => name.endsWith(".png"))
    .sort()
    .at(-1);
  await sharp(join(samples, last))
    .resize(SIDE, SIDE, { fit: "cover", position: "left top" })
    .webp({ quality: 88 })
    .toFile(join(tiles, `${recipe}.webp`));
}

async function drawAll(names) {
  const rows = Math.ceil(names.length / COLUMNS);
  const [across, down] = [SIDE + GAP, SIDE + CAPTION + GAP];
  const parts = names.flatMap((name, index) => {
    const [left, top] = [GAP + (index % COLUMNS) * across, GAP + Math.floor(index / COLUMNS) * down];
    const caption = `<svg width="${SIDE}" height="${CAPTION}"><text x="2" y="18" font-family="sans-serif" font-size="16">${name}</text></svg>`;
    return [
      { input: join(tiles, `${name}.webp`), left, top: top + CAPTION },
      { input: Buffer.from(caption), left, top },
    ];
  });
  await sharp({
    create: { width: GAP + COLUMNS * across, height: GAP + rows * down, channels: 3, background: "white" },
  })
    .composite(parts)
    .webp({ quality: 75 })
    .toFile(`${tiles}.webp`);
}

script(async () => {
  const wanted = process.argv.slice(2);
  const all = [...(await recipes.all()).keys()];
  const unknown = wanted.filter((name) => name !== "--draw" && !all.includes(name));
  if (unknown.length > 0) throw new Stop(`no recipe ${unknown.join(", ")}: see npx gantry recipes`, 2);
  await mkdir(tiles, { recursive: true });
  if (!wanted.includes("--draw"))
    for (const recipe of wanted.length > 0 ? wanted : all) {
      const status = await train(recipe);
      if (status !== 0) throw new Stop(`${recipe} was not trained to its end (see above)`, status);
      await drawTile(recipe);
    }
  await drawAll(all.filter((name) => existsSync(join(tiles, `${name}.webp`))));
});
