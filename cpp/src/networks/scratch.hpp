#pragma once

#include <cstddef>

#include "networks/weights.hpp"

// Memory for the intermediate values of a call.
namespace fastmtcnn {

// Hands out parts of a block, each at a cache line. Without a block it only counts.
class Slices {
 public:
  Slices() noexcept = default;
  explicit Slices(float* block) noexcept : block_(block) {}

  float* take(std::ptrdiff_t floats) noexcept {
    const std::ptrdiff_t at = used_;
    used_ += (floats + kLine - 1) / kLine * kLine;
    return block_ == nullptr ? nullptr : block_ + at;
  }
  std::ptrdiff_t used() const noexcept { return used_; }

 private:
  static constexpr std::ptrdiff_t kLine = 16;

  float* block_ = nullptr;
  std::ptrdiff_t used_ = 0;
};

// The block that the current thread keeps from call to call, as long as it is not large.
class Scratch {
 public:
  // For one call at a time. `poison` fills the block with NaN.
  explicit Scratch(bool poison) noexcept : poison_(poison) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  // A block for these many floats. Throws std::bad_alloc.
  float* block(std::ptrdiff_t floats);

  // The parts of a Layout, a struct made from Slices.
  template <typename Layout, typename... Sizes>
  Layout arrange(Sizes... sizes) {
    Slices counter;
    static_cast<void>(Layout{counter, sizes...});
    Slices slices(block(counter.used()));
    return Layout{slices, sizes...};
  }

 private:
  bool poison_;
};

// A distance between arrays that are read side by side: at least `floats`, at cache lines, and no
// multiple of 4096 bytes, which would put all of them into the same sets of a cache.
constexpr std::ptrdiff_t spread(std::ptrdiff_t floats) noexcept {
  const std::ptrdiff_t lines = (floats + 15) / 16;
  return 16 * (lines % 8 == 0 ? lines + 1 : lines);
}

}  // namespace fastmtcnn
