// What kernels/kernels.h has for each type of images, for one instruction set: included behind kernels/winograd-inl.h, and made of the vectors of
// kernels/vector-inl.h, whose rules hold here too.

namespace gantry::kernels {
namespace {

/** Batch normalisation, see kernels/kernels.h. */
template <typename T, typename A>
struct Normalisation {
  static constexpr int Lanes = kLanes<A>;
  using V = Vec<A>;

  static GANTRY_INLINE V activated(V value, A slope) { return value > 0 ? value : value * slope + 0; }
  /** The gradient of what LeakyReLU gets, which is positive or not. */
  static GANTRY_INLINE V through(V gradient, V value, A slope) { return value > 0 ? gradient : gradient * slope; }

  static void sums(const T* rows, int64_t count, int64_t channels, const A* shift, A* sum, A* squares) {
    for (int64_t c = 0; c < channels; c += Lanes) {
      store(sum + c, V{});
      store(squares + c, V{});
    }
    for (int64_t row = 0; row < count; ++row, rows += channels)
      for (int64_t c = 0; c < channels; c += Lanes) {
        const V value = widened(rows + c) - load(shift + c);
        store(sum + c, load(sum + c) + value);
        store(squares + c, load(squares + c) + value * value);
      }
  }

  static void apply(const T* rows, int64_t count, int64_t channels, const A* mean, const A* scale, const A* offset, A slope,
                    T* out) {
    for (int64_t row = 0; row < count; ++row, rows += channels, out += channels)
      for (int64_t c = 0; c < channels; c += Lanes)
        narrowed(out + c, activated(load(scale + c) * (widened(rows + c) - load(mean + c)) + load(offset + c), slope));
  }

  static void gradientSums(const T* rows, const T* gradients, int64_t count, int64_t channels, const A* mean, const A* scale,
                           const A* offset, A slope, A* sum, A* products) {
    for (int64_t c = 0; c < channels; c += Lanes) {
      store(sum + c, V{});
      store(products + c, V{});
    }
    for (int64_t row = 0; row < count; ++row, rows += channels, gradients += channels)
      for (int64_t c = 0; c < channels; c += Lanes) {
        const V value = widened(rows + c) - load(mean + c);
        const V gradient = through(widened(gradients + c), load(scale + c) * value + load(offset + c), slope);
        store(sum + c, load(sum + c) + gradient);
        store(products + c, load(products + c) + gradient * value);
      }
  }

  static void gradient(const T* rows, const T* gradients, int64_t count, int64_t channels, const A* mean, const A* scale,
                       const A* offset, A slope, const A* slant, const A* level, T* out) {
    for (int64_t row = 0; row < count; ++row, rows += channels, gradients += channels, out += channels)
      for (int64_t c = 0; c < channels; c += Lanes) {
        const V value = widened(rows + c) - load(mean + c), factor = load(scale + c);
        const V gradient = through(widened(gradients + c), factor * value + load(offset + c), slope);
        narrowed(out + c, factor * gradient + load(slant + c) * value + load(level + c));
      }
  }

