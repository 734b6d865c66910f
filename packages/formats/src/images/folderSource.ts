import { type BigIntStats, type Dirent, realpathSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { asFormatError, describeSystemError, readFileBytes } from "../files.js";
import { unsupportedKind } from "./kinds.js";
import type { LeftOutAccount } from "./leftOut.js";
import type { ImageSource, ListedFile, OpenSource, Sorter } from "./source.js";

/** Files looked at between two turns of everything else. */
const TURN = 2000;

/**
 * A folder with its subfolders. Links are followed, after all that is no link; a file or folder that was met before is
 * not entered again. Names are told apart byte by byte, as the system does.
 */
export const openFolder: OpenSource = async (path, account, sorter) => {
  const walk = new Walk(path, account, sorter);
  try {
    await walk.all();
  } catch (error) {
    throw asFormatError(error, "cannot list", path);
  }
  const source: ImageSource = {
    files: walk.files,
    folders: walk.folders,
    read: (name) => readFileBytes(join(path, name)),
    close: async () => {},
  };
  return source;
};

class Walk {
  readonly files: ListedFile[] = [];
  readonly folders: string[] = [];
  readonly #root: string;
  readonly #account: LeftOutAccount;
  readonly #sorter: Sorter;
  /** Folders by where they really are. */
  readonly #entered = new Set<string>();
  /** Files that have more names than one, or are met by a link, by device and number. */
  readonly #met = new Set<string>();
  /** Links, which wait until all else is known. */
  readonly #links: string[] = [];
  #looked = 0;

  constructor(root: string, account: LeftOutAccount, sorter: Sorter) {
    this.#root = root;
    this.#account = account;
    this.#sorter = sorter;
  }

  async all(): Promise<void> {
    await this.#enter("");
    // A linked folder may hold links of its own, which are added behind.
    if (this.#links.length > 0) for (const { name } of this.files) this.#meet(this.#status(name));
    for (let link = 0; link < this.#links.length; link++) await this.#follow(this.#links[link]!);
    this.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param prefix the folder's name with a `/` at its end; empty at the top */
  async #enter(prefix: string): Promise<void> {
    const folder = join(this.#root, prefix);
    let entries: Dirent<Buffer>[];
    try {
      const real = realpathSync(folder);
      // A link may lead to a folder above this one.
      if (this.#entered.has(real)) return this.#account.add("twice", prefix.slice(0, -1));
      this.#entered.add(real);
      entries = await readdir(folder, { withFileTypes: true, encoding: "buffer" });
    } catch (error) {
      if (prefix === "") throw error;
      this.#account.add("unreadable", prefix, describeSystemError(error));
      return;
    }
    if (prefix !== "") this.folders.push(prefix.slice(0, -1));
    const named = entries.map((entry) => ({ entry, text: entry.name.toString() }));
    for (const { entry, text } of named.sort((a, b) => (a.text < b.text ? -1 : 1))) {
      const name = prefix + text;
      if (!Buffer.from(text).equals(entry.name)) {
        await this.#countAside("notText", name, entry, Buffer.from(join(this.#root, prefix)));
      } else if (this.#sorter(name) === "hidden") {
        await this.#countAside("hidden", name, entry, Buffer.from(join(this.#root, prefix)));
      } else if (entry.isSymbolicLink()) this.#links.push(name);
      else if (entry.isDirectory()) await this.#enter(`${name}/`);
      else if (entry.isFile()) await this.#take(name);
      else this.#account.add("special", name);
    }
  }

  async #take(name: string): Promise<void> {
    const sorted = this.#sorter(name);
    if (sorted !== "taken") {
      this.#account.add(sorted, name, sorted === "unsupported" ? unsupportedKind(name) : undefined);
      return;
    }
    if (++this.#looked % TURN === 0) await setImmediate();
    try {
      const { size, mtimeMs, nlink } = statSync(join(this.#root, name));
      if (nlink > 1 && !this.#meet(this.#status(name))) return this.#account.add("twice", name);
      this.files.push({ name, stamp: `${size} ${mtimeMs}` });
    } catch (error) {
      this.#account.add("unreadable", name, describeSystemError(error));
    }
  }

  #status(name: string): BigIntStats {
    return statSync(join(this.#root, name), { bigint: true });
  }

  /** @returns whether it is met for the first time */
  #meet(status: BigIntStats): boolean {
    const key = `${status.dev}:${status.ino}`;
    if (this.#met.has(key)) return false;
    this.#met.add(key);
    return true;
  }

  async #follow(name: string): Promise<void> {
    let status: BigIntStats;
    try {
      status = this.#status(name);
    } catch (error) {
      return this.#account.add("deadLink", name, describeSystemError(error));
    }
    if (status.isDirectory()) return await this.#enter(`${name}/`);
    if (!status.isFile()) return this.#account.add("special", name);
    if (this.#sorter(name) !== "taken") return await this.#take(name);
    if (!this.#meet(status)) return this.#account.add("twice", name);
    this.files.push({ name, stamp: `${status.size} ${Number(status.mtimeNs) / 1e6}` });
  }

  /** Counts a file, or all files of a folder, that nobody asks what they are. */
  async #countAside(
    reason: "notText" | "hidden",
    name: string,
    entry: Dirent<Buffer>,
    folder: Buffer,
  ): Promise<void> {
    const path = Buffer.concat([folder, Buffer.from("/"), entry.name]);
    if (!entry.isDirectory()) return this.#account.add(reason, name);
    const inside = await readdir(path, { withFileTypes: true, encoding: "buffer" }).catch(() => []);
    for (const one of inside) await this.#countAside(reason, `${name}/${one.name}`, one, path);
  }
}
