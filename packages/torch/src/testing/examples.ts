import { fromTypedArray, type Tensor } from "../tensor.js";
import type { Random } from "./random.js";

/** Makes the tensors of one example call. */
export interface Make {
  /** float32, standard-normal-like values */
  f(...shape: number[]): Tensor;
  /** int64 with the given values */
  i(values: readonly number[], shape?: readonly number[]): Tensor;
  /** bool, alternating */
  b(...shape: number[]): Tensor;
}

export function maker(random: Random): Make {
  const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  return {
    f: (...shape) =>
      fromTypedArray(
        Float32Array.from({ length: count(shape) }, () => random.next() * 4 - 2),
        shape,
      ),
    i: (values, shape = [values.length]) => fromTypedArray(BigInt64Array.from(values.map(BigInt)), shape),
    b: (...shape) =>
      fromTypedArray(
        Uint8Array.from({ length: count(shape) }, (_, i) => i % 2),
        shape,
        "bool",
      ),
  };
}

type Example = (make: Make) => Record<string, unknown>;

const symmetric = (make: Make): Tensor => {
  const a = make.f(3, 3);
  return a.matmul(a.t()).add(3);
};
const image: Example = ({ f }) => ({ self: f(2, 4, 4, 4), input: f(2, 4, 4, 4) });
const norm: Example = ({ f }) => ({
  input: f(2, 4, 3, 3),
  weight: f(4),
  bias: f(4),
  running_mean: f(4),
  running_var: f(4).abs(),
  training: true,
  use_input_stats: true,
  momentum: 0.1,
  eps: 1e-5,
  cudnn_enabled: false,
});
const convolution: Example = ({ f }) => ({
  input: f(2, 4, 5, 5),
  weight: f(6, 4, 3, 3),
  bias: f(6),
  grad_output: f(2, 6, 3, 3),
  bias_sizes: [6],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  output_padding: [0, 0],
  transposed: false,
  groups: 1,
  output_mask: [true, true, true],
});
const pool: Example = ({ f }) => ({ self: f(2, 4, 6, 6), kernel_size: [2, 2] });
const indexed: Example = ({ f, i }) => ({
  self: f(3, 3),
  dim: 0,
  index: i([0, 2, 1, 0], [2, 2]),
  src: f(2, 2),
});
const square: Example = (make) => ({ A: symmetric(make), self: symmetric(make) });

