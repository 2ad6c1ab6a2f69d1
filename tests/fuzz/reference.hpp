#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "fastmtcnn/source.hpp"
#include "picture.hpp"

// Resampling once more, by its definition, in float64 and without the roundings between.
namespace fastmtcnn::fuzz {

struct Tap {
  std::int64_t sample;
  double weight;
};
using Taps = std::vector<Tap>;

inline Taps triangle_taps(std::int64_t size, std::int64_t count, std::int64_t k) {
  const double scale = static_cast<double>(size) / static_cast<double>(count);
  const double support = std::max(scale, 1.0);
  const double centre = (static_cast<double>(k) + 0.5) * scale;
  Taps taps;
  double total = 0.0;
  const auto low = static_cast<std::int64_t>(std::floor(centre - support)) - 1;
  const auto high = static_cast<std::int64_t>(std::ceil(centre + support)) + 1;
  for (std::int64_t n = std::max<std::int64_t>(low, 0); n < std::min(high, size); ++n) {
    const double distance = std::abs(static_cast<double>(n) + 0.5 - centre) / support;
    if (distance < 1.0) {
      taps.push_back({n, 1.0 - distance});
      total += 1.0 - distance;
    }
  }
  for (Tap& tap : taps) {
    tap.weight /= total;
  }
  return taps;
}

inline Taps whole_taps(std::int64_t size, std::int64_t count, std::int64_t k) {
  Taps taps;
  for (std::int64_t n = k * size / count; n * count < (k + 1) * size; ++n) {
    taps.push_back({n, 0.0});
  }
  for (Tap& tap : taps) {
    tap.weight = 1.0 / static_cast<double>(taps.size());
  }
  return taps;
}

inline Taps covered_taps(std::int64_t size, std::int64_t count, std::int64_t k) {
  Taps taps;
  for (std::int64_t n = k * size / count; n * count < (k + 1) * size; ++n) {
    // In units of 1/count of a sample.
    const std::int64_t part =
        std::min((n + 1) * count, (k + 1) * size) - std::max(n * count, k * size);
    taps.push_back({n, static_cast<double>(part) / static_cast<double>(size)});
  }
  return taps;
}

// What OpenCV's INTER_AREA does when an axis is enlarged.
inline Taps linear_taps(std::int64_t size, std::int64_t count, std::int64_t k) {
  const double inverse = static_cast<double>(count) / static_cast<double>(size);
  const auto n = static_cast<std::int64_t>(std::floor(static_cast<double>(k) * (1.0 / inverse)));
  if (n >= size - 1) {
    return {{size - 1, 1.0}};
  }
  // As a float, for what is nearly a whole number wraps.
  const auto phase =
      static_cast<float>(static_cast<double>(k + 1) - static_cast<double>(n + 1) * inverse);
  const double second =
      phase <= 0.0F ? 0.0 : static_cast<double>(phase) - std::floor(static_cast<double>(phase));
  return {{n, 1.0 - second}, {n + 1, second}};
}

// A part of the picture, or more than it, brought to another size.
struct Region {
  std::int64_t top;
  std::int64_t left;
  std::int64_t height;
  std::int64_t width;
};

class Reference {
 public:
  Reference(const Picture& picture, const Region& region, Resampling resampling,
            std::int64_t height, std::int64_t width)
      : picture_(picture), region_(region) {
    const bool enlarges = region.height < height || region.width < width;
    const auto taps = [resampling, enlarges](std::int64_t size, std::int64_t count,
                                             std::int64_t k) {
      if (resampling == Resampling::kBilinear) {
        return triangle_taps(size, count, k);
      }
      if (resampling == Resampling::kAdaptive) {
        return whole_taps(size, count, k);
      }
      return enlarges ? linear_taps(size, count, k) : covered_taps(size, count, k);
    };
    for (std::int64_t k = 0; k < height; ++k) {
      down_.push_back(taps(region.height, height, k));
    }
    for (std::int64_t k = 0; k < width; ++k) {
      across_.push_back(taps(region.width, width, k));
    }
  }

  // 0 to 255.
  double at(std::size_t channel, std::int64_t row, std::int64_t column) const {
    double value = 0.0;
    for (const Tap& y : down_[static_cast<std::size_t>(row)]) {
      double sum = 0.0;
      for (const Tap& x : across_[static_cast<std::size_t>(column)]) {
        sum += x.weight * picture_.at(region_.top + y.sample, region_.left + x.sample, channel);
      }
      value += y.weight * sum;
    }
    return value;
  }

 private:
  const Picture& picture_;
  Region region_;
  std::vector<Taps> down_;
  std::vector<Taps> across_;
};

// How far from the reference a value may be: by one rounding to 8 bits or two, by the weights'
// precision, and by what of a pixel OpenCV leaves out.
inline double tolerance(Resampling resampling) {
  switch (resampling) {
    case Resampling::kBilinear:
      return 1.05;
    case Resampling::kArea:
      return 2.0;
    case Resampling::kAdaptive:
      break;
  }
  return 0.01;
}

inline double to_pixel(float normalised) {
  return static_cast<double>(normalised) / static_cast<double>(kPixelScale) +
         static_cast<double>(kPixelMean);
}

}  // namespace fastmtcnn::fuzz
