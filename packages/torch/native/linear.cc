// gantry::linear: x W^T + b of matrices in float32 and float64, by the products that convolutions are made of: a convolution of
// images of one sample, and so with all its derivatives (convolution.cc).
//
// The three products of a layer, with N rows of C numbers and M made of each, differ in which matrix is packed:
//   convolve: [N, C] times W^T, which is packed turned around;   spread: [N, M] times W;   weigh: [M, N] times [N, C]
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "convolution.h"
#include "kernels.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Rows and columns of an output that one task makes. */
constexpr int64_t kRows = 48, kColumns = 128;
/** Multiplications from which threads share them. */
constexpr int64_t kShared = 1 << 18;

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

int64_t panelsOf(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

/** Rows of a right side that are packed together: from there they lie one after the other. */
constexpr int64_t kPacked = 16;

/** A panel of fewer than kPanel columns, or of a matrix with gaps, filled up with zeros. */
template <typename T>
void packPanel(const Matrix<T>& right, int64_t panel, T* out) {
  const int64_t columns = std::min(kPanel, right.columns - panel * kPanel);
  const T* const from = right.data + panel * kPanel * right.columnStride;
  for (int64_t row = 0; row < right.rows; ++row)
    for (int64_t i = 0; i < kPanel; ++i)
      out[row * kPanel + i] = i < columns ? from[row * right.rowStride + i * right.columnStride] : T(0);
}

/** A right side in panels. */
template <typename T>
at::Tensor packed(const kernels::Set<T>& set, const Matrix<T>& right, const at::Tensor& like) {
  const int64_t panels = panelsOf(right.columns), whole = right.columns / kPanel, size = right.rows * kPanel;
  const at::Tensor all = at::empty({panels * size}, like.options());
  T* const to = all.data_ptr<T>();
  const bool shared = right.rows * right.columns >= kShared / 4;
  const auto parallel = [&](int64_t count, const auto& work) { at::parallel_for(0, count, shared ? 1 : count, work); };
  if (right.rowStride == 1) {
    parallel(whole, [&](int64_t begin, int64_t end) {
      for (int64_t panel = begin; panel < end; ++panel)
        set.packTurned(right.data + panel * kPanel * right.columnStride, right.columnStride, right.rows, to + panel * size);
    });
  } else if (right.columnStride == 1) {
    parallel((right.rows + kPacked - 1) / kPacked, [&](int64_t begin, int64_t end) {
      const int64_t last = std::min(right.rows, end * kPacked);
      for (int64_t first = begin * kPacked; first < last; first += kPacked)
        for (int64_t panel = 0; panel < whole; ++panel)
          for (int64_t row = first; row < std::min(first + kPacked, last); ++row)
            std::memcpy(to + panel * size + row * kPanel, right.data + row * right.rowStride + panel * kPanel, kPanel * sizeof(T));
    });
  } else {
    for (int64_t panel = 0; panel < whole; ++panel) packPanel(right, panel, to + panel * size);
  }
  if (whole < panels) packPanel(right, whole, to + whole * size);
  return all;
}

/** left times right, and the bias for each row; as a tensor of its own. */
template <typename T>
at::Tensor product(const Matrix<T>& left, const Matrix<T>& right, const T* bias, const at::Tensor& like) {
  const kernels::Set<T>& set = *kernels::best<T>();
  const int64_t rows = left.rows, columns = right.columns, depth = right.rows;
  const at::Tensor made = at::empty({rows, columns}, like.options());
  T* const out = made.template data_ptr<T>();
  const at::Tensor panels = packed(set, right, like);
  const T* const packedRight = panels.template data_ptr<T>();
  const int64_t across = (columns + kColumns - 1) / kColumns, down = (rows + kRows - 1) / kRows;
  const int64_t tasks = across * down;
  const bool scattered = left.columnStride != 1;
  at::parallel_for(0, tasks, rows * columns * depth >= kShared ? 1 : tasks, [&](int64_t begin, int64_t end) {
    T edge[kRows * kPanel];
    std::vector<T> strip(scattered ? kRows * depth : 0);
    int64_t inStrip = -1;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t top = rows * (task / across) / down, height = rows * (task / across + 1) / down - top;
      const int64_t from = task % across * kColumns, width = std::min(kColumns, columns - from);
      const int64_t whole = width / kPanel * kPanel;
      const T* l = left.data + top * left.rowStride;
      int64_t rowStride = left.rowStride, depthStride = left.columnStride;
      if (scattered) {
        // What a row needs lies on as many pages as the product is deep: gathered once for all columns.
        if (inStrip != top)
          for (int64_t k = 0; k < depth; ++k) {
            const T* const column = l + k * depthStride;
            if (rowStride == 1) std::copy_n(column, height, strip.data() + k * height);
            else
              for (int64_t row = 0; row < height; ++row) strip[k * height + row] = column[row * rowStride];
          }
        inStrip = top;
        l = strip.data();
        rowStride = 1;
        depthStride = height;
      }
      T* const to = out + top * columns + from;
      if (bias != nullptr)
        for (int64_t row = 0; row < height; ++row) std::copy_n(bias + from, width, to + row * columns);
      if (whole > 0)
        set.product(to, columns, l, rowStride, depthStride, packedRight + from * depth, height, whole, depth,
                    bias != nullptr);
      if (whole == width) continue;
      set.product(edge, kPanel, l, rowStride, depthStride, packedRight + (from + whole) * depth, height, kPanel, depth,
                  false);
      for (int64_t row = 0; row < height; ++row)
        for (int64_t i = whole; i < width; ++i) {
          T& sum = to[row * columns + i];
          sum = (bias != nullptr ? sum : T(0)) + edge[row * kPanel + i - whole];
        }
    }
  });
  return made;
}

at::Tensor convolve(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias, const Geometry&) {
  return areMatrices(rows, weight) ? multiplied(rows, weight.t(), bias) : at::Tensor();
}

at::Tensor spread(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry&) {
  return areMatrices(gradient, weight) ? multiplied(gradient, weight, bias) : at::Tensor();
}

at::Tensor weigh(const at::Tensor& rows, const at::Tensor& gradient, const Geometry&) {
  return areMatrices(rows, gradient) ? multiplied(gradient.t(), rows, at::Tensor()) : at::Tensor();
}

}  // namespace

bool areMatrices(const at::Tensor& first, const at::Tensor& second) {
  return isMatrix(first) && isMatrix(second) && first.scalar_type() == second.scalar_type() && first.numel() > 0 &&
         second.numel() > 0 && kernels::best<float>() != nullptr;
}

at::Tensor multiplied(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias) {
  if (!areMatrices(left, right) || right.size(1) < kPanel)
    return bias.defined() ? at::addmm(bias.to(left.scalar_type()), left, right) : at::mm(left, right);
  const auto as = [&](auto zero) {
    using T = decltype(zero);
    return product(Matrix<T>(left), Matrix<T>(right), Bias<T>(bias).data, left);
  };
  return left.scalar_type() == at::kFloat ? as(float{}) : as(double{});
}

const Maps matrices{convolve, spread, weigh};

}  // namespace gantry