/** Arguments that each operator accepts, where the general ones (a 3 by 3 tensor, dimension 0) will not do. */
export const examples: Record<string, Example> = {
  "aten::where": ({ b }) => ({ condition: b(3, 3) }),
  "aten::masked_fill": ({ b }) => ({ mask: b(3, 3) }),
  "aten::masked_fill_": ({ b }) => ({ mask: b(3, 3) }),
  "aten::masked_select": ({ b }) => ({ mask: b(3, 3) }),
  "aten::clamp": () => ({ min: -1, max: 1 }),
  "aten::clamp_": () => ({ min: -1, max: 1 }),
  "aten::bincount": ({ i }) => ({ self: i([0, 1, 1, 4]) }),
  "aten::one_hot": ({ i }) => ({ self: i([0, 1, 1, 4]) }),
  "aten::bmm": ({ f }) => ({ self: f(2, 3, 3), mat2: f(2, 3, 3) }),
  "aten::baddbmm": ({ f }) => ({ self: f(2, 3, 3), batch1: f(2, 3, 3), batch2: f(2, 3, 3) }),
  "aten::mv": ({ f }) => ({ vec: f(3) }),
  "aten::addmv": ({ f }) => ({ self: f(3), vec: f(3) }),
  "aten::dot": ({ f }) => ({ self: f(3), tensor: f(3) }),
  "aten::outer": ({ f }) => ({ self: f(3), vec2: f(3) }),
  "aten::permute": () => ({ dims: [1, 0] }),
  "aten::transpose": () => ({ dim0: 0, dim1: 1 }),
  "aten::reshape": () => ({ shape: [9] }),
  "aten::view": () => ({ size: [9] }),
  "aten::expand": ({ f }) => ({ self: f(1, 3), size: [3, 3] }),
  "aten::repeat": () => ({ repeats: [2, 2] }),
  "aten::repeat_interleave": () => ({ repeats: 2 }),
  "aten::narrow": () => ({ start: 1, length: 2 }),
  "aten::flip": () => ({ dims: [0] }),
  "aten::roll": () => ({ shifts: [1], dims: [0] }),
  "aten::index_select": ({ i }) => ({ index: i([0, 2]) }),
  "aten::index": ({ i }) => ({ indices: [i([0, 2]), null] }),
  "aten::index_add_": ({ i, f }) => ({ index: i([0, 2]), source: f(2, 3) }),
  "aten::gather": indexed,
  "aten::scatter_": indexed,
  "aten::unfold": () => ({ dimension: 0, size: 2, step: 1 }),
  "aten::chunk": () => ({ chunks: 2 }),
  "aten::split": () => ({ split_size: 2 }),
  "aten::meshgrid": ({ f }) => ({ tensors: [f(2), f(3)], indexing: "ij" }),
  "aten::random_": () => ({ from: 0, to: 10 }),
  "aten::randint": () => ({ low: 0, high: 10 }),
  "aten::randperm": () => ({ n: 5 }),
  "aten::multinomial": ({ f }) => ({ self: f(3, 4).abs(), num_samples: 2 }),
  "aten::bernoulli": ({ f }) => ({ self: f(3, 3).sigmoid() }),
  "aten::arange": () => ({ start: 0, end: 5, step: 1 }),
  "aten::linspace": () => ({ start: 0, end: 5, steps: 4 }),
  "aten::eye": () => ({ n: 3, m: 2 }),
  "gantry::linear": ({ f }) => ({ input: f(2, 3), weight: f(4, 3), bias: f(4) }),
  "aten::convolution": convolution,
  "aten::convolution_backward": convolution,
  "gantry::conv2d": ({ f }) => ({
    input: f(2, 2, 6, 6),
    weight: f(4, 2, 4, 4),
    bias: f(4),
    stride: [2, 2],
    padding: [1, 1],
  }),
  "gantry::conv_transpose2d": ({ f }) => ({
    input: f(2, 4, 3, 3),
    weight: f(4, 2, 4, 4),
    bias: f(2),
    stride: [2, 2],
    padding: [1, 1],
  }),
  "gantry::batch_norm": (make) => ({ ...norm(make), groups: 2 }),
  "aten::batch_norm": norm,
  "aten::native_batch_norm": norm,
  "aten::instance_norm": norm,
  "aten::layer_norm": ({ f }) => ({
    input: f(2, 3, 4),
    normalized_shape: [3, 4],
    weight: f(3, 4),
    bias: f(3, 4),
  }),
  "aten::group_norm": ({ f }) => ({ input: f(2, 4, 3, 3), num_groups: 2, weight: f(4), bias: f(4) }),
  "aten::embedding": ({ f, i }) => ({ weight: f(5, 3), indices: i([0, 4, 2]) }),
  "aten::dropout": ({ f }) => ({ input: f(3, 3), p: 0.5, train: true }),
  "aten::avg_pool2d": pool,
  "aten::max_pool2d": pool,
  "aten::adaptive_avg_pool2d": ({ f }) => ({ self: f(2, 4, 6, 6), output_size: [3, 2] }),
  "aten::upsample_nearest2d": (make) => ({ ...image(make), output_size: [8, 8] }),
  "aten::upsample_bilinear2d": (make) => ({ ...image(make), output_size: [8, 8], align_corners: false }),
  "aten::pixel_shuffle": (make) => ({ ...image(make), upscale_factor: 2 }),
  "aten::constant_pad_nd": () => ({ pad: [1, 1] }),
  "aten::cross_entropy_loss": ({ i }) => ({ target: i([0, 2, 1]) }),
  "aten::nll_loss": ({ i }) => ({ target: i([0, 2, 1]) }),
  "aten::linalg_qr": square,
  "aten::linalg_svd": square,
  "aten::linalg_eigh": square,
  "aten::linalg_eigvalsh": square,
  "aten::linalg_cholesky": square,
  "aten::linalg_inv": square,
  "aten::linalg_slogdet": square,
  "aten::_foreach_div_": () => ({ scalars: [2, 3] }),
  "aten::_foreach_addcdiv_": () => ({ scalars: [2, 3] }),
  "gantry::maxout_linear": ({ f }) => ({ input: f(3, 4), weight: f(96, 4), bias: f(96), pieces: 6 }),
  "gantry::widen": ({ f }) => ({ kernel: f(2, 4, 3, 3) }),
  "gantry::adam_": () => ({ sizes: [1e-3, 2e-3], roots: [1, 0.5] }),
};
