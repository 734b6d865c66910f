// The three maps of a convolution with fewer multiplications: Winograd's minimal filtering (Lavin, Gray 2016).
//
// A tile of 4 x 4 outputs of a 3x3 kernel takes 36 multiplications a pair of channels instead of 144. They are matrix
// products over the channels, one for each of the 36 places of the transformed tile:
//   output = A' [ sum over channels (G w G') . (B' x B) ] A
// A kernel of stride 2 is four kernels of stride 1, its phases: its even and odd rows and columns, each for the even or odd
// rows and columns of the image. Of a 4x4 kernel those have 2x2 taps and take 25 multiplications instead of 64.
//
// Images have their channels last, so that every loop but the products' runs along channels. In float32 it loses about three
// bits to the plain sum; bfloat16 is computed in float32.
#include <algorithm>
#include <utility>
#include <vector>

#include "operators/convolution.h"
#include "operators/image_dispatch.h"
#include "operators/kernel_dispatch.h"
#include "tasks.h"
#include "operators/weight_packing.h"

namespace gantry {
namespace {

using kernels::Filter;
using kernels::kOutputs;
using kernels::kPanel;
using kernels::kStrip;
using kernels::MatrixKernels;
using kernels::WinogradTransforms;
using kernels::Tiles;

/** Channels, and outputs along an axis, from which it is faster than what else there is. */
constexpr int64_t kChannels = 32, kSize = 7;
/** Channels from which it is where an axis is one tile. */
constexpr int64_t kChannelsOfOneTile = 64;
/** Pairs of channels from which it is for the weights' gradient of many tiles. */
constexpr int64_t kPairs = 48 * 48;
/** Bytes of transformed tiles that a thread has at a time: more leaves a core's own cache, less reads the filter too often. */
constexpr int64_t kWorkspace = int64_t{2} << 20;
/** And that all threads have together for the weights' gradient, whose sums each pass reads and writes too. */
constexpr int64_t kGradientWorkspace = int64_t{4} << 20;
/** Rows of the weights' gradient that one thread makes at a time. */
constexpr int64_t kRows = 96;
/** Tiles up to which filters are so much larger than they that those should pass by memory as seldom as possible. */
constexpr int64_t kFewTiles = 128;
/** And up to which the weights' gradient is made block by block: each of its sums is made once, but tiles are read for each block. */
constexpr int64_t kBlockTiles = 256;
/** Rows and columns of a filter that stay near while all of few tiles go by, for all places of a tile. */
constexpr int64_t kNearDepth = 128, kNearColumns = 64;
/** Tasks that threads should have to share; blocks are halved for it, down to a strip of rows and a panel of columns. */
constexpr int64_t kTasks = 8;

bool enabled = true;

int64_t tilesAlong(int64_t size) { return at::divup(size, kOutputs); }

/** Of all outputs. */
int64_t tilesOf(const Geometry& g) { return g.batch * tilesAlong(g.outSize(0)) * tilesAlong(g.outSize(1)); }

bool applies(const at::Tensor& first, const at::Tensor& second, const Geometry& g) {
  const auto are = [&](int64_t kernel, int64_t stride) {
    return g.kernel[0] == kernel && g.kernel[1] == kernel && g.stride[0] == stride && g.stride[1] == stride;
  };
  const int64_t channels = std::min(g.inChannels, g.outChannels);
  const auto fits = [&](int64_t size) { return size >= kSize || (size == kOutputs && channels >= kChannelsOfOneTile); };
  const auto type = first.scalar_type();
  const bool known = type == at::kFloat || type == at::kDouble || type == at::kBFloat16;
  return enabled && haveMatrixKernels() && known && second.scalar_type() == type && (are(3, 1) || are(4, 2)) && g.batch > 0 &&
         fits(g.outSize(0)) && fits(g.outSize(1)) && channels >= kChannels && g.inChannels % kPanel == 0 && g.outChannels % kPanel == 0;
}

template <typename T>
at::Tensor workspace(int64_t elements) {
  return at::empty({elements}, at::TensorOptions(c10::CppTypeToScalarType<T>::value));
}

/**
 * Numbers from one place of transformed tiles to the next, of which each has `numbers`. All places are read or written in turn:
 * at a distance of pages, as sizes mostly are, they would contend for the same lines of the nearest cache.
 */
template <typename T>
int64_t apart(int64_t numbers) {
  constexpr int64_t page = 4096 / sizeof(T);
  return at::divup(numbers, page) * page + kPanel;
}

/** `f(y, x, number)` for every phase of a kernel, which begins with the tap y, x. */
template <typename F>
void eachPhase(const Geometry& g, const F& f) {
  for (int64_t y = 0; y < g.stride[0]; ++y)
    for (int64_t x = 0; x < g.stride[1]; ++x) f(y, x, y * g.stride[1] + x);
}

/** A phase of a convolution: what it sees of images, and its part of the kernel. */
template <typename T>
struct Phase {
  Tiles tiles;
  Filter<T> filter;
};

/** What some phases see of an image, by their filters, summed, to `out`. */
template <typename T>
struct Sum {
  std::vector<Phase<T>> phases;
  Tiles out;
  int64_t depth() const { return phases[0].filter.depth; }
  int64_t tiles(int64_t count) const { return count * out.rows * out.columns; }
};

/** For few tiles, all of which meet some columns of a filter at a time: those are transformed where they are used. */
template <typename T, typename S>
void filterInColumns(const MatrixKernels<T>& set, const WinogradTransforms<T, S>& steps, const std::vector<Sum<T>>& sums, const S* image, const T* bias,
                     int64_t count, S* output) {
  const int64_t channels = sums[0].out.channels, part = sums[0].phases[0].tiles.channels, tiles = sums[0].tiles(count);
  // A row's stride that is a power of two would have rows contend for the same places of the cache.
  const int64_t leftStride = sums[0].depth() + kPanel, leftPlace = apart<T>(tiles * leftStride), leftSum = steps.places * leftPlace;
  const at::Tensor left = workspace<T>(sums.size() * leftSum);
  T* const l = left.data_ptr<T>();
  sharePieces(tiles, 4, [&](int64_t begin, int64_t end) {
    for (size_t i = 0; i < sums.size(); ++i)
      for (size_t phase = 0; phase < sums[i].phases.size(); ++phase)
        steps.input(sums[i].phases[phase].tiles, image, begin, end, 0, l + i * leftSum + phase * part, leftStride, leftPlace);
  });
  int64_t near = kNearColumns;
  while (sums.size() * at::divup(channels, near) < kTasks && near > kPanel) near /= 2;
  const int64_t slices = at::divup(channels, near);
  shareTasks(sums.size() * slices, [&](const auto& next) {
    const int64_t filterPlace = apart<T>(kNearDepth * near), outPlace = apart<T>(tiles * near);
    const at::Tensor filters = workspace<T>(steps.places * filterPlace), products = workspace<T>(steps.places * outPlace);
    T* const filter = filters.data_ptr<T>();
    T* const made = products.data_ptr<T>();
    for (int64_t task; (task = next()) >= 0;) {
      const Sum<T>& sum = sums[task / slices];
      const int64_t column = task % slices * near, columns = std::min(near, channels - column);
      for (size_t phase = 0; phase < sum.phases.size(); ++phase)
        for (int64_t begin = 0; begin < part; begin += kNearDepth) {
          const int64_t depth = std::min(kNearDepth, part - begin);
          const Filter<T>& whole = sum.phases[phase].filter;
          const T* const packed = whole.packed + column * whole.rows * steps.taps * steps.taps;
          steps.filter({packed, whole.rows, columns, depth, -begin}, begin, begin + depth, filter, filterPlace);
          const T* const from = l + task / slices * leftSum + phase * part + begin;
          for (int64_t place = 0; place < steps.places; ++place)
            set.product(made + place * outPlace, columns, from + place * leftPlace, leftStride, 1, filter + place * filterPlace,
                        tiles, columns, depth, phase > 0 || begin > 0);
        }
      steps.output(sum.out, made, outPlace, columns, 0, tiles, 0, bias == nullptr ? nullptr : bias + column, output + column);
    }
  });
}

/** For many tiles, of which a thread takes some through all three steps: what one step writes the next finds in its cache. */
template <typename T, typename S>
void filterInTiles(const MatrixKernels<T>& set, const WinogradTransforms<T, S>& steps, const Sum<T>& sum, const S* image, const T* bias, int64_t count,
                   S* output) {
  const std::vector<Phase<T>>& phases = sum.phases;
  const int64_t part = phases[0].tiles.channels, depth = sum.depth(), columns = sum.out.channels;
  const int64_t filterPlace = apart<T>(depth * columns);
  const at::Tensor filters = workspace<T>(steps.places * filterPlace);
  T* const filter = filters.data_ptr<T>();
  const int64_t strips = part / kStrip;
  sharePieces(phases.size() * strips, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin / strips; i * strips < end; ++i) {
      const int64_t from = std::max(begin - i * strips, int64_t{0}), to = std::min(end - i * strips, strips);
      steps.filter(phases[i].filter, from * kStrip, to * kStrip, filter, filterPlace);
    }
  });
  const int64_t tiles = sum.tiles(count), threads = at::get_num_threads();
  const int64_t most = std::max<int64_t>(kWorkspace / (steps.places * (depth + columns) * sizeof(T)), 32);
  const int64_t chunks = std::min(tiles, at::divup(tiles, most * threads) * threads);
  const int64_t chunk = at::divup(tiles, chunks);
  const int64_t leftPlace = apart<T>(chunk * depth), outPlace = apart<T>(chunk * columns);
  sharePieces(chunks, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor left = workspace<T>(steps.places * leftPlace), products = workspace<T>(steps.places * outPlace);
    T* const l = left.data_ptr<T>();
    T* const made = products.data_ptr<T>();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = tiles * i / chunks, to = tiles * (i + 1) / chunks;
      for (size_t phase = 0; phase < phases.size(); ++phase)
        steps.input(phases[phase].tiles, image, from, to, from, l + phase * part, depth, leftPlace);
      for (int64_t place = 0; place < steps.places; ++place)
        set.product(made + place * outPlace, columns, l + place * leftPlace, depth, 1, filter + place * filterPlace,
                    to - from, columns, depth, false);
      steps.output(sum.out, made, outPlace, columns, from, to, from, bias, output);
    }
  });
}

