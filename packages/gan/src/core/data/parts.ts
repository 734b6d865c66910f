/** A rectangle of an image, in pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Where the parts of composed images are, each an image of its own with a class of its own: the channels, or boxes of one
 * size, each surrounded by as much black as makes it `size`. The classes of the parts in turn are the digits of the
 * whole's number, the first the most significant.
 */
export type Parts =
  | "channels"
  | { readonly boxes: readonly Box[]; readonly size: { readonly height: number; readonly width: number } };
