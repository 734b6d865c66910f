import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type LeftOut, writeFileAtomically } from "@gantry/formats";
import { z } from "zod";
import { cacheKey } from "./cache.js";
import type { DataContext } from "./context.js";

/** What listing an archive told, beside what is in the cache under its key: plain JSON. */
export interface Listing {
  readonly key: string;
  /** Images to decode. */
  readonly total: number;
  readonly labelSource: string | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly emptyFolders: readonly string[];
  readonly strangers: readonly string[];
  /** The classes of the archive, with the empty ones. */
  readonly classes: readonly string[] | undefined;
}

const listingSchema = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  total: z.int(),
  labelSource: z.string().optional(),
  leftOut: z.array(
    z.object({ reason: z.string(), count: z.int(), first: z.string(), problem: z.string().optional() }),
  ),
  emptyFolders: z.array(z.string()),
  strangers: z.array(z.string()),
  classes: z.array(z.string()).optional(),
});

/** Milliseconds within which some file systems give two changes the same time. */
const COARSEST = 2000;

/**
 * What is no longer the same when the file at `path` has changed; undefined for a folder, and for a file so new that a change
 * of it might go unnoticed.
 */
export async function fileStamp(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  if (!status?.isFile() || Date.now() - Number(status.mtimeMs) < COARSEST) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = status;
  return { path, stamp: [dev, ino, size, mtimeNs, ctimeNs].map(String) };
}

const listingFile = (identity: Readonly<Record<string, unknown>>, { home }: DataContext) =>
  join(home, "cache", "listings", `${cacheKey(identity)}.json`);

/** Lets {@link recall} find what was listed. Where that cannot be written, the next start takes longer. */
export async function remember(
  identity: Readonly<Record<string, unknown>>,
  listing: Listing,
  context: DataContext,
): Promise<void> {
  const file = listingFile(identity, context);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomically(file, new TextEncoder().encode(JSON.stringify(listing)));
  } catch {
    // cached() has said so already.
  }
}

/** What was listed for this identity, without listing the archive again; undefined where nothing was. */
export async function recall(
  identity: Readonly<Record<string, unknown>>,
  context: DataContext,
): Promise<Listing | undefined> {
  const text = await readFile(listingFile(identity, context), "utf8").catch(() => "");
  try {
    return listingSchema.parse(JSON.parse(text)) as unknown as Listing;
  } catch {
    return undefined;
  }
}
