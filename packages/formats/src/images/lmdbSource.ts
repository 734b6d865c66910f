import { join } from "node:path";
import { FormatError } from "../errors.js";
import { allocate, asFormatError, openForReading, readInto } from "../files.js";
import { listLmdb } from "../lmdb.js";
import type { OpenSource } from "./source.js";

/** The file that makes a folder an LMDB environment. */
export const LMDB_FILE = "data.mdb";

/** The values of an LMDB, each the bytes of an image, as LSUN's official files are. */
export const openLmdbSource: OpenSource = async (path, account) => {
  const file = join(path, LMDB_FILE);
  const { handle, size } = await openForReading(file);
  const places = new Map<string, { readonly offset: number; readonly size: number }>();
  try {
    for await (const { key, ...place } of listLmdb(handle, size, file)) {
      const name = Buffer.from(key).toString();
      if (Buffer.from(name).equals(key)) places.set(name, place);
      else account.add("notText", name);
    }
  } catch (error) {
    await handle.close();
    throw asFormatError(error, "cannot list", file);
  }
  return {
    files: [...places].map(([name, place]) => ({ name, stamp: `${place.size} ${place.offset}` })),
    folders: [],
    read: async (name) => {
      const place = places.get(name);
      if (place === undefined) throw new FormatError(`holds no ${name}`, { file });
      const bytes = allocate(place.size, file);
      if ((await readInto(handle, bytes, place.offset)) < bytes.length)
        throw new FormatError("shrank while it was read", { file });
      return bytes;
    },
    close: () => handle.close(),
  };
};
