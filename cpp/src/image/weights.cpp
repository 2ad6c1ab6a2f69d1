#include "image/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "simd/kernels.hpp"

namespace fastmtcnn {

namespace {

double triangle(double x) noexcept {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

}  // namespace

// The order of the floating-point operations is that of Pillow (precompute_coeffs in Resample.c):
// another order would round some weights differently.
void AxisWeights::assign(std::int64_t size, std::int64_t count, std::int64_t begin,
                         std::int64_t end) {
  if (size == size_ && count == count_ && begin == begin_ && end == end_) {
    return;
  }
  size_ = 0;  // not reusable if an exception ends this call
  first_.clear();
  offset_.assign(1, 0);
  const double scale = static_cast<double>(size) / static_cast<double>(count);
  const double support = std::max(scale, 1.0);
  const double inverse = 1.0 / support;
  const auto most = static_cast<std::size_t>(2.0 * support + 2.0);
  exact_.resize(most);
  for (std::int64_t sample = begin; sample < end; ++sample) {
    const double centre = (static_cast<double>(sample) + 0.5) * scale;
    const auto from = std::max(static_cast<std::int64_t>(centre - support + 0.5), std::int64_t{0});
    const auto to = std::min(static_cast<std::int64_t>(centre + support + 0.5), size);
    const auto taps = static_cast<std::int32_t>(to - from);
    double* exact = exact_.data();
    double total = 0.0;
    for (std::int32_t k = 0; k < taps; ++k) {
      exact[k] = triangle((static_cast<double>(from + k) - centre + 0.5) * inverse);
      total += exact[k];
    }
    const std::size_t start = offset_.back();
    weights_.resize(std::max(weights_.size(), start + most));
    std::int32_t* weights = weights_.data() + start;
    for (std::int32_t k = 0; k < taps; ++k) {
      const double weight = total != 0.0 ? exact[k] / total : exact[k];
      weights[k] = static_cast<std::int32_t>(0.5 + weight * (1 << kWeightBits));
    }
    // A weight of zero at an end adds nothing.
    std::int32_t last = taps;
    while (last > 0 && weights[last - 1] == 0) {
      --last;
    }
    std::int32_t zeros = 0;
    while (zeros < last && weights[zeros] == 0) {
      ++zeros;
    }
    if (zeros > 0) {
      std::copy(weights + zeros, weights + last, weights);
    }
    first_.push_back(from + zeros);
    offset_.push_back(start + static_cast<std::size_t>(last - zeros));
  }
  size_ = size;
  count_ = count;
  begin_ = begin;
  end_ = end;
}

void GroupedWeights::assign(const AxisWeights& weights, std::int64_t origin, std::int64_t limit,
                            const Kernels& kernels) {
  const std::int64_t count = weights.samples();
  samples.resize(static_cast<std::size_t>(count));
  begin = limit;
  end = 0;
  std::int64_t used = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    const AxisWeights::Sample sample = weights[n];
    const std::int64_t from = std::max<std::int64_t>(sample.first + origin, 0);
    const auto taps = static_cast<std::int64_t>(sample.weights.size());
    const std::int64_t to = std::min(sample.first + origin + taps, limit);
    const std::int64_t first = from / kGroupTaps;
    const std::int64_t groups = (to + kGroupTaps - 1) / kGroupTaps - first;
    if (from >= to) {
      samples[static_cast<std::size_t>(n)] = {0, 0, used};
      continue;
    }
    samples[static_cast<std::size_t>(n)] = {static_cast<std::int32_t>(first),
                                            static_cast<std::int32_t>(groups), used};
    begin = std::min(begin, first);
    end = std::max(end, first + groups);
    padded_.assign(static_cast<std::size_t>(groups * kGroupTaps), 0);
    std::copy_n(sample.weights.begin() + (from - origin - sample.first), to - from,
                padded_.begin() + (from - first * kGroupTaps));
    const std::int64_t bytes = groups * kernels.group_bytes;
    if (static_cast<std::int64_t>(packed.size()) < used + bytes) {
      packed.resize(static_cast<std::size_t>(2 * (used + bytes)));
    }
    kernels.pack(padded_, packed.data() + used);
    used += bytes;
  }
  begin = std::min(begin, end);
}

}  // namespace fastmtcnn
