// The three maps of a convolution in bfloat16 as products on the processor's matrix unit: for every place of the result, and
// every tap that meets a sample there, one product of the matrix of 32 images' samples and the tap's matrix.
#include <algorithm>
#include <vector>

#include "operators/convolution.h"
#include "kernels/amx.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kSums;
using kernels::kTile;
using kernels::kTileDepth;
using kernels::kTileRows;
using kernels::TileProduct;
using kernels::AmxKernels;

/** Channels must be a multiple of it. */
constexpr int64_t kChannels = 16;
/** Bytes of samples that all tasks of a weight's gradient go over together: what stays in a core's own cache. */
constexpr int64_t kWorkspace = int64_t{512} << 10;

/** Pieces of a weight's gradient for each thread: each goes over all samples. */
constexpr int64_t kPiecesOfWeight = 4;

bool enabled = true;

bool applies(const at::Tensor& first, const at::Tensor& second, const Geometry& g) {
  return enabled && first.scalar_type() == at::kBFloat16 && second.scalar_type() == at::kBFloat16 && g.batch > 0 &&
         g.outSize(0) * g.outSize(1) > 0 && g.kernel[0] * g.kernel[1] > 1 && g.inChannels % kChannels == 0 &&
         g.outChannels % kChannels == 0 && kernels::amxKernels() != nullptr;
}

/** Images with their channels last, or what of them is in a block of at most 32. */
struct Images {
  uint16_t* data;
  int64_t height, width, channels, count;

  Images(const at::Tensor& tensor)
      : data(static_cast<uint16_t*>(tensor.data_ptr())),
        height(tensor.size(2)),
        width(tensor.size(3)),
        channels(tensor.size(1)),
        count(tensor.size(0)) {}

  int64_t places() const { return height * width; }
  int64_t stride() const { return places() * channels; }
  uint16_t* at(int64_t place) const { return data + place * channels; }
  Images block(int64_t first) const {
    Images some = *this;
    some.data += first * stride();
    some.count = std::min(kSums, count - first);
    return some;
  }
};

/** Memory for packed numbers of bfloat16. */
struct Packed {
  at::Tensor tensor;
  uint16_t* data;
  explicit Packed(int64_t numbers)
      : tensor(at::empty({numbers}, at::kBFloat16)), data(static_cast<uint16_t*>(tensor.data_ptr())) {}
};

/** All places of a block of images, packed by one of the set's functions. */
void pack(void (*sample)(const uint16_t*, int64_t, int64_t, int64_t, uint16_t*), const Images& images, uint16_t* to,
          int64_t numbers) {
  sharePieces(images.places(), 4, [&](int64_t begin, int64_t end) {
    for (int64_t place = begin; place < end; ++place)
      sample(images.at(place), images.stride(), images.count, images.channels, to + place * numbers);
  });
}

/** A weight's taps as right sides, [column / 16][tap][depth]: what is made is in columns, or turned around the channels. */
Packed packTaps(const AmxKernels& set, const at::Tensor& weight, bool turned) {
  const at::Tensor source = weight.contiguous();
  const int64_t rowsAt = turned ? 0 : 1, rows = source.size(rowsAt), columns = source.size(1 - rowsAt) / kTileRows;
  const int64_t taps = source.size(2) * source.size(3), numbers = at::divup(rows, kTileDepth) * kTile;
  const int64_t rowStride = source.stride(rowsAt), columnStride = source.stride(1 - rowsAt);
  const uint16_t* const from = static_cast<const uint16_t*>(source.data_ptr());
  Packed packed(columns * taps * numbers);
  sharePieces(columns, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      set.filter(from + i * kTileRows * columnStride, rows, rowStride, columnStride, taps, packed.data + i * taps * numbers, numbers);
  });
  return packed;
}