/** Sums that make an image together. */
template <typename T, typename S>
void filter(const MatrixKernels<T>& set, const WinogradTransforms<T, S>& steps, const std::vector<Sum<T>>& sums, const S* image, const T* bias, int64_t count,
            S* output) {
  const bool few = std::all_of(sums.begin(), sums.end(), [&](const Sum<T>& sum) {
    return sum.tiles(count) <= kFewTiles && sum.tiles(count) == sums[0].tiles(count);
  });
  if (few) return filterInColumns(set, steps, sums, image, bias, count, output);
  for (const Sum<T>& sum : sums) filterInTiles(set, steps, sum, image, bias, count, output);
}

/** Both sides of the products that make the weights' gradient, for up to `most` tiles at a time. */
template <typename T, typename S>
struct Sides {
  const WinogradTransforms<T, S>& steps;
  const std::vector<Tiles>& phases;
  const Tiles& out;
  // A row's stride that is a power of two would have rows contend for the same places of the cache.
  const int64_t leftStride, leftPlace, rightPlace;
  const at::Tensor lefts, rights;
  T* const left;
  T* const right;

  Sides(const WinogradTransforms<T, S>& steps, const std::vector<Tiles>& phases, const Tiles& out, int64_t most)
      : steps(steps),
        phases(phases),
        out(out),
        leftStride(phases[0].channels * phases.size() + kPanel),
        leftPlace(apart<T>(most * leftStride)),
        rightPlace(apart<T>(most * out.channels)),
        lefts(workspace<T>(steps.places * leftPlace)),
        rights(workspace<T>(steps.places * rightPlace)),
        left(lefts.data_ptr<T>()),
        right(rights.data_ptr<T>()) {}

