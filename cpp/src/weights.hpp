#pragma once

#include <cstdint>
#include <vector>

namespace fastmtcnn {

// Integer weights with which the samples of one axis are averaged, as Pillow's BILINEAR computes
// them: a triangle, widened by the factor when shrinking, in units of 2^-22.
class AxisWeights {
 public:
  // From `size` samples to `count`, of which those in [begin, end) are wanted.
  void assign(std::int64_t size, std::int64_t count, std::int64_t begin, std::int64_t end);

  struct Sample {
    std::int64_t first;           // input sample,
    std::int64_t taps;            // number of them,
    const std::int32_t* weights;  // and their weights
  };
  Sample operator[](std::int64_t index) const {
    const auto at = static_cast<std::size_t>(index);
    return {first_[at], offset_[at + 1] - offset_[at], weights_.data() + offset_[at]};
  }
  std::int64_t samples() const { return static_cast<std::int64_t>(first_.size()); }

 private:
  std::int64_t size_ = 0;
  std::int64_t count_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> offset_;
  std::vector<std::int32_t> weights_;
  std::vector<double> exact_;
};

// Weights for samples in groups of four, as the kernels read them: weights are zero for those of a
// group that a sample does not use, and for all that lie outside [0, limit).
struct GroupedWeights {
  struct Sample {
    std::int32_t first;   // group,
    std::int32_t groups;  // number of them (0: nothing but black),
    std::int64_t offset;  // and of their weights, in bytes
  };

  std::vector<Sample> samples;
  std::vector<std::uint8_t> packed;
  std::int64_t begin = 0;  // groups that any sample uses: [begin, end)
  std::int64_t end = 0;

  // Input sample 0 of the weights is number `origin` of the samples that groups count from.
  void assign(const AxisWeights& weights, std::int64_t origin, std::int64_t limit);

  const std::uint8_t* of(const Sample& sample) const { return packed.data() + sample.offset; }

 private:
  std::vector<std::int32_t> padded_;
};

}  // namespace fastmtcnn
