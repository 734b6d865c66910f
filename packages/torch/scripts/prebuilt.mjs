// Addons that were built elsewhere: a package for each platform, named after it, holds one for each minor version of LibTorch.
// The one that suits the LibTorch found here is copied, and where that LibTorch lies is written into the copy; it then is
// what a build here would have made.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { kindOf } from "./compiler.mjs";
import { findLibtorch } from "./find-libtorch.mjs";
import { addonFile } from "./installation.mjs";
import { ask } from "./process.mjs";
import { CLOSE, FOLDER_PLACEHOLDER, FOLDER_ROOM, OPEN, ROOM, recordOf } from "./record.mjs";

/** The package that holds this platform's. */
export const prebuiltPackage = `@gantry/torch-${process.platform}-${process.arch}`;

/** What a prebuilt addon is for; stated in the file beside it. */
export const descriptionOf = (found) => ({
  libtorch: found.version.split(".").slice(0, 2).join("."),
  kind: kindOf(found),
});

/** @returns every addon that is offered here, as {file, libtorch, kind}; none without the package */
export function prebuilts() {
  let folder;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(`${prebuiltPackage}/package.json`));
  } catch {
    return [];
  }
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, "gantry_torch.json")))
    .map((path) => ({
      file: join(path, "gantry_torch.node"),
      ...JSON.parse(readFileSync(join(path, "gantry_torch.json"), "utf8")),
    }));
}

/**
 * Puts the addon that suits the LibTorch found here where one that is built would be.
 * @returns the LibTorch; undefined where there is none, none suits it, or the system refuses to load it
 */
export function placePrebuilt() {
  const offered = prebuilts();
  if (offered.length === 0) return undefined;
  let found;
  try {
    found = findLibtorch();
  } catch {
    return undefined;
  }
  const wanted = descriptionOf(found);
  const same = ({ libtorch, kind }) =>
    libtorch === wanted.libtorch && JSON.stringify(kind) === JSON.stringify(wanted.kind);
  const suitable = offered.find(same);
  if (suitable === undefined) return undefined;
  mkdirSync(dirname(addonFile), { recursive: true });
  // Several processes may come here at once: each writes its own, and any of them will do.
  const part = `${addonFile}.${process.pid}.node`;
  try {
    copyFileSync(suitable.file, part);
    writePlace(part, found);
    if (!loads(part)) return undefined;
    renameSync(part, addonFile);
    rmSync(addonFile.replace(/\.node$/, ".stamp"), { force: true });
    return found;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Writes the LibTorch's record and folder over the room that was left for them. */
export function writePlace(file, found) {
  const bytes = readFileSync(file);
  const record = Buffer.from(`${OPEN}${recordOf(found).join("\n")}${CLOSE}`);
  const folder = Buffer.from(found.lib);
  overwrite(bytes, `${OPEN}${"#".repeat(ROOM)}${CLOSE}`, record);
  if (folder.length >= FOLDER_ROOM) throw new Error(`${found.lib}: the path is too long`);
  overwrite(bytes, FOLDER_PLACEHOLDER, folder);
  writeFileSync(file, bytes);
}

function overwrite(bytes, room, text) {
  const start = bytes.indexOf(room);
  if (start < 0 || text.length > room.length)
    throw new Error("a prebuilt addon has no room for its LibTorch");
  bytes.fill(0, start, start + room.length);
  text.copy(bytes, start);
}

/** Tried in another process: an older system's linker, or another LibTorch's names, may refuse it. */
const loads = (file) => ask(process.execPath, ["-e", "require(process.argv[1])", file]) !== undefined;
