import { readdir, stat } from "node:fs/promises";
import { UsageProblem } from "../errors.js";

/** What samples are written as; `folder`: a PNG file each. */
export type OutputKind = "png" | "npy" | "folder" | MovingKind;
/** Pictures that move. */
export type MovingKind = "gif" | "webp" | "mp4";

export const isMoving = (kind: OutputKind): kind is MovingKind => ["gif", "webp", "mp4"].includes(kind);

/**
 * What a name asks for, by its end: `FILE.png`, or `FOLDER/`, also of a folder that is there.
 * @throws UsageProblem for other names, and for a folder with something in it, which would be taken for samples
 */
export async function outputKind(out: string | undefined): Promise<OutputKind> {
  const names = "FILE.png, FILE.npy, FOLDER/ for a PNG file each, or FILE.gif, .webp, .mp4 for what moves";
  if (out === undefined) throw new UsageProblem(`say where the samples go: --out ${names}`);
  const kind = /\.(png|npy|gif|webp|mp4)$/i.exec(out)?.[1]?.toLowerCase();
  const found = await stat(out).catch(() => undefined);
  if (found?.isDirectory() !== true && !/[\\/]$/.test(out)) {
    if (kind === undefined) throw new UsageProblem(`--out ${out}: samples go to ${names}`);
    return kind as OutputKind;
  }
  if (found?.isDirectory() === true && (await readdir(out)).length > 0)
    throw new UsageProblem(
      `--out ${out}: there are files in it, which would be taken for samples; name an empty one`,
    );
  return "folder";
}
