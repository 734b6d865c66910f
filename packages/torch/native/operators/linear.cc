// gantry::linear: x W^T + b of matrices in float32 and float64, by the products that convolutions are made of: a convolution of
// images of one sample, and so with all its derivatives (operators/convolution.cc).
//
// The three products of a layer, with N rows of C numbers and M made of each, differ in which matrix is packed:
//   forward: [N, C] times W^T, which is packed turned around;   input gradient: [N, M] times W;   weight gradient: [M, N] times [N, C]
#include <algorithm>
#include <cstring>
#include <memory>

#include "operators/convolution.h"
#include "operators/kernel_dispatch.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Rows of the left side, and columns and rows of the right one, that a product takes at a time: what it reads of them stays near. */
constexpr int64_t kRows = 48, kColumns = 128, kDepth = 1024;

bool isMatrix(const at::Tensor& tensor) {
  return tensor.dim() == 2 && (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kDouble);
}

/** A matrix where it lies: the left side of a product, or what becomes its right side. */
template <typename T>
struct Matrix {
  const T* data;
  int64_t rows, columns, rowStride, columnStride;
  explicit Matrix(const at::Tensor& tensor)
      : data(tensor.data_ptr<T>()),
        rows(tensor.size(0)),
        columns(tensor.size(1)),
        rowStride(tensor.stride(0)),
        columnStride(tensor.stride(1)) {}
};

/** Rows [top, top + depth) and columns [from, from + width) of a right side in panels, the last filled up with zeros. */
template <typename T>
void pack(const kernels::MatrixKernels<T>& set, const Matrix<T>& right, int64_t top, int64_t depth, int64_t from, int64_t width, T* out) {
  const T* const begin = right.data + top * right.rowStride + from * right.columnStride;
  const int64_t whole = width / kPanel;
  if (right.rowStride == 1) {
    for (int64_t panel = 0; panel < whole; ++panel)
      set.packTurned(begin + panel * kPanel * right.columnStride, right.columnStride, depth, out + panel * depth * kPanel, kPanel);
  } else if (right.columnStride == 1) {
    for (int64_t row = 0; row < depth; ++row)
      for (int64_t panel = 0; panel < whole; ++panel)
        std::memcpy(out + (panel * depth + row) * kPanel, begin + row * right.rowStride + panel * kPanel, kPanel * sizeof(T));
  }
  const bool scattered = right.rowStride != 1 && right.columnStride != 1;
  for (int64_t panel = scattered ? 0 : whole; panel < at::divup(width, kPanel); ++panel)
    for (int64_t row = 0; row < depth; ++row)
      for (int64_t i = 0; i < kPanel; ++i) {
        const int64_t column = panel * kPanel + i;
        out[(panel * depth + row) * kPanel + i] = column < width ? begin[row * right.rowStride + column * right.columnStride] : T(0);
      }
}

/** A left side in strips of kRows rows, [strip][column][row]. */
template <typename T>
at::Tensor inStrips(const Matrix<T>& left, const at::Tensor& like, bool shared) {
  const at::Tensor strips = at::empty({left.rows * left.columns}, like.options());
  T* const out = strips.data_ptr<T>();
  const int64_t count = at::divup(left.rows, kRows);
  sharePieces(count, shared ? 1 : count, [&](int64_t begin, int64_t end) {
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t top = strip * kRows, height = std::min(kRows, left.rows - top);
      for (int64_t k = 0; k < left.columns; ++k) {
        const T* const column = left.data + top * left.rowStride + k * left.columnStride;
        T* const to = out + top * left.columns + k * height;
        if (left.rowStride == 1) std::copy_n(column, height, to);
        else
          for (int64_t row = 0; row < height; ++row) to[row] = column[row * left.rowStride];
      }
    }
  });
  return strips;
}

