// All kernels, for one instruction set, whose file includes this alone.
#include "kernels_body.h"
#include "winograd_body.h"
#include "product_body.h"
#include "turn_body.h"
#include "maxout_body.h"
#include "passes_body.h"

namespace gantry::kernels {
namespace {

template <typename T>
constexpr Set<T> makeSet() {
  return {product<T>, packTurned<T>, packPlaced<T>, unpackPlaced<T>, {Chosen<T>::largest, Chosen<T>::spread, Chosen<T>::weigh}};
}

}  // namespace

template <>
const Set<float>& GANTRY_SET<float>() {
  static constexpr Set<float> set = makeSet<float>();
  return set;
}
template <>
const Set<double>& GANTRY_SET<double>() {
  static constexpr Set<double> set = makeSet<double>();
  return set;
}

}  // namespace gantry::kernels
