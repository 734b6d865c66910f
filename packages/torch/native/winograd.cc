// The three maps of a convolution with fewer multiplications: Winograd's minimal filtering (Lavin, Gray 2016).
//
// A tile of 4 x 4 outputs of a 3x3 kernel takes 36 multiplications a pair of channels instead of 144. They are matrix
// products over the channels, one for each of the 36 places of the transformed tile:
//   output = A' [ sum over channels (G w G') . (B' x B) ] A
// A kernel of stride 2 is four kernels of stride 1, its phases: its even and odd rows and columns, each for the even or odd
// rows and columns of the image. Of a 4x4 kernel those have 2x2 taps and take 25 multiplications instead of 64.
//
// Images have their channels last, so that every loop but the products' runs along channels. In float32 it loses about three
// bits to the plain sum.
#include <algorithm>
#include <utility>
#include <vector>

#include "convolution.h"
#include "sets.h"
#include "tasks.h"
#include "weights.h"

namespace gantry {
namespace {

using kernels::Filter;
using kernels::kOutputs;
using kernels::Set;
using kernels::Steps;
using kernels::Tiles;

/** Channels, and outputs along an axis, from which it is faster than oneDNN. */
constexpr int64_t kChannels = 64;
constexpr int64_t kSize = 8;
/** Bytes of transformed tiles that a thread has at a time: more leaves a core's own cache, less reads the filter too often. */
constexpr int64_t kWorkspace = int64_t{2} << 20;
/** And that all threads have together for the weights' gradient, whose sums each pass reads and writes too. */
constexpr int64_t kGradientWorkspace = int64_t{4} << 20;
/** Rows of a matrix product that one thread does at a time. */
constexpr int64_t kRowsAtATime = 96;

bool enabled = true;

bool applies(const at::Tensor& first, const at::Tensor& second, const Geometry& g) {
  const auto are = [&](int64_t kernel, int64_t stride) {
    return g.kernel[0] == kernel && g.kernel[1] == kernel && g.stride[0] == stride && g.stride[1] == stride;
  };
  const auto type = first.scalar_type();
  return enabled && haveSets() && (type == at::kFloat || type == at::kDouble) && second.scalar_type() == type &&
         (are(3, 1) || are(4, 2)) && g.count > 0 && std::min(g.outSize(0), g.outSize(1)) >= kSize &&
         std::min(g.channels, g.made) >= kChannels && g.channels % kernels::kPanel == 0 && g.made % kernels::kPanel == 0;
}

int64_t tilesAlong(int64_t size) { return at::divup(size, kOutputs); }

at::Tensor workspace(int64_t elements, const at::Tensor& like) {
  return at::empty({elements}, like.options().memory_format(at::MemoryFormat::Contiguous));
}

/** Tiles in chunks of a bounded workspace: `work(from, to, most)`. */
template <typename F>
void inChunks(int64_t tiles, int64_t bytesPerTile, int64_t budget, const F& work) {
  const int64_t most = std::max<int64_t>(budget / bytesPerTile, 48);
  const int64_t chunks = at::divup(tiles, most);
  const int64_t chunk = at::divup(tiles, chunks);
  for (int64_t from = 0; from < tiles; from += chunk) work(from, std::min(from + chunk, tiles), chunk);
}

/** Taps of a phase along an axis. */
int64_t tapsOf(const Geometry& g, int d, int64_t phase) { return at::divup(g.kernel[d] - phase, g.stride[d]); }

/** `f(y, x, number)` for every phase of a kernel, which begins with the tap y, x. */
template <typename F>
void eachPhase(const Geometry& g, const F& f) {
  for (int64_t y = 0; y < g.stride[0]; ++y)
    for (int64_t x = 0; x < g.stride[1]; ++x) f(y, x, y * g.stride[1] + x);
}

/** `f(its place in a whole kernel of taps x taps, its place in the weight)` for every tap that a phase has. */
template <typename F>
void eachTap(const Geometry& g, int64_t taps, int64_t y, int64_t x, const F& f) {
  for (int64_t i = 0; i < tapsOf(g, 0, y); ++i)
    for (int64_t j = 0; j < tapsOf(g, 1, x); ++j)
      f(i * taps + j, (y + i * g.stride[0]) * g.kernel[1] + x + j * g.stride[1]);
}

/** A phase of a convolution: what it sees of images, and its part of the kernel. */
template <typename T>
struct Phase {
  Tiles tiles;
  Filter<T> filter;
};

/** What the phases see of an image, by their filters, summed, to `out`. */
template <typename T>
void filtered(const Set<T>& set, const Steps<T>& steps, const std::vector<Phase<T>>& phases, const T* image,
              const T* bias, const Tiles& out, int64_t count, T* output, const at::Tensor& like) {
  const int64_t part = phases[0].tiles.channels, depth = phases[0].filter.depth, columns = out.channels;
  const int64_t filterPlace = depth * columns;
  const at::Tensor filters = workspace(steps.places * filterPlace, like);
  T* const filter = filters.data_ptr<T>();
  sharePieces(depth, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < static_cast<int64_t>(phases.size()); ++i) {
      const int64_t from = std::max(begin - i * part, int64_t{0}), to = std::min(end - i * part, part);
      if (from < to) steps.filter(phases[i].filter, from, to, filter, filterPlace);
    }
  });
  // Each thread takes chunks of tiles through all three steps, so that what one step writes the next finds in its cache.
  const int64_t tiles = count * out.rows * out.columns, threads = at::get_num_threads();
  const int64_t most = std::max<int64_t>(kWorkspace / (steps.places * (depth + columns) * sizeof(T)), 32);
  const int64_t chunks = std::min(tiles, at::divup(tiles, most * threads) * threads);
  const int64_t chunk = at::divup(tiles, chunks);
  const int64_t leftPlace = chunk * depth, outPlace = chunk * columns;
  sharePieces(chunks, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor left = workspace(steps.places * leftPlace, like), products = workspace(steps.places * outPlace, like);
    T* const l = left.data_ptr<T>();
    T* const made = products.data_ptr<T>();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = tiles * i / chunks, to = tiles * (i + 1) / chunks;
      for (size_t phase = 0; phase < phases.size(); ++phase)
        steps.input(phases[phase].tiles, image, from, to, from, l + phase * part, depth, leftPlace);
      for (int64_t place = 0; place < steps.places; ++place)
        set.product(made + place * outPlace, columns, l + place * leftPlace, depth, 1, filter + place * filterPlace,
                    to - from, columns, depth, false);
      steps.output(out, made, outPlace, from, to, from, bias, output);
    }
  });
}