/** left times right, and the bias for each row; as a tensor of its own. */
template <typename T>
at::Tensor product(const kernels::MatrixKernels<T>& set, const Matrix<T>& left, const Matrix<T>& right, const T* bias, const at::Tensor& like) {
  const int64_t rows = left.rows, columns = right.columns, depth = right.rows, strips = at::divup(rows, kRows);
  const bool shared = rows * columns * depth >= kShared;
  const at::Tensor made = at::empty({rows, columns}, like.options());
  T* const out = made.template data_ptr<T>();
  // What a row needs of a matrix that is turned around lies on as many pages as the product is deep.
  const bool scattered = left.columnStride != 1;
  const at::Tensor gathered = scattered ? inStrips(left, like, shared) : at::Tensor();
  const T* const lefts = scattered ? gathered.template data_ptr<T>() : left.data;
  // A thread packs as many columns as stay near while all rows go by; where those are too few for the threads, they share the rows.
  const int64_t threads = shared ? at::get_num_threads() : 1;
  const int64_t slice = std::min(kColumns, at::divup(at::divup(columns, threads), kPanel) * kPanel);
  const int64_t slices = at::divup(columns, slice), shares = std::clamp<int64_t>(threads / slices, 1, strips);
  sharePieces(slices * shares, shared ? 1 : slices * shares, [&](int64_t begin, int64_t end) {
    const std::unique_ptr<T[]> packed(new T[slice * std::min(depth, kDepth)]);
    T edge[kRows * kPanel];
    for (int64_t task = begin; task < end; ++task) {
      const int64_t from = task / shares * slice, width = std::min(slice, columns - from), whole = width / kPanel * kPanel;
      const int64_t first = strips * (task % shares) / shares, last = strips * (task % shares + 1) / shares;
      for (int64_t k = 0; k < depth; k += kDepth) {
        const int64_t part = std::min(kDepth, depth - k);
        const bool add = k > 0 || bias != nullptr;
        pack(set, right, k, part, from, width, packed.get());
        for (int64_t strip = first; strip < last; ++strip) {
          const int64_t top = strip * kRows, height = std::min(kRows, rows - top);
          const int64_t rowStride = scattered ? 1 : left.rowStride, depthStride = scattered ? height : 1;
          const T* const l = lefts + (scattered ? top * depth : top * rowStride) + k * depthStride;
          T* const to = out + top * columns + from;
          if (k == 0 && bias != nullptr)
            for (int64_t row = 0; row < height; ++row) std::copy_n(bias + from, width, to + row * columns);
          if (whole > 0) set.product(to, columns, l, rowStride, depthStride, packed.get(), height, whole, part, add);
          if (whole == width) continue;
          set.product(edge, kPanel, l, rowStride, depthStride, packed.get() + whole * part, height, kPanel, part, false);
          for (int64_t row = 0; row < height; ++row)
            for (int64_t i = whole; i < width; ++i) {
              T& sum = to[row * columns + i];
              sum = (add ? sum : T(0)) + edge[row * kPanel + i - whole];
            }
        }
      }
    }
  });
  return made;
}

at::Tensor convolutionForward(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias, const Geometry&) {
  return areMatrices(rows, weight) ? multiplied(rows, weight.t(), bias) : at::Tensor();
}

at::Tensor convolutionBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry&) {
  return areMatrices(gradient, weight) ? multiplied(gradient, weight, bias) : at::Tensor();
}

at::Tensor convolutionBackwardWeights(const at::Tensor& rows, const at::Tensor& gradient, const Geometry&) {
  return areMatrices(rows, gradient) ? multiplied(gradient.t(), rows, at::Tensor()) : at::Tensor();
}

}  // namespace

bool areMatrices(const at::Tensor& first, const at::Tensor& second) {
  return isMatrix(first) && isMatrix(second) && first.scalar_type() == second.scalar_type() && first.numel() > 0 &&
         second.numel() > 0 && haveMatrixKernels();
}

at::Tensor multiplied(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias) {
  if (left.scalar_type() == at::kBFloat16 && right.scalar_type() == at::kBFloat16 && !kernels::hasBfloat16())
    return multiplied(left.to(at::kFloat), right.to(at::kFloat), bias).to(at::kBFloat16);
  if (!areMatrices(left, right) || right.size(1) < kPanel)
    return bias.defined() ? at::addmm(bias.to(left.scalar_type()), left, right) : at::mm(left, right);
  return withMatrixKernels(left.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    return product(set, Matrix<T>(left), Matrix<T>(right), Bias<T>(bias).data, left);
  });
}

const ConvolutionAlgorithm matrices{convolutionForward, convolutionBackwardData, convolutionBackwardWeights};

}  // namespace gantry