  static constexpr Norm<T, A> make() { return {sums, apply, gradientSums, gradient}; }
};

/** See kernels/kernels.h. */
template <typename T, typename A>
void halve(const T* above, const T* below, int64_t width, int64_t channels, A factor, T* out) {
  for (int64_t x = 0; x < width; ++x, above += 2 * channels, below += 2 * channels, out += channels)
    for (int64_t c = 0; c < channels; c += kLanes<A>)
      narrowed(out + c, ((widened(above + c) + widened(above + channels + c)) +
                         (widened(below + c) + widened(below + channels + c))) *
                            factor);
}

template <typename T, typename A>
void twice(const T* row, int64_t width, int64_t channels, A factor, T* above, T* below) {
  for (int64_t x = 0; x < width; ++x, row += channels, above += 2 * channels, below += 2 * channels)
    for (int64_t c = 0; c < channels; c += kLanes<A>) {
      const Vec<A> value = widened(row + c) * factor;
      narrowed(above + c, value);
      narrowed(above + channels + c, value);
      narrowed(below + c, value);
      narrowed(below + channels + c, value);
    }
}

/** The place nearest to one that may lie outside. */
GANTRY_INLINE int64_t within(int64_t place, int64_t count) { return place < 0 ? 0 : place < count ? place : count - 1; }

template <typename T, typename A>
void interpolate(const T* const (&rows)[3], int64_t width, int64_t channels, T* above, T* below) {
  for (int64_t x = 0; x < width; ++x, above += 2 * channels, below += 2 * channels)
    for (int64_t c = 0; c < channels; c += kLanes<A>) {
      // Of the columns left, here and right: the samples of both rows.
      Vec<A> upper[3], lower[3];
      for (int64_t i = 0; i < 3; ++i) {
        const int64_t at = within(x + i - 1, width) * channels + c;
        const Vec<A> here = widened(rows[1] + at) * A(0.75);
        upper[i] = here + widened(rows[0] + at) * A(0.25);
        lower[i] = here + widened(rows[2] + at) * A(0.25);
      }
      narrowed(above + c, upper[1] * A(0.75) + upper[0] * A(0.25));
      narrowed(above + channels + c, upper[1] * A(0.75) + upper[2] * A(0.25));
      narrowed(below + c, lower[1] * A(0.75) + lower[0] * A(0.25));
      narrowed(below + channels + c, lower[1] * A(0.75) + lower[2] * A(0.25));
    }
}

template <typename T, typename A>
void collect(const T* const (&rows)[4], int64_t width, int64_t channels, T* out) {
  for (int64_t x = 0; x < width; ++x, out += channels)
    for (int64_t c = 0; c < channels; c += kLanes<A>) {
      Vec<A> columns[4];
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t at = within(2 * x + i - 1, 2 * width) * channels + c;
        columns[i] = (widened(rows[1] + at) + widened(rows[2] + at)) * A(0.75) +
                     (widened(rows[0] + at) + widened(rows[3] + at)) * A(0.25);
      }
      narrowed(out + c, (columns[1] + columns[2]) * A(0.75) + (columns[0] + columns[3]) * A(0.25));
    }
}

/** See kernels/kernels.h. */
void widen(const uint16_t* from, int64_t count, float* to) {
  int64_t i = 0;
  for (; i + kLanes<float> <= count; i += kLanes<float>) store(to + i, widened(from + i));
  for (; i < count; ++i) {
    const uint32_t bits = uint32_t(from[i]) << 16;
    __builtin_memcpy(to + i, &bits, sizeof(bits));
  }
}

void narrow(const float* from, int64_t count, uint16_t* to) {
  int64_t i = 0;
  for (; i + kLanes<float> <= count; i += kLanes<float>) narrowed(to + i, load(from + i));
  float rest[kLanes<float>] = {};
  uint16_t halves[kLanes<float>];
  for (int64_t k = i; k < count; ++k) rest[k - i] = from[k];
  narrowed(halves, load(rest));
  for (int64_t k = i; k < count; ++k) to[k] = halves[k - i];
}

template <typename T, typename A>
constexpr Pass<T, A> makePass() {
  return {Normalisation<T, A>::make(),
          {halve<T, A>, twice<T, A>, interpolate<T, A>, collect<T, A>},
          Winograd<A, T, kOutputs, 2>::steps(),
          Winograd<A, T, kOutputs, 3>::steps()};
}

}  // namespace

const ImageKernels& GANTRY_IMAGE_KERNELS() {
  static constexpr ImageKernels passes = {makePass<float, float>(), makePass<double, double>(), makePass<uint16_t, float>(), {widen, narrow}};
  return passes;
}

}  // namespace gantry::kernels
