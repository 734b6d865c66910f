import { FormatError } from "../errors.js";
import { openZip } from "../zip.js";
import { unsupportedKind } from "./kinds.js";
import type { ListedFile, OpenSource } from "./source.js";

/** The files of a zip archive. */
export const openZipSource: OpenSource = async (path, account, sorter) => {
  const zip = await openZip(path);
  const files: ListedFile[] = [];
  for (const { name, size, crc32, isLink } of zip.entries) {
    const sorted = sorter(name);
    if (name.includes("\ufffd")) account.add("notText", name);
    else if (sorted !== "taken") account.add(sorted, name, unsupportedKind(name));
    else if (isLink) account.add("inArchive", name);
    else files.push({ name, stamp: `${size} ${crc32}` });
  }
  return {
    files: files.sort((a, b) => (a.name < b.name ? -1 : 1)),
    folders: zip.folders,
    read: async (name) => {
      const entry = zip.find(name);
      if (entry === undefined) throw new FormatError(`holds no ${name}`, { file: path });
      return await zip.read(entry);
    },
    close: () => zip.close(),
  };
};
