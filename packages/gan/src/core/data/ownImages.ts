import { resolve } from "node:path";
import { measureImages, openImageArchive, type PictureSize } from "@gantry/formats";
import { validate } from "../base/validate.js";
import { chooseSplit, labelFile } from "./archiveSet.js";
import type { DataContext } from "./context.js";
import { type DatasetSpec, recognisePath } from "./open.js";

/** Images by path, which were brought to no size yet: the options that they are opened with. */
export interface OwnImages {
  /** As `data.size`; undefined where none is said. */
  readonly size: number | undefined;
  /** Of what they become. */
  readonly channels: 1 | 3;
  /**
   * Lists them, and reads the headers of some.
   * @throws FormatError where there are none
   */
  measure(): Promise<{ readonly count: number; readonly sizes: readonly PictureSize[] }>;
}

/**
 * What a specification says of images of one's own; undefined for any other data.
 * @throws UsageError for options that there are not, and for a path where nothing is
 */
export async function ownImages(spec: DatasetSpec, context: DataContext): Promise<OwnImages | undefined> {
  if (typeof spec === "string" || typeof spec.path !== "string") return undefined;
  const { name = "images", ...options } = spec;
  const definition = await recognisePath(spec.path, context);
  if (name !== "images" || definition.name !== "images") return undefined;
  const checked = validate(definition.options, options, "data") as {
    path: string;
    size?: number;
    channels: 1 | 3;
    labels?: string;
    split?: string;
  };
  return {
    size: checked.size,
    channels: checked.channels,
    async measure() {
      const archive = await openImageArchive(resolve(context.cwd, checked.path), {
        labels: labelFile(checked.labels, context),
      });
      try {
        const images = chooseSplit(archive, checked.split);
        return { count: images.length, sizes: await measureImages(archive, images) };
      } finally {
        await archive.close();
      }
    },
  };
}
