// All kernels, for one instruction set, whose file includes this alone.
#include "kernels/vector-inl.h"
#include "kernels/winograd-inl.h"
#include "kernels/gemm-inl.h"
#include "kernels/transpose-inl.h"
#include "kernels/maxout-inl.h"
#include "kernels/image-inl.h"

namespace gantry::kernels {
namespace {

template <typename T>
constexpr MatrixKernels<T> makeMatrixKernels() {
  return {product<T>, packTurned<T>, packPlaced<T>, unpackPlaced<T>, {Chosen<T>::largest, Chosen<T>::backwardData, Chosen<T>::backwardWeights}};
}

}  // namespace

template <>
const MatrixKernels<float>& GANTRY_MATRIX_KERNELS<float>() {
  static constexpr MatrixKernels<float> set = makeMatrixKernels<float>();
  return set;
}
template <>
const MatrixKernels<double>& GANTRY_MATRIX_KERNELS<double>() {
  static constexpr MatrixKernels<double> set = makeMatrixKernels<double>();
  return set;
}

}  // namespace gantry::kernels
