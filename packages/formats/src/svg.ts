import { FormatError } from "./errors.js";
import { loadSharp } from "./sharp.js";

/**
 * Draws an SVG picture as PNG, at its own size.
 * @throws FormatError when the text is not SVG
 */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  const sharp = await loadSharp();
  try {
    return await sharp(Buffer.from(svg)).png({ compressionLevel: 6 }).toBuffer();
  } catch (error) {
    throw new FormatError(`the picture cannot be drawn: ${(error as Error).message}`, { cause: error });
  }
}
