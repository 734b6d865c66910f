import { type Tensor, torch } from "@gantry/torch";
import { reflectAlong } from "./edges.js";
import { product, scaling, translation } from "./matrix.js";
import { doubledAlong, halved, REACH } from "./resample.js";

/**
 * Lays images anew: at twice their size, bilinearly, with a filter before and after, so that no detail goes that need not.
 * Beyond their edges images are mirrored, once.
 *
 * Source: NVlabs/stylegan2-ada-pytorch, training/augment.py.
 * @param images N,C,H,W
 * @param inverse from places of the result to places of the image, in pixels from the middle: N,3,3
 */
export function warp(images: Tensor, inverse: Tensor): Tensor {
  const [, , height = 0, width = 0] = images.shape;
  const { left, right, top, bottom } = marginsFor(inverse, width, height);
  const one = inverse.select(1, 0).select(1, 0);
  // One side after the other: fewer rows to double.
  const wide = doubledAlong(reflectAlong(images, 3, left, right), 3);
  const large = doubledAlong(reflectAlong(wide, 2, top, bottom), 2);
  const half = translation(-0.5, -0.5, one);
  const steps = [
    half,
    scaling(2, 2, one),
    translation((left - right) / 2, (top - bottom) / 2, one),
    inverse,
    scaling(0.5, 0.5, one),
    translation(0.5, 0.5, one),
  ];
  const places = steps.reduce(product);
  return halved(bilinear(large, places, [2 * (height + 2 * REACH), 2 * (width + 2 * REACH)]));
}

/** How far beyond its edges an image is seen at the most, in whole pixels. */
function marginsFor(inverse: Tensor, width: number, height: number) {
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  const corners = torch.tensor(
    [
      [-x, x, x, -x],
      [-y, -y, y, y],
      [1, 1, 1, 1],
    ],
    { dtype: inverse.dtype, device: inverse.device },
  );
  const seen = product(inverse, corners).narrow(1, 0, 2);
  const farthest = torch.cat([seen.neg(), seen], 1).amax([0, 2]).toNumbers();
  const [left, top, right, bottom] = farthest.map((far, i) => {
    const [middle, side] = i % 2 === 0 ? [x, width] : [y, height];
    return Math.ceil(Math.min(side - 1, Math.max(0, far + 2 * REACH - middle)));
  }) as [number, number, number, number];
  return { left, right, top, bottom };
}

/**
 * Images at places between their pixels; 0 beyond their edges. Linear in the images, and differentiable as often as one likes, which
 * LibTorch's grid_sampler is once.
 * @param places from pixels of the result to places of the images, both from the middle: N,3,3
 * @param size height and width of the result
 */
function bilinear(images: Tensor, places: Tensor, [rows, columns]: readonly [number, number]): Tensor {
  const [count = 0, channels = 0, height = 0, width = 0] = images.shape;
  const { dtype, device } = images;
  const entry = (row: number, column: number) =>
    places.select(1, row).select(1, column).reshape([count, 1, 1]);
  const along = (length: number) => torch.arange(0, length, 1, { dtype, device }).sub((length - 1) / 2);
  const [x, y] = [along(columns).reshape([1, 1, columns]), along(rows).reshape([1, rows, 1])];
  const at = (row: number, side: number) =>
    entry(row, 0)
      .mul(x)
      .add(entry(row, 1).mul(y))
      .add(entry(row, 2))
      .add((side - 1) / 2)
      .reshape([count, 1, rows * columns]);
  const [across, down] = [at(0, width), at(1, height)];
  const flat = images.reshape([count, channels, height * width]);
  let result: Tensor | undefined;
  for (const [column, ofColumn] of neighbours(across, width))
    for (const [row, ofRow] of neighbours(down, height)) {
      const index = row.mul(width).add(column).to({ dtype: "int64" });
      const part = flat.gather(2, index.expand([count, channels, rows * columns])).mul(ofRow.mul(ofColumn));
      result = result === undefined ? part : result.add(part);
    }
  return (result as Tensor).reshape([count, channels, rows, columns]);
}

/** The two pixels beside each place along one side, and how much each counts: 0 beyond the edge. */
function neighbours(places: Tensor, side: number): [pixel: Tensor, weight: Tensor][] {
  const low = places.floor();
  const share = places.sub(low);
  return [[low, share.neg().add(1)] as const, [low.add(1), share] as const].map(([pixel, weight]) => {
    const inside = pixel.ge(0).logicalAnd(pixel.le(side - 1));
    return [pixel.clamp(0, side - 1), weight.mul(inside.to({ dtype: weight.dtype }))];
  });
}
