// What the arithmetic of kernels/kernels.h is written in, for one instruction set. The files *_body.h are compiled once for each: kernels/all-inl.h
// includes them all, and one file for each set includes that, with its flags.
// Everything is in an unnamed namespace and nothing of the standard library is used, since a function that the linker
// shares between files could bring instructions to where the processor has none.
#include "kernels/kernels.h"

namespace gantry::kernels {
namespace {

#define GANTRY_INLINE inline __attribute__((always_inline))

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(GANTRY_VECTOR_BYTES)));
  typedef T unaligned __attribute__((vector_size(GANTRY_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
};
template <typename T>
using Vec = typename VectorOf<T>::type;
template <typename T>
constexpr int kLanes = GANTRY_VECTOR_BYTES / sizeof(T);

template <typename T>
GANTRY_INLINE Vec<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T>::unaligned*>(from);
}
template <typename T>
GANTRY_INLINE void store(T* to, Vec<T> value) {
  *reinterpret_cast<typename VectorOf<T>::unaligned*>(to) = value;
}

/** What bfloat16 is computed in, and everything else is stored in. */
template <typename T>
GANTRY_INLINE Vec<T> widened(const T* from) {
  return load(from);
}
template <typename T>
GANTRY_INLINE void narrowed(T* to, Vec<T> value) {
  store(to, value);
}

typedef uint32_t Bits __attribute__((vector_size(GANTRY_VECTOR_BYTES)));
typedef uint16_t Halves __attribute__((vector_size(GANTRY_VECTOR_BYTES / 2)));
typedef uint16_t UnalignedHalves __attribute__((vector_size(GANTRY_VECTOR_BYTES / 2), aligned(2), may_alias));

GANTRY_INLINE Vec<float> widened(const uint16_t* from) {
  const Halves halves = *reinterpret_cast<const UnalignedHalves*>(from);
  return reinterpret_cast<Vec<float>>(__builtin_convertvector(halves, Bits) << 16);
}
/** To the nearest, of two to the even; what is no number stays none. */
GANTRY_INLINE void narrowed(uint16_t* to, Vec<float> value) {
  const Bits bits = reinterpret_cast<Bits>(value);
  const Bits nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Bits chosen = value == value ? nearest : Bits{} + 0x7fc0;
  *reinterpret_cast<UnalignedHalves*>(to) = __builtin_convertvector(chosen, Halves);
}

template <int I>
struct Index {
  static constexpr int value = I;
};
/** A loop that is unrolled, with constants for indices. */
template <int From, int To, typename F>
GANTRY_INLINE void unroll(const F& f) {
  if constexpr (From < To) {
    f(Index<From>{});
    unroll<From + 1, To>(f);
  }
}

/** `f(Index<some>)` for the number `some`, from 1 to Most. */
template <int Most, typename F>
GANTRY_INLINE void constant(int64_t some, const F& f) {
  if constexpr (Most > 0) {
    if (some == Most) f(Index<Most>{});
    else constant<Most - 1>(some, f);
  }
}

/**
 * Rows or vectors in strips of up to Most, as equal as can be, since few at a time do not keep the processor busy:
 * `f(Index<how many>, the first)`.
 */
template <int Most, typename F>
GANTRY_INLINE void inStrips(int64_t count, const F& f) {
  for (int64_t done = 0, strips = (count + Most - 1) / Most; strips > 0; --strips) {
    const int64_t size = (count - done + strips - 1) / strips;
    constant<Most>(size, [&](auto some) __attribute__((always_inline)) { f(some, done); });
    done += size;
  }
}

}  // namespace
}  // namespace gantry::kernels
