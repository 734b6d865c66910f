// `npm run study-page -- FOLDER [NAME]`: puts the page that `gantry study` wrote into a folder, as runs/study-infomax-table-4, among the
// documents: docs/studies/NAME.md with its pictures, the large ones smaller. NAME is the folder's without `study-`. docs/studies/README.md
// is written by hand: a verdict is somebody's.
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import sharp from "sharp";
import { root, Stop, script } from "./shared.mjs";

const studies = join(root, "docs", "studies");
/** Bytes of a result, at most; and of a picture that stays as it is. */
const [MOST, LARGE] = [200_000, 45_000];

script(async () => {
  const [given, name = basename(resolve(given ?? "")).replace(/^study-/, "")] = process.argv.slice(2);
  if (given === undefined) throw new Stop("npm run study-page -- FOLDER [NAME]: which folder?", 2);
  const folder = resolve(given);
  const report = join(folder, "report.md");
  if (!existsSync(report)) throw new Stop(`${given}: no report.md in it; gantry study writes one`, 2);
  let page = await readFile(report, "utf8");
  const pictures = join(studies, name);
  await rm(pictures, { recursive: true, force: true });
  let bytes = Buffer.byteLength(page);
  for (const [link, file] of page.matchAll(/(?<=!\[[^\]]*\]\()([^)]+)(?=\))/g)) {
    const small = (await stat(join(folder, file))).size <= LARGE;
    const kept = small ? file : file.replace(/\.png$/, ".webp");
    await mkdir(pictures, { recursive: true });
    if (small) await copyFile(join(folder, file), join(pictures, kept));
    else await sharp(join(folder, file)).webp({ quality: 55 }).toFile(join(pictures, kept));
    page = page.replace(`](${link})`, `](${name}/${kept})`);
    bytes += (await stat(join(pictures, kept))).size;
  }
  await writeFile(join(studies, `${name}.md`), page);
  console.log(`docs/studies/${name}.md: ${bytes} bytes with its pictures`);
  if (bytes > MOST) throw new Stop(`that is more than ${MOST}: show fewer or smaller pictures`, 1);
});
