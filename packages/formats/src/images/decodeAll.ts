import { describeSystemError } from "../files.js";
import type { ArchiveImage, ImageArchive } from "./archive.js";
import { type DecodedImage, type DecodeOptions, decodeImage } from "./decode.js";

/** An image of an archive: decoded, or what is wrong with it. */
export type ArchiveResult = { readonly image: ArchiveImage } & (
  | { readonly decoded: DecodedImage }
  | { readonly decoded: undefined; readonly reason: "broken" | "unreadable"; readonly problem: string }
);

/** Images in work at once: as many as libuv, which decodes them, has threads. */
const AT_ONCE = 4;

/**
 * Decodes images of an archive, some at once, and gives them in order. What is under way when the caller stops is let
 * finish. At most `AT_ONCE` images are in memory.
 */
export async function* decodeArchive(
  archive: ImageArchive,
  images: readonly ArchiveImage[],
  options: DecodeOptions,
): AsyncGenerator<ArchiveResult> {
  const queue: Promise<ArchiveResult>[] = [];
  let next = 0;
  try {
    while (next < images.length || queue.length > 0) {
      while (queue.length < AT_ONCE && next < images.length)
        queue.push(attempt(archive, images[next++]!, options));
      yield await queue.shift()!;
    }
  } finally {
    await Promise.all(queue);
  }
}

async function attempt(
  archive: ImageArchive,
  image: ArchiveImage,
  options: DecodeOptions,
): Promise<ArchiveResult> {
  let bytes: Uint8Array;
  try {
    bytes = await archive.read(image);
  } catch (error) {
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const isSystem = reason instanceof Error && "syscall" in reason;
    return {
      image,
      decoded: undefined,
      reason: isSystem ? "unreadable" : "broken",
      problem: isSystem ? describeSystemError(reason) : firstLine(error),
    };
  }
  try {
    return { image, decoded: await decodeImage(bytes, image.name, options) };
  } catch (error) {
    return { image, decoded: undefined, reason: "broken", problem: firstLine(error) };
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
}