/** The weights' gradient, phase by phase in the rows of one product, as sums [tap][channels][made]. */
template <typename T>
at::Tensor weigh(const Set<T>& set, const Steps<T>& steps, const Geometry& g, const std::vector<Tiles>& phases, const T* image,
                 const Tiles& out, const T* gradient, const at::Tensor& like) {
  const int64_t part = g.channels, depth = part * phases.size(), columns = out.channels;
  const int64_t sumPlace = depth * columns;
  const at::Tensor sums = workspace(steps.places * sumPlace, like);
  T* const sum = sums.data_ptr<T>();
  at::Tensor left, right;
  inChunks(g.count * out.rows * out.columns, steps.places * (depth + columns) * sizeof(T), kGradientWorkspace,
           [&](int64_t from, int64_t to, int64_t chunk) {
    if (!left.defined()) {
      left = workspace(steps.places * chunk * depth, like);
      right = workspace(steps.places * chunk * columns, like);
    }
    T* const l = left.data_ptr<T>();
    T* const r = right.data_ptr<T>();
    const int64_t leftPlace = chunk * depth, rightPlace = chunk * columns, tiles = to - from;
    sharePieces(tiles, 4, [&](int64_t begin, int64_t end) {
      for (size_t phase = 0; phase < phases.size(); ++phase)
        steps.input(phases[phase], image, from + begin, from + end, from, l + phase * part, depth, leftPlace);
      steps.gradient(out, gradient, from + begin, from + end, from, tiles, r, rightPlace);
    });
    const int64_t parts = at::divup(depth, kRowsAtATime);
    sharePieces(steps.places * parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t place = task / parts, row = task % parts * kRowsAtATime;
        set.product(sum + place * sumPlace + row * columns, columns, l + place * leftPlace + row, 1, depth,
                    r + place * rightPlace, std::min(kRowsAtATime, depth - row), columns, tiles, from > 0);
      }
    });
  });
  const at::Tensor all = workspace(g.kernel[0] * g.kernel[1] * part * columns, like);
  const int64_t tapStride = part * columns;
  eachPhase(g, [&](int64_t y, int64_t x, int64_t phase) {
    const at::Tensor own = workspace(steps.taps * steps.taps * tapStride, like);
    sharePieces(part, 4, [&](int64_t begin, int64_t end) {
      steps.filterGradient(sum + (phase * part + begin) * columns, sumPlace, (end - begin) * columns,
                           own.data_ptr<T>() + begin * columns, tapStride);
    });
    eachTap(g, steps.taps, y, x, [&](int64_t i, int64_t tap) {
      all.narrow(0, tap * tapStride, tapStride).copy_(own.narrow(0, i * tapStride, tapStride));
    });
  });
  return all;
}

/** Every output, in tiles. */
Tiles outputsOf(const Geometry& g) {
  return {g.outSize(0), g.outSize(1), g.made, tilesAlong(g.outSize(0)), tilesAlong(g.outSize(1)), 0, 0, 1};
}

