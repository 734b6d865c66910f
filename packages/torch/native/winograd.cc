// The three maps of a 3x3 convolution of stride 1 with fewer multiplications: Winograd's minimal filtering (Lavin, Gray 2016).
//
// A tile of 4 x 4 outputs takes 36 multiplications a pair of channels instead of 144. They are matrix products over the
// channels, one for each of the 36 places of the transformed tile:
//   output = A' [ sum over channels (G w G') . (B' x B) ] A
// Images have their channels last here, so that every loop but the products' runs along channels. In float32 it loses about
// three bits to the plain sum.
#include <ATen/Parallel.h>

#include <algorithm>

#include "convolution.h"
#include "kernels.h"

namespace gantry {
namespace {

using kernels::Filter;
using kernels::kOutputs;
using kernels::kPlaces;
using kernels::Set;
using kernels::Tiles;

/** Channels, and samples along an axis, from which it is faster than oneDNN; channels from which the weights' gradient is. */
constexpr int64_t kChannels = 64;
constexpr int64_t kSize = 8;
constexpr int64_t kGradientChannels = 256;
/** Bytes of transformed tiles that a thread has at a time: more leaves a core's own cache, less reads the filter too often. */
constexpr int64_t kWorkspace = int64_t{2} << 20;
/** The weights' gradient adds up in place, and each pass over its sums costs as much as some tiles. */
constexpr int64_t kGradientWorkspace = int64_t{48} << 20;
/** Rows of a matrix product that one thread does at a time. */
constexpr int64_t kRowsAtATime = 96;

bool enabled = true;

bool applies(const at::Tensor& first, const at::Tensor& second, const Geometry& g, int64_t channels) {
  const auto both = [&](const std::array<int64_t, 2>& pair, int64_t value) { return pair[0] == value && pair[1] == value; };
  const auto type = first.scalar_type();
  return enabled && (type == at::kFloat || type == at::kDouble) && second.scalar_type() == type && both(g.kernel, 3) &&
         both(g.stride, 1) && g.padding[0] == g.padding[1] && g.count > 0 && g.outSize(0) >= kSize && g.outSize(1) >= kSize &&
         std::min(g.channels, g.made) >= channels && g.channels % kernels::kPanel == 0 && g.made % kernels::kPanel == 0;
}

int64_t tilesAlong(int64_t size) { return (size + kOutputs - 1) / kOutputs; }

at::Tensor workspace(int64_t elements, const at::Tensor& like) {
  return at::empty({elements}, like.options().memory_format(at::MemoryFormat::Contiguous));
}

/** Tiles in chunks of a bounded workspace: `work(from, to, most)`. */
template <typename F>
void inChunks(int64_t tiles, int64_t bytesPerTile, int64_t budget, const F& work) {
  const int64_t most = std::max<int64_t>(budget / bytesPerTile, 48);
  const int64_t chunks = (tiles + most - 1) / most;
  const int64_t chunk = (tiles + chunks - 1) / chunks;
  for (int64_t from = 0; from < tiles; from += chunk) work(from, std::min(from + chunk, tiles), chunk);
}

/** `in` by the filter to `out`: the convolution, and its image gradient. */
template <typename T>
void filtered(const Set<T>& set, const Tiles& in, const T* image, const Filter& f, const T* weight, const T* bias,
              const Tiles& out, int64_t count, T* output, const at::Tensor& like) {
  const int64_t filterPlace = f.rows * f.columns;
  const at::Tensor filters = workspace(kPlaces * filterPlace, like);
  T* const filter = filters.data_ptr<T>();
  at::parallel_for(0, f.rows, 4, [&](int64_t begin, int64_t end) {
    set.filter(f, weight, begin, end, filter, filterPlace);
  });
  // Each thread takes chunks of tiles through all three steps, so that what one step writes the next finds in its cache.
  const int64_t tiles = count * out.rows * out.columns, threads = at::get_num_threads();
  const int64_t most = std::max<int64_t>(kWorkspace / (kPlaces * (f.rows + f.columns) * sizeof(T)), 32);
  const int64_t chunks = std::min(tiles, (tiles + most * threads - 1) / (most * threads) * threads);
  const int64_t chunk = (tiles + chunks - 1) / chunks;
  const int64_t leftPlace = chunk * f.rows, outPlace = chunk * f.columns;
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor left = workspace(kPlaces * leftPlace, like), products = workspace(kPlaces * outPlace, like);
    T* const l = left.data_ptr<T>();
    T* const made = products.data_ptr<T>();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = tiles * i / chunks, to = tiles * (i + 1) / chunks;
      set.input(in, image, from, to, from, l, leftPlace);
      for (int64_t place = 0; place < kPlaces; ++place)
        set.product(made + place * outPlace, f.columns, l + place * leftPlace, f.rows, 1, filter + place * filterPlace,
                    to - from, f.columns, f.rows, false);
      set.output(out, made, outPlace, from, to, from, bias, output);
    }
  });
}