  /** Takes tiles [from, to) of what the phases see of an image, and of the outputs' gradient. */
  void take(const S* image, const S* gradient, int64_t from, int64_t to) const {
    sharePieces(to - from, 4, [&](int64_t begin, int64_t end) {
      for (size_t phase = 0; phase < phases.size(); ++phase)
        steps.input(phases[phase], image, from + begin, from + end, from, left + phase * phases[0].channels, leftStride, leftPlace);
      steps.gradient(out, gradient, from + begin, from + end, from, to - from, right, rightPlace);
    });
  }
};

/** The weights' gradient block by block, so that its transform finds a block near. */
template <typename T, typename S>
at::Tensor backwardWeightsInBlocks(const MatrixKernels<T>& set, const WinogradTransforms<T, S>& steps, const Geometry& g, const std::vector<Tiles>& phases, const S* image,
                         const Tiles& out, const S* gradient) {
  const int64_t part = g.inChannels, columns = out.channels, tiles = tilesOf(g);
  const int64_t taps = steps.taps * steps.taps;
  const at::Tensor all = workspace<T>(phases.size() * taps * part * columns);
  T* const made = all.data_ptr<T>();
  const Sides<T, S> sides(steps, phases, out, tiles);
  sides.take(image, gradient, 0, tiles);
  int64_t high = std::min(kRows, part), wide = kNearColumns;
  const auto tasks = [&] { return int64_t(phases.size()) * at::divup(part, high) * at::divup(columns, wide); };
  while (tasks() < kTasks && wide > kPanel) wide /= 2;
  while (tasks() < kTasks && high > kStrip) high = at::divup(high / 2, kStrip) * kStrip;
  const int64_t slices = at::divup(columns, wide), blocks = at::divup(part, high) * slices;
  shareTasks(tasks(), [&](const auto& next) {
    const int64_t sumPlace = apart<T>(high * wide);
    const at::Tensor near = workspace<T>(steps.places * sumPlace);
    T* const sum = near.data_ptr<T>();
    for (int64_t task; (task = next()) >= 0;) {
      const int64_t phase = task / blocks, row = task % blocks / slices * high, column = task % slices * wide;
      const int64_t rows = std::min(high, part - row), width = std::min(wide, columns - column);
      for (int64_t place = 0; place < steps.places; ++place)
        set.product(sum + place * sumPlace, width, sides.left + place * sides.leftPlace + phase * part + row, 1, sides.leftStride,
                    sides.right + place * sides.rightPlace + column * tiles, rows, width, tiles, false);
      steps.filterGradient(sum, sumPlace, width, rows, width, made + ((phase * columns + column) * part + row * kPanel) * taps,
                           part * kPanel * taps);
    }
  });
  return all;
}

