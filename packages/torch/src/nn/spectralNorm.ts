import { noGrad } from "../autograd.js";
import { functions as torch } from "../ops_gen.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { type Buffer, buffer } from "./parameter.js";

/** The first singular vectors of a weight seen as a matrix, as far as the power iteration has found them. */
export interface SingularVectors {
  /** Left, one element a row. */
  readonly u: Buffer;
  /** Right, one element a column; columns in PyTorch's order. */
  readonly v: Buffer;
}

const EPSILON = 1e-12;

const normalised = (vector: Tensor) => vector.div(vector.vectorNorm().clampMin(EPSILON));

/** Autocast on CUDA multiplies matrices by vectors in its own type; what is stored keeps the weight's. */
function replace(stored: Buffer, vector: Tensor): void {
  const { dtype } = stored;
  stored.assign(vector.dtype === dtype ? vector : vector.to({ dtype }));
}

/** Random normalised vectors for a weight whose dimension `rows` is the matrix's rows. */
export function singularVectors(weight: Tensor, rows: 0 | 1): SingularVectors {
  return scope(() => {
    const { dtype, device } = weight;
    const height = weight.size(rows);
    const random = (size: number) => normalised(torch.empty([size], { dtype, device }).normal_(0, 1));
    return { u: buffer(random(height)), v: buffer(random(weight.numel / height)) };
  });
}

/** The weight as a matrix without copying where its memory allows, and how the matrix's columns are ordered. */
function asMatrix(weight: Tensor, rows: 0 | 1): { matrix: Tensor; lastChannels: boolean } {
  if (weight.dim === 2 && rows === 0) return { matrix: weight, lastChannels: false };
  const first = rows === 0 ? weight : weight.transpose(0, 1);
  const lastChannels = rows === 0 && weight.dim === 4 && !weight.isContiguous();
  return { matrix: (lastChannels ? first.permute([0, 2, 3, 1]) : first).flatten(1), lastChannels };
}

/**
 * weight / sigma, where sigma = u^T W v estimates the largest singular value: Miyato et al., Spectral Normalization for
 * GANs, ICLR 2018. In training one power iteration first moves u and v; otherwise the stored ones are used. Gradients
 * flow through W alone.
 * @param rows the dimension that is the matrix's rows: 0, but 1 for transposed convolutions
 */
export function spectrallyNormalised(
  weight: Tensor,
  { u, v }: SingularVectors,
  training: boolean,
  rows: 0 | 1,
): Tensor {
  const { matrix, lastChannels } = asMatrix(weight, rows);
  const [, channels = 1, height = 1, width = 1] = weight.shape;
  if (!training) {
    const right = lastChannels ? v.view([channels, height, width]).permute([1, 2, 0]).flatten() : v;
    return weight.div(matrix.mv(right).dot(u));
  }
  const right = noGrad(() => normalised(matrix.t().mv(u)));
  const image = matrix.mv(right);
  const left = noGrad(() => normalised(image));
  // New tensors take the vectors' places: those that earlier forwards saved for their gradients stay as they were.
  replace(v, lastChannels ? right.view([height, width, channels]).permute([2, 0, 1]).flatten() : right);
  replace(u, left);
  return weight.div(left.dot(image));
}