/** `meet(y, x, add)` calls `add(place, tap)` for all that the result's place y, x sums: places of what is given, by their taps. */
template <typename F>
void gather(const AmxKernels& set, const Images& given, const Packed& weight, int64_t taps, const float* bias,
            const Images& made, const F& meet) {
  const int64_t depth = at::divup(given.channels, kTileDepth), placeNumbers = 2 * depth * kTile;
  const int64_t tapNumbers = depth * kTile, columnNumbers = taps * tapNumbers;
  const int64_t columns = made.channels / kTileRows;
  const Packed packed(given.places() * placeNumbers);
  // Rows of the result, and parts of its channels, are shared among the threads.
  const int64_t pairs = at::divup(columns, 2);
  const int64_t parts = std::min(pairs, at::divup(4 * at::get_num_threads(), made.height));
  for (int64_t first = 0; first < given.count; first += kSums) {
    const Images from = given.block(first), to = made.block(first);
    pack(set.rows, from, packed.data, placeNumbers);
    shareTasks(made.height * parts, [&](const auto& next) {
      set.begin();
      alignas(64) float sums[kSums * kSums];
      std::vector<const uint16_t*> left, right;
      std::vector<int64_t> starts;
      for (int64_t task; (task = next()) >= 0;) {
        const int64_t y = task / parts;
        left.clear();
        right.clear();
        starts.assign(1, 0);
        for (int64_t x = 0; x < made.width; ++x) {
          meet(y, x, [&](int64_t place, int64_t tap) {
            left.push_back(packed.data + place * placeNumbers);
            right.push_back(weight.data + tap * tapNumbers);
          });
          starts.push_back(left.size());
        }
        TileProduct product{};
        product.depth = depth;
        product.leftTiles = at::divup(from.count, kTileRows);
        product.leftStride = depth * kTile;
        product.rightStride = columnNumbers;
        for (int64_t pair = pairs * (task % parts) / parts; pair < pairs * (task % parts + 1) / parts; ++pair) {
          const int64_t channel = pair * kSums;
          product.rightOffset = 2 * pair * columnNumbers;
          product.rightTiles = std::min<int64_t>(2, columns - 2 * pair);
          for (int64_t x = 0; x < made.width; ++x) {
            product.left = left.data() + starts[x];
            product.right = right.data() + starts[x];
            product.count = starts[x + 1] - starts[x];
            set.multiply(product, sums);
            set.write(sums, bias == nullptr ? nullptr : bias + channel, from.count, product.rightTiles * kTileRows,
                      to.at(y * made.width + x) + channel, to.stride());
          }
        }
      }
      set.end();
    });
  }
}

/** The weights' gradient as sums [tap][made][channels]. */
at::Tensor convolutionBackwardWeights(const AmxKernels& set, const Images& images, const Images& gradients, const Geometry& g) {
  const int64_t taps = g.kernel[0] * g.kernel[1];
  const at::Tensor all = at::zeros({taps, g.outChannels, g.inChannels}, at::kFloat);
  float* const weight = all.data_ptr<float>();
  const int64_t leftNumbers = g.outChannels * kTileDepth, rightNumbers = g.inChannels * kTileDepth;
  const Packed left(gradients.places() * leftNumbers), right(images.places() * rightNumbers);
  const int64_t rows = at::divup(g.outChannels, kSums), tasks = taps * rows;
  const int64_t together = std::max<int64_t>(8, kWorkspace / (rightNumbers * int64_t{sizeof(uint16_t)}));
  for (int64_t first = 0; first < images.count; first += kSums) {
    pack(set.turned, gradients.block(first), left.data, leftNumbers);
    pack(set.pairs, images.block(first), right.data, rightNumbers);
    sharePieces(tasks, at::divup(tasks, kPiecesOfWeight * at::get_num_threads()), [&](int64_t begin, int64_t end) {
      set.begin();
      alignas(64) float sums[kSums * kSums];
      std::vector<const uint16_t*> lefts, rights;
      TileProduct product{};
      product.depth = 1;
      product.leftStride = product.rightStride = kTile;
      for (int64_t from = 0; from < gradients.places(); from += together)
        for (int64_t task = begin; task < end; ++task) {
          const int64_t tap = task / rows, row = task % rows * kSums;
          lefts.clear();
          rights.clear();
          for (int64_t place = from; place < std::min(from + together, gradients.places()); ++place) {
            const int64_t y = place / gradients.width * g.stride[0] - g.padding[0] + tap / g.kernel[1];
            const int64_t x = place % gradients.width * g.stride[1] - g.padding[1] + tap % g.kernel[1];
            if (y < 0 || y >= images.height || x < 0 || x >= images.width) continue;
            lefts.push_back(left.data + place * leftNumbers + row * kTileDepth);
            rights.push_back(right.data + (y * images.width + x) * rightNumbers);
          }
          product.left = lefts.data();
          product.right = rights.data();
          product.count = lefts.size();
          if (product.count == 0) continue;
          product.leftTiles = std::min<int64_t>(2, (g.outChannels - row) / kTileRows);
          for (int64_t column = 0; column < g.inChannels; column += kSums) {
            product.rightOffset = column * kTileDepth;
            product.rightTiles = std::min<int64_t>(2, (g.inChannels - column) / kTileRows);
            set.multiply(product, sums);
            set.add(sums, product.leftTiles * kTileRows, product.rightTiles * kTileRows,
                    weight + (tap * g.outChannels + row) * g.inChannels + column, g.inChannels);
          }
        }
      set.end();
    });
  }
  return all;
}

