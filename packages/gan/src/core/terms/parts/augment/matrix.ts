import { type Tensor, torch } from "@gantry/torch";

/** An entry of a matrix that each image has its own of: N numbers, or the same for all. */
type Entry = Tensor | number;

/** Matrices of N images: N,rows,columns. */
export function matrices(rows: readonly (readonly Entry[])[], like: Tensor): Tensor {
  const entry = (value: Entry) => (typeof value === "number" ? like.fullLike(value) : value);
  return torch.stack(
    rows.map((row) => torch.stack(row.map(entry), 1)),
    1,
  );
}

/** The product of small matrices. Not matmul: autocast would round it. */
export const product = (a: Tensor, b: Tensor): Tensor => a.unsqueeze(-1).mul(b.unsqueeze(-3)).sum([-2]);

export const translation = (x: Entry, y: Entry, like: Tensor): Tensor =>
  matrices(
    [
      [1, 0, x],
      [0, 1, y],
      [0, 0, 1],
    ],
    like,
  );

export const scaling = (x: Entry, y: Entry, like: Tensor): Tensor =>
  matrices(
    [
      [x, 0, 0],
      [0, y, 0],
      [0, 0, 1],
    ],
    like,
  );

/** @param angle in radians */
export function turning(angle: Tensor): Tensor {
  const [cos, sin] = [angle.cos(), angle.sin()];
  return matrices(
    [
      [cos, sin.neg(), 0],
      [sin, cos, 0],
      [0, 0, 1],
    ],
    angle,
  );
}
