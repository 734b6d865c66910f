import { posix } from "node:path";
import { FormatError } from "../errors.js";
import { allocate, asFormatError, openForReading, readInto } from "../files.js";
import { listTar } from "../tar.js";
import { unsupportedKind } from "./kinds.js";
import type { ListedFile, OpenSource } from "./source.js";

/** How deep tar archives may lie in each other. ImageNet's lie one deep. */
const MOST_NESTED = 4;

/**
 * The files of a tar archive that is not compressed. Archives in it are looked into as if they were folders of their
 * names: that is how ImageNet's official archive is made.
 */
export const openTarSource: OpenSource = async (path, account, sorter) => {
  const { handle, size } = await openForReading(path);
  const places = new Map<
    string,
    { readonly offset: number; readonly size: number; readonly stamp: string }
  >();
  const folders = new Set<string>();
  const list = async (prefix: string, start: number, end: number, depth: number): Promise<void> => {
    for (const member of await listTar(handle, { file: path, start, end })) {
      const name = prefix + posix.normalize(member.name).replace(/^\/+|\/+$/g, "");
      if (name.split("/").includes("..")) throw new FormatError(`holds the name ${name}`, { file: path });
      for (let folder = posix.dirname(name); folder !== "."; folder = posix.dirname(folder))
        folders.add(folder);
      const sorted = sorter(name);
      if (member.kind === "folder") {
        if (name !== "" && sorted !== "hidden") folders.add(name);
      } else if (name.includes("\ufffd")) account.add("notText", name);
      else if (member.kind === "link") account.add("inArchive", name);
      else if (member.kind === "other") account.add("special", name);
      else if (/\.tar$/i.test(name) && sorted !== "hidden" && depth < MOST_NESTED)
        await list(`${name.slice(0, -4)}/`, member.offset, member.offset + member.size, depth + 1);
      else if (sorted !== "taken") account.add(sorted, name, unsupportedKind(name));
      // Of two members of one name the later counts, as when they are unpacked.
      else places.set(name, { ...member, stamp: `${member.size} ${member.changed}` });
    }
  };
  try {
    await list("", 0, size, 1);
  } catch (error) {
    await handle.close();
    throw asFormatError(error, "cannot list", path);
  }
  const files: ListedFile[] = [...places].map(([name, { stamp }]) => ({ name, stamp }));
  return {
    files: files.sort((a, b) => (a.name < b.name ? -1 : 1)),
    folders: [...folders],
    read: async (name) => {
      const place = places.get(name);
      if (place === undefined) throw new FormatError(`holds no ${name}`, { file: path });
      const bytes = allocate(place.size, path);
      if ((await readInto(handle, bytes, place.offset)) < bytes.length)
        throw new FormatError("shrank while it was read", { file: path });
      return bytes;
    },
    close: () => handle.close(),
  };
};
