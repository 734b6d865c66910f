// Images with their channels last, from where a file or a caller has them first: turned around in registers, which takes a fraction
// of the time of LibTorch's copy, whose loops read one of a cache line's numbers at a time.
#include "operators/convolution.h"
#include "operators/kernel_dispatch.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Numbers from which threads share them. */
constexpr int64_t kGrain = 1 << 13;

}  // namespace

at::Tensor channelsLast(const at::Tensor& images) {
  const auto type = images.scalar_type();
  const bool turns = haveMatrixKernels() && (type == at::kFloat || type == at::kDouble) && images.device().is_cpu() && images.dim() == 4 &&
                     images.numel() > 0 && images.size(1) % kPanel == 0 && images.is_contiguous();
  if (!turns || images.is_contiguous(at::MemoryFormat::ChannelsLast)) return images.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t channels = images.size(1), samples = images.size(2) * images.size(3), panels = channels / kPanel;
  const at::Tensor turned = emptyImages(images.size(0), channels, images.size(2), images.size(3), images);
  withMatrixKernels(type, [&](const auto& set, auto number) {
    using T = decltype(number);
    const T* const from = images.data_ptr<T>();
    T* const to = turned.data_ptr<T>();
    sharePieces(images.size(0) * panels, at::divup(kGrain, kPanel * samples), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t panel = i % panels, before = i / panels * channels * samples;
        set.packTurned(from + before + panel * kPanel * samples, samples, samples, to + before + panel * kPanel, channels);
      }
    });
  });
  return turned;
}

}  // namespace gantry