/** The weights' gradient as unpackWinograd takes it, phase by phase in the rows of one product. */
template <typename T, typename S>
at::Tensor convolutionBackwardWeights(const MatrixKernels<T>& set, const WinogradTransforms<T, S>& steps, const Geometry& g, const std::vector<Tiles>& phases, const S* image,
                 const Tiles& out, const S* gradient) {
  const int64_t part = g.inChannels, depth = part * phases.size(), columns = out.channels, tiles = tilesOf(g);
  if (tiles <= kBlockTiles) return backwardWeightsInBlocks(set, steps, g, phases, image, out, gradient);
  const int64_t sumPlace = apart<T>(depth * columns), parts = at::divup(depth, kRows);
  const at::Tensor sums = workspace<T>(steps.places * sumPlace);
  T* const sum = sums.data_ptr<T>();
  const int64_t most = std::max<int64_t>(kGradientWorkspace / (steps.places * (depth + columns) * sizeof(T)), 48);
  const int64_t chunk = at::divup(tiles, at::divup(tiles, most));
  const Sides<T, S> sides(steps, phases, out, chunk);
  for (int64_t from = 0; from < tiles; from += chunk) {
    const int64_t to = std::min(from + chunk, tiles);
    sides.take(image, gradient, from, to);
    sharePieces(steps.places * parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t place = task / parts, row = task % parts * kRows;
        set.product(sum + place * sumPlace + row * columns, columns, sides.left + place * sides.leftPlace + row, 1, sides.leftStride,
                    sides.right + place * sides.rightPlace, std::min(kRows, depth - row), columns, to - from, from > 0);
      }
    });
  }
  const int64_t taps = steps.taps * steps.taps, strips = part / kStrip;
  const at::Tensor all = workspace<T>(phases.size() * taps * part * columns);
  T* const made = all.data_ptr<T>();
  sharePieces(phases.size() * strips, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t phase = i / strips, row = i % strips * kStrip;
      steps.filterGradient(sum + (phase * part + row) * columns, sumPlace, columns, kStrip, columns,
                           made + (phase * columns * part + row * kPanel) * taps, part * kPanel * taps);
    }
  });
  return all;
}

