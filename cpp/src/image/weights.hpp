#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fastmtcnn {

struct Kernels;

inline constexpr int kWeightBits = 22;  // Pillow's 32 - 8 - 2
inline constexpr std::int32_t kHalfWeight = 1 << (kWeightBits - 1);
inline constexpr std::int64_t kGroupTaps = 4;

// Integer weights with which the samples of one axis are averaged, as Pillow's BILINEAR computes
// them: a triangle, widened by the factor when shrinking, in units of 2^-22.
class AxisWeights {
 public:
  // Weights to resample `size` samples to `count`, for the output samples [begin, end). Does
  // nothing if these are the ones it has.
  void assign(std::int64_t size, std::int64_t count, std::int64_t begin, std::int64_t end);

  struct Sample {
    std::int64_t first;  // input sample
    std::span<const std::int32_t> weights;
  };
  Sample operator[](std::int64_t index) const noexcept {
    const auto at = static_cast<std::size_t>(index);
    return {first_[at], std::span(weights_).subspan(offset_[at], offset_[at + 1] - offset_[at])};
  }
  std::int64_t samples() const noexcept { return static_cast<std::int64_t>(first_.size()); }

 private:
  std::int64_t size_ = 0;
  std::int64_t count_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::vector<std::int64_t> first_;
  std::vector<std::size_t> offset_;
  std::vector<std::int32_t> weights_;
  std::vector<double> exact_;
};

// Weights in groups of four, in the layout of a CPU target. Groups start at multiples of four input
// samples, as those of Bands do, so a sample also has weights of zero for the taps of its first and
// last group that it does not use, and for those outside of [0, limit):
//
//   input samples   | 0  1  2  3 | 4  5  6  7 | 8  9 10 11 |
//   output sample   |       .  . | .  .  .  . | .          |    first = 0, groups = 3
//   weights         | 0  0 w2 w3 | w4 w5 w6 w7| w8 0  0  0 |    group_bytes each
struct GroupedWeights {
  struct Sample {
    std::int32_t first;   // group
    std::int32_t groups;  // number of groups; 0 if the sample sees nothing but black
    std::int64_t offset;  // of the weights, in bytes
  };

  std::vector<Sample> samples;
  std::vector<std::uint8_t> packed;
  std::int64_t begin = 0;  // groups that any sample uses: [begin, end)
  std::int64_t end = 0;

  // Groups count from input sample -origin of the weights.
  void assign(const AxisWeights& weights, std::int64_t origin, std::int64_t limit,
              const Kernels& kernels);

  const std::uint8_t* of(const Sample& sample) const noexcept {
    return packed.data() + sample.offset;
  }

 private:
  std::vector<std::int32_t> padded_;
};

}  // namespace fastmtcnn
