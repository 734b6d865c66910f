import { openPicture } from "../sharp.js";
import type { ArchiveImage, ImageArchive } from "./archive.js";
import { kindOf } from "./kinds.js";

/** Width and height of an image as it is seen: turned upright by its EXIF orientation. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Sizes of images by their headers, of as many as asked for, spread evenly; nothing is decoded. What has no readable header
 * is left out, and so is BMP.
 * @param most default 64
 */
export async function measureImages(
  archive: ImageArchive,
  images: readonly ArchiveImage[],
  most = 64,
): Promise<PictureSize[]> {
  const count = Math.min(most, images.length);
  const sizes: PictureSize[] = [];
  for (let place = 0; place < count; place++) {
    const image = images[Math.floor((place * images.length) / count)] as ArchiveImage;
    const bytes = await archive.read(image).catch(() => undefined);
    if (bytes === undefined || kindOf(bytes) === "bmp") continue;
    const metadata = (await openPicture(bytes, { failOn: "none" }).catch(() => undefined))?.metadata;
    if (metadata?.autoOrient !== undefined) sizes.push(metadata.autoOrient);
  }
  return sizes;
}