template <typename T>
void weigh(const Set<T>& set, const Tiles& in, const T* image, const Tiles& out, const T* gradient, const Filter& f,
           int64_t count, T* weight, const at::Tensor& like) {
  const int64_t sumPlace = f.rows * f.columns;
  const at::Tensor sums = workspace(kPlaces * sumPlace, like);
  T* const sum = sums.data_ptr<T>();
  at::Tensor left, right;
  inChunks(count * out.rows * out.columns, kPlaces * (f.rows + f.columns) * sizeof(T), kGradientWorkspace,
           [&](int64_t from, int64_t to, int64_t chunk) {
    if (!left.defined()) {
      left = workspace(kPlaces * chunk * f.rows, like);
      right = workspace(kPlaces * chunk * f.columns, like);
    }
    T* const l = left.data_ptr<T>();
    T* const r = right.data_ptr<T>();
    const int64_t leftPlace = chunk * f.rows, rightPlace = chunk * f.columns, tiles = to - from;
    at::parallel_for(0, tiles, 4, [&](int64_t begin, int64_t end) {
      set.input(in, image, from + begin, from + end, from, l, leftPlace);
      set.gradient(out, gradient, from + begin, from + end, from, tiles, r, rightPlace);
    });
    const int64_t parts = (f.rows + kRowsAtATime - 1) / kRowsAtATime;
    at::parallel_for(0, kPlaces * parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t place = task / parts, row = task % parts * kRowsAtATime;
        set.product(sum + place * sumPlace + row * f.columns, f.columns, l + place * leftPlace + row, 1, f.rows,
                    r + place * rightPlace, std::min(kRowsAtATime, f.rows - row), f.columns, tiles, from > 0);
      }
    });
  });
  at::parallel_for(0, f.rows, 4, [&](int64_t begin, int64_t end) {
    set.filterGradient(f, sum, sumPlace, begin, end, weight);
  });
}

/** `work(set, zero of the type)` in the images' type; undefined where this processor has no kernels. */
template <typename F>
at::Tensor withSet(at::ScalarType type, const F& work) {
  if (type == at::kFloat) {
    const auto* set = kernels::best<float>();
    return set == nullptr ? at::Tensor() : work(*set, float{});
  }
  const auto* set = kernels::best<double>();
  return set == nullptr ? at::Tensor() : work(*set, double{});
}

at::Tensor lastly(const at::Tensor& images) { return images.contiguous(at::MemoryFormat::ChannelsLast); }

at::Tensor emptyImages(const at::Tensor& like, int64_t count, int64_t channels, int64_t height, int64_t width) {
  return at::empty({count, channels, height, width}, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

/** Tiles of outputs in an image, and what they see of one that begins `before` them. */
Tiles tilesOf(int64_t height, int64_t width, int64_t channels) {
  return {height, width, channels, tilesAlong(height), tilesAlong(width), 0};
}
Tiles seenBy(const Tiles& out, int64_t height, int64_t width, int64_t channels, int64_t before) {
  return {height, width, channels, out.rows, out.columns, -before};
}

template <typename T>
const T* dataOrNull(const at::Tensor& bias) {
  return bias.defined() ? bias.data_ptr<T>() : nullptr;
}

at::Tensor convolveImages(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, weight, g, kChannels)) return {};
  return withSet(image.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor x = lastly(image), w = weight.contiguous(), b = bias.defined() ? bias.to(x.scalar_type()).contiguous() : bias;
    const at::Tensor output = emptyImages(image, g.count, g.made, g.outSize(0), g.outSize(1));
    const Tiles out = tilesOf(g.outSize(0), g.outSize(1), g.made);
    filtered<T>(set, seenBy(out, g.size[0], g.size[1], g.channels, g.padding[0]), x.template data_ptr<T>(),
                {g.channels, g.made, 9, g.channels * 9, false}, w.template data_ptr<T>(), dataOrNull<T>(b), out, g.count,
                output.template data_ptr<T>(), x);
    return output;
  });
}

at::Tensor spreadImages(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g, kChannels)) return {};
  return withSet(gradient.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor y = lastly(gradient), w = weight.contiguous(), b = bias.defined() ? bias.to(y.scalar_type()).contiguous() : bias;
    const at::Tensor image = emptyImages(gradient, g.count, g.channels, g.size[0], g.size[1]);
    const Tiles out = tilesOf(g.size[0], g.size[1], g.channels);
    filtered<T>(set, seenBy(out, g.outSize(0), g.outSize(1), g.made, 2 - g.padding[0]), y.template data_ptr<T>(),
                {g.made, g.channels, g.channels * 9, 9, true}, w.template data_ptr<T>(), dataOrNull<T>(b), out, g.count,
                image.template data_ptr<T>(), y);
    return image;
  });
}

at::Tensor weighImages(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, gradient, g, kGradientChannels)) return {};
  return withSet(image.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor x = lastly(image), y = lastly(gradient);
    const at::Tensor weight = at::empty({g.made, g.channels, 3, 3}, image.options().memory_format(at::MemoryFormat::Contiguous));
    const Tiles out = tilesOf(g.outSize(0), g.outSize(1), g.made);
    weigh<T>(set, seenBy(out, g.size[0], g.size[1], g.channels, g.padding[0]), x.template data_ptr<T>(), out,
             y.template data_ptr<T>(), {g.channels, g.made, 9, g.channels * 9, false}, g.count, weight.template data_ptr<T>(), x);
    return weight;
  });
}

}  // namespace

void setWinograd(bool on) { enabled = on; }

const Maps winograd{convolveImages, spreadImages, weighImages};

}  // namespace gantry
