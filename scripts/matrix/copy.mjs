// A copy of the working tree as it is: what git tracks, and what is new and not ignored. What is built there stays, so that
// a second run builds only what changed.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../shared.mjs";

const LIST = ".matrix-files.json";

/** Brings a folder up to date with the working tree: changed files are written, those that are gone removed. */
export function copyTree(target) {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const files = [...new Set(listed.split("\0"))].filter(
    (name) => name !== "" && existsSync(join(root, name)),
  );
  mkdirSync(target, { recursive: true });
  const record = join(target, LIST);
  const before = existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : [];
  const now = new Set(files);
  for (const name of before.filter((name) => !now.has(name))) rmSync(join(target, name), { force: true });
  for (const name of files) copyFile(join(root, name), join(target, name));
  writeFileSync(record, JSON.stringify(files));
  shareData(target);
}

function copyFile(from, to) {
  if (!lstatSync(from).isFile()) return;
  const bytes = readFileSync(from);
  if (existsSync(to) && readFileSync(to).equals(bytes)) return;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, bytes);
  chmodSync(to, statSync(from).mode);
}

/** Tests look for data sets beside the checkout; the copy has the same beside it. */
function shareData(target) {
  const data = join(root, "../shared");
  const link = join(dirname(target), "shared");
  if (existsSync(data) && !existsSync(link)) symlinkSync(data, link);
}