/** Every output, in tiles. */
Tiles outputsOf(const Geometry& g) {
  return {g.outSize(0), g.outSize(1), g.outChannels, tilesAlong(g.outSize(0)), tilesAlong(g.outSize(1)), 0, 0, 1};
}

/** `work(products, transforms, zero of the stored type, zero of the type computed in)`. */
template <typename F>
at::Tensor withSteps(at::ScalarType type, const Geometry& g, const F& work) {
  return withImageKernels(type, [&](const auto& pass, auto stored, auto computed) {
    const bool two = g.kernel[0] / g.stride[0] == pass.two.taps;
    return work(*kernels::matrixKernels<decltype(computed)>(), two ? pass.two : pass.three, stored, computed);
  });
}

/** A weight as it is computed with. */
template <typename T>
at::Tensor numbersOf(const at::Tensor& weight) { return weight.to(c10::CppTypeToScalarType<T>::value); }

template <typename S>
S* dataOf(const at::Tensor& images) { return static_cast<S*>(images.data_ptr()); }

/** What outputs see through a phase. */
Tiles seenBy(const Geometry& g, int64_t y, int64_t x) {
  return {g.size[0], g.size[1], g.inChannels, tilesAlong(g.outSize(0)), tilesAlong(g.outSize(1)), y - g.padding[0],
          x - g.padding[1], g.stride[0]};
}

/** A phase of a packed weight: rows of it from `first` on, of `depth` in all. */
template <typename T>
Filter<T> filterOf(const Geometry& g, int64_t phase, const T* packed, int64_t depth, int64_t first, bool turned) {
  const int64_t taps = g.kernel[0] / g.stride[0] * (g.kernel[1] / g.stride[1]);
  const T* const own = packed + phase * taps * g.outChannels * g.inChannels;
  return {own, turned ? g.outChannels : g.inChannels, turned ? g.inChannels : g.outChannels, depth, first};
}

/** Samples along an axis that a phase makes of the image: the first, and how many. */
std::pair<int64_t, int64_t> madeBy(const Geometry& g, int d, int64_t phase) {
  const int64_t start = phase - g.padding[d], step = g.stride[d];
  const int64_t first = start >= 0 ? start : start % step == 0 ? 0 : start % step + step;
  return {first, first < g.size[d] ? (g.size[d] - 1 - first) / step + 1 : 0};
}

