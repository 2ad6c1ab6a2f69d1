#include "weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels.hpp"

namespace fastmtcnn {

namespace {

double triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

}  // namespace

// The order of the floating-point operations is Pillow's (precompute_coeffs in Resample.c):
// another one rounds some weights differently.
void AxisWeights::assign(std::int64_t size, std::int64_t count, std::int64_t begin,
                         std::int64_t end) {
  if (size == size_ && count == count_ && begin == begin_ && end == end_) {
    return;
  }
  size_ = size;
  count_ = count;
  begin_ = begin;
  end_ = end;
  first_.clear();
  offset_.assign(1, 0);
  weights_.clear();
  const double scale = static_cast<double>(size) / static_cast<double>(count);
  const double support = std::max(scale, 1.0);
  const double inverse = 1.0 / support;
  for (std::int64_t sample = begin; sample < end; ++sample) {
    const double centre = (static_cast<double>(sample) + 0.5) * scale;
    std::int64_t from =
        std::max(static_cast<std::int64_t>(centre - support + 0.5), std::int64_t{0});
    const auto to = std::min(static_cast<std::int64_t>(centre + support + 0.5), size);
    exact_.clear();
    double total = 0.0;
    for (std::int64_t k = from; k < to; ++k) {
      exact_.push_back(triangle((static_cast<double>(k) - centre + 0.5) * inverse));
      total += exact_.back();
    }
    for (double& weight : exact_) {
      if (total != 0.0) {
        weight /= total;
      }
      weights_.push_back(static_cast<std::int32_t>(0.5 + weight * (1 << kWeightBits)));
    }
    // A weight of zero at an end adds nothing.
    const auto start = static_cast<std::size_t>(offset_.back());
    while (weights_.size() > start && weights_.back() == 0) {
      weights_.pop_back();
    }
    std::size_t zeros = 0;
    while (start + zeros < weights_.size() && weights_[start + zeros] == 0) {
      ++zeros;
    }
    const auto from_start = weights_.begin() + static_cast<std::ptrdiff_t>(start);
    weights_.erase(from_start, from_start + static_cast<std::ptrdiff_t>(zeros));
    from += static_cast<std::int64_t>(zeros);
    first_.push_back(from);
    offset_.push_back(static_cast<std::int64_t>(weights_.size()));
  }
}

void GroupedWeights::assign(const AxisWeights& weights, std::int64_t origin, std::int64_t limit) {
  const Kernels& kernel = kernels();
  const std::int64_t samples = weights.samples();
  first.resize(static_cast<std::size_t>(samples));
  groups.resize(static_cast<std::size_t>(samples));
  offset.resize(static_cast<std::size_t>(samples));
  begin = limit;
  end = 0;
  std::size_t used = 0;
  for (std::int64_t n = 0; n < samples; ++n) {
    const AxisWeights::Sample sample = weights[n];
    const std::int64_t from = std::max<std::int64_t>(sample.first + origin, 0);
    const std::int64_t to = std::min(sample.first + origin + sample.taps, limit);
    const auto at = static_cast<std::size_t>(n);
    offset[at] = static_cast<std::int64_t>(used);
    if (from >= to) {
      first[at] = groups[at] = 0;
      continue;
    }
    first[at] = from / kGroupTaps;
    groups[at] = (to + kGroupTaps - 1) / kGroupTaps - first[at];
    begin = std::min(begin, first[at]);
    end = std::max(end, first[at] + groups[at]);
    const auto bytes = static_cast<std::size_t>(groups[at] * kernel.group_bytes);
    if (packed.size() < used + bytes) {
      packed.resize(2 * (used + bytes));
    }
    for (std::int64_t group = first[at]; group < first[at] + groups[at]; ++group) {
      std::int32_t four[kGroupTaps];
      for (std::int64_t tap = 0; tap < kGroupTaps; ++tap) {
        const std::int64_t k = group * kGroupTaps + tap;
        four[tap] = k >= from && k < to ? sample.weights[k - origin - sample.first] : 0;
      }
      kernel.pack(four, packed.data() + used);
      used += static_cast<std::size_t>(kernel.group_bytes);
    }
  }
  begin = std::min(begin, end);
}

}  // namespace fastmtcnn