/** Sums [tap][made][channels] as a weight [made, channels, height, width]. */
at::Tensor weightOf(const AmxKernels& set, const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = at::empty({g.outChannels, g.inChannels, g.kernel[0], g.kernel[1]}, at::kBFloat16);
  const int64_t taps = g.kernel[0] * g.kernel[1], tapStride = g.outChannels * g.inChannels;
  const float* const from = sums.data_ptr<float>();
  uint16_t* const to = static_cast<uint16_t*>(weight.data_ptr());
  sharePieces(g.outChannels, 8, [&](int64_t begin, int64_t end) {
    for (int64_t made = begin; made < end; ++made)
      set.filterGradient(from + made * g.inChannels, g.inChannels, taps, tapStride, to + made * g.inChannels * taps);
  });
  return weight;
}

at::Tensor forwardImages(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, weight, g)) return {};
  const AmxKernels& set = *kernels::amxKernels();
  const at::Tensor from = channelsLast(image);
  const at::Tensor output = emptyImages(g.batch, g.outChannels, g.outSize(0), g.outSize(1), image);
  gather(set, from, packTaps(set, weight, false), g.kernel[0] * g.kernel[1], Bias<float>(bias).data, output,
         [&](int64_t y, int64_t x, const auto& add) {
           const auto [firstY, lastY] = g.seen(0, y);
           const auto [firstX, lastX] = g.seen(1, x);
           const int64_t top = y * g.stride[0] - g.padding[0], left = x * g.stride[1] - g.padding[1];
           for (int64_t ky = firstY; ky < lastY; ++ky)
             for (int64_t kx = firstX; kx < lastX; ++kx)
               add((top + ky) * g.size[1] + left + kx, ky * g.kernel[1] + kx);
         });
  return output;
}

at::Tensor backwardDataImages(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  const AmxKernels& set = *kernels::amxKernels();
  const at::Tensor from = channelsLast(gradient);
  const at::Tensor image = emptyImages(g.batch, g.inChannels, g.size[0], g.size[1], gradient);
  gather(set, from, packTaps(set, weight, true), g.kernel[0] * g.kernel[1], Bias<float>(bias).data, image,
         [&](int64_t y, int64_t x, const auto& add) {
           for (int64_t ky = 0; ky < g.kernel[0]; ++ky) {
             const int64_t outY = g.seeing(0, y, ky);
             if (outY < 0) continue;
             for (int64_t kx = 0; kx < g.kernel[1]; ++kx)
               if (const int64_t outX = g.seeing(1, x, kx); outX >= 0)
                 add(outY * g.outSize(1) + outX, ky * g.kernel[1] + kx);
           }
         });
  return image;
}

at::Tensor backwardWeightsImages(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, gradient, g)) return {};
  const AmxKernels& set = *kernels::amxKernels();
  const at::Tensor images = channelsLast(image), gradients = channelsLast(gradient);
  return weightOf(set, convolutionBackwardWeights(set, images, gradients, g), g);
}

}  // namespace

void setMatrixUnit(bool on) { enabled = on; }

const ConvolutionAlgorithm amx{forwardImages, backwardDataImages, backwardWeightsImages};

}  // namespace gantry
