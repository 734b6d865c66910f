// Work that threads share task by task.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

namespace gantry {

/** Multiplications from which threads share them. */
constexpr int64_t kShared = 1 << 18;

/** Pieces of a range for each thread. */
constexpr int64_t kPieces = 8;

/**
 * Tasks 0 to count - 1, each by the thread that is free next: where others use the machine too, its cores are not equally fast,
 * and in equal parts all wait for the slowest. `work(next)` is called once in every thread; next() gives it a task, or -1 when
 * there are none left. What a task makes must not depend on the thread that takes it.
 */
template <typename F>
void shareTasks(int64_t count, const F& work) {
  std::atomic<int64_t> taken{0};
  const auto next = [&] {
    const int64_t task = taken.fetch_add(1, std::memory_order_relaxed);
    return task < count ? task : int64_t{-1};
  };
  at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t, int64_t) { work(next); });
}

/** `work(begin, end)` for pieces of 0 to count, of about `grain` or more. What is made must not depend on where pieces begin. */
template <typename F>
void sharePieces(int64_t count, int64_t grain, const F& work) {
  const int64_t threads = at::get_num_threads();
  const int64_t pieces = std::min(at::divup(count, grain), threads == 1 ? 1 : kPieces * threads);
  shareTasks(pieces, [&](const auto& next) {
    for (int64_t piece; (piece = next()) >= 0;) work(count * piece / pieces, count * (piece + 1) / pieces);
  });
}

}  // namespace gantry
