import type { nn, Tensor } from "@gantry/torch";

/**
 * What blocks make of an image, one after the other.
 * @param looked the block whose input is the local features
 */
export function throughBlocks(
  blocks: readonly nn.Layer[],
  image: Tensor,
  looked = blocks.length - 1,
): { readonly local: Tensor | undefined; readonly map: Tensor } {
  let map = image;
  let local: Tensor | undefined;
  for (const [i, block] of blocks.entries()) {
    if (i === looked) local = map;
    map = block.forward(map);
  }
  return { local, map };
}