template <typename T>
const Steps<T>& stepsOf(const Set<T>& set, const Geometry& g) {
  return tapsOf(g, 0, 0) == set.two.taps ? set.two : set.three;
}

/** What outputs see through a phase. */
Tiles seenBy(const Geometry& g, int64_t y, int64_t x) {
  return {g.size[0], g.size[1], g.channels, tilesAlong(g.outSize(0)), tilesAlong(g.outSize(1)), y - g.padding[0],
          x - g.padding[1], g.stride[0]};
}

/** A phase of a packed weight: rows of it from `first` on, of `depth` in all; turned around, the last tap first. */
template <typename T>
Filter<T> filterOf(const Geometry& g, int64_t taps, int64_t y, int64_t x, const T* packed, int64_t depth, int64_t first,
                   bool turned) {
  Filter<T> filter{depth, first, turned ? g.made : g.channels, turned ? g.channels : g.made, {}};
  eachTap(g, taps, y, x, [&](int64_t i, int64_t tap) {
    filter.taps[turned ? taps * taps - 1 - i : i] = packed + tap * g.made * g.channels;
  });
  return filter;
}

/** Samples along an axis that a phase makes of the image: the first, and how many. */
std::pair<int64_t, int64_t> madeBy(const Geometry& g, int d, int64_t phase) {
  const int64_t start = phase - g.padding[d], step = g.stride[d];
  const int64_t first = start >= 0 ? start : start % step == 0 ? 0 : start % step + step;
  return {first, first < g.size[d] ? (g.size[d] - 1 - first) / step + 1 : 0};
}

at::Tensor convolveImages(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, weight, g)) return {};
  return withSet(image.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor from = channelsLast(image), packed = packWeight<T>(weight, false);
    const at::Tensor output = emptyImages(g.count, g.made, g.outSize(0), g.outSize(1), image);
    const Steps<T>& steps = stepsOf(set, g);
    const int64_t depth = g.channels * g.stride[0] * g.stride[1];
    std::vector<Phase<T>> phases;
    eachPhase(g, [&](int64_t y, int64_t x, int64_t phase) {
      phases.push_back({seenBy(g, y, x), filterOf<T>(g, steps.taps, y, x, packed.data_ptr<T>(), depth, phase * g.channels, false)});
    });
    filtered<T>(set, steps, phases, from.data_ptr<T>(), Bias<T>(bias).data, outputsOf(g), g.count, output.data_ptr<T>(), image);
    return output;
  });
}

at::Tensor spreadImages(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  return withSet(gradient.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor from = channelsLast(gradient), packed = packWeight<T>(weight, true);
    const at::Tensor image = emptyImages(g.count, g.channels, g.size[0], g.size[1], gradient);
    const Steps<T>& steps = stepsOf(set, g);
    // A phase makes every sample of its own rows and columns.
    eachPhase(g, [&](int64_t phaseY, int64_t phaseX, int64_t) {
      const auto [y, rows] = madeBy(g, 0, phaseY);
      const auto [x, columns] = madeBy(g, 1, phaseX);
      if (rows == 0 || columns == 0) return;
      const Tiles made{g.size[0], g.size[1], g.channels, tilesAlong(rows), tilesAlong(columns), y, x, g.stride[0]};
      const auto seen = [&](int d, int64_t sample, int64_t phase) {
        return (sample + g.padding[d] - phase) / g.stride[d] - (steps.taps - 1);
      };
      const Tiles given{g.outSize(0), g.outSize(1), g.made, made.rows, made.columns, seen(0, y, phaseY), seen(1, x, phaseX), 1};
      const auto filter = filterOf<T>(g, steps.taps, phaseY, phaseX, packed.data_ptr<T>(), g.made, 0, true);
      filtered<T>(set, steps, {{given, filter}}, from.data_ptr<T>(), Bias<T>(bias).data, made, g.count, image.data_ptr<T>(),
                  gradient);
    });
    return image;
  });
}

at::Tensor weighImages(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, gradient, g)) return {};
  return withSet(image.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const at::Tensor images = channelsLast(image), gradients = channelsLast(gradient);
    std::vector<Tiles> phases;
    eachPhase(g, [&](int64_t y, int64_t x, int64_t) { phases.push_back(seenBy(g, y, x)); });
    return unpackWeight<T>(weigh<T>(set, stepsOf(set, g), g, phases, images.data_ptr<T>(), outputsOf(g), gradients.data_ptr<T>(),
                                    image), g);
  });
}

}  // namespace

void setWinograd(bool on) { enabled = on; }

const Maps winograd{convolveImages, spreadImages, weighImages};

}  // namespace gantry