at::Tensor forwardImages(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, weight, g)) return {};
  return withSteps(image.scalar_type(), g, [&](const auto& set, const auto& steps, auto stored, auto computed) {
    using S = decltype(stored);
    using T = decltype(computed);
    const at::Tensor from = channelsLast(image), packed = packWinograd<T>(numbersOf<T>(weight), g, false);
    const at::Tensor output = emptyImages(g.batch, g.outChannels, g.outSize(0), g.outSize(1), image);
    const int64_t depth = g.inChannels * g.stride[0] * g.stride[1];
    std::vector<Phase<T>> phases;
    eachPhase(g, [&](int64_t y, int64_t x, int64_t phase) {
      phases.push_back({seenBy(g, y, x), filterOf(g, phase, packed.data_ptr<T>(), depth, phase * g.inChannels, false)});
    });
    filter<T, S>(set, steps, {{phases, outputsOf(g)}}, dataOf<S>(from), Bias<T>(bias).data, g.batch, dataOf<S>(output));
    return output;
  });
}

at::Tensor backwardDataImages(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  return withSteps(gradient.scalar_type(), g, [&](const auto& set, const auto& steps, auto stored, auto computed) {
    using S = decltype(stored);
    using T = decltype(computed);
    const at::Tensor from = channelsLast(gradient), packed = packWinograd<T>(numbersOf<T>(weight), g, true);
    const at::Tensor image = emptyImages(g.batch, g.inChannels, g.size[0], g.size[1], gradient);
    // A phase makes every sample of its own rows and columns.
    std::vector<Sum<T>> sums;
    eachPhase(g, [&](int64_t phaseY, int64_t phaseX, int64_t phase) {
      const auto [y, rows] = madeBy(g, 0, phaseY);
      const auto [x, columns] = madeBy(g, 1, phaseX);
      if (rows == 0 || columns == 0) return;
      const Tiles made{g.size[0], g.size[1], g.inChannels, tilesAlong(rows), tilesAlong(columns), y, x, g.stride[0]};
      const auto seen = [&](int d, int64_t sample, int64_t first) {
        return (sample + g.padding[d] - first) / g.stride[d] - (steps.taps - 1);
      };
      const Tiles given{g.outSize(0), g.outSize(1), g.outChannels, made.rows, made.columns, seen(0, y, phaseY), seen(1, x, phaseX), 1};
      const auto own = filterOf(g, phase, packed.data_ptr<T>(), g.outChannels, 0, true);
      sums.push_back({{{given, own}}, made});
    });
    filter<T, S>(set, steps, sums, dataOf<S>(from), Bias<T>(bias).data, g.batch, dataOf<S>(image));
    return image;
  });
}

at::Tensor backwardWeightsImages(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, gradient, g)) return {};
  if (g.inChannels * g.outChannels < kPairs && tilesOf(g) > kBlockTiles) return {};
  return withSteps(image.scalar_type(), g, [&](const auto& set, const auto& steps, auto stored, auto computed) {
    using S = decltype(stored);
    using T = decltype(computed);
    const at::Tensor images = channelsLast(image), gradients = channelsLast(gradient);
    std::vector<Tiles> phases;
    eachPhase(g, [&](int64_t y, int64_t x, int64_t) { phases.push_back(seenBy(g, y, x)); });
    const at::Tensor sums = convolutionBackwardWeights<T, S>(set, steps, g, phases, dataOf<S>(images), outputsOf(g), dataOf<S>(gradients));
    return unpackWinograd<T>(sums, g).to(image.scalar_type());
  });
}

}  // namespace

void setWinograd(bool on) { enabled = on; }

const ConvolutionAlgorithm winograd{forwardImages, backwardDataImages, backwardWeightsImages};

}  // namespace gantry
