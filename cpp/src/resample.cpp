#include "fastmtcnn/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "kernels.hpp"

namespace fastmtcnn {

namespace {

// Readable bytes past the end of a row: of a group, whose last three taps may lie there, kernels
// read kGroupBytes.
constexpr std::int64_t kSlack = kGroupBytes;

double triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

}  // namespace

// The order of the floating-point operations is Pillow's (precompute_coeffs in Resample.c):
// another one rounds some weights differently.
void AxisWeights::assign(std::int64_t size, std::int64_t samples, std::int64_t low,
                         std::int64_t high) {
  if (size == size_ && samples == count && low == low_ && high == high_) {
    return;
  }
  size_ = size;
  count = samples;
  low_ = low;
  high_ = high;
  most = 0;
  first.clear();
  taps.clear();
  offset.clear();
  weights.clear();
  group_offset.clear();
  groups.clear();

  const double scale = static_cast<double>(size) / static_cast<double>(samples);
  const double support = std::max(scale, 1.0);
  const double inverse = 1.0 / support;
  std::vector<double> exact;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    const double centre = (static_cast<double>(sample) + 0.5) * scale;
    const auto from = std::max(static_cast<std::int64_t>(centre - support + 0.5), std::int64_t{0});
    const auto to = std::min(static_cast<std::int64_t>(centre + support + 0.5), size);
    exact.clear();
    double total = 0.0;
    for (std::int64_t k = from; k < to; ++k) {
      exact.push_back(triangle((static_cast<double>(k) - centre + 0.5) * inverse));
      total += exact.back();
    }

    // What is black adds nothing, nor does a weight of zero.
    std::int64_t begin = std::max(from, low);
    std::int64_t end = std::max(begin, std::min(to, high));
    const auto weight = [&](std::int64_t k) {
      double w = exact[static_cast<std::size_t>(k - from)];
      if (total != 0.0) {
        w /= total;
      }
      return static_cast<std::int32_t>(0.5 + w * (1 << kWeightBits));
    };
    while (begin < end && weight(begin) == 0) {
      ++begin;
    }
    while (begin < end && weight(end - 1) == 0) {
      --end;
    }

    first.push_back(begin < end ? begin - low : 0);
    taps.push_back(end - begin);
    most = std::max(most, end - begin);
    offset.push_back(static_cast<std::int64_t>(weights.size()));
    group_offset.push_back(static_cast<std::int64_t>(groups.size()));
    for (std::int64_t k = begin; k < end; ++k) {
      weights.push_back(weight(k));
    }
    for (std::int64_t k = 0; k < end - begin; k += kGroupTaps) {
      std::int16_t group[kGroupLength] = {};
      for (std::int64_t tap = 0; tap < std::min<std::int64_t>(kGroupTaps, end - begin - k); ++tap) {
        const std::int32_t w = weights[static_cast<std::size_t>(offset.back() + k + tap)];
        std::int16_t* at = group + 8 * (tap / 2) + tap % 2;
        for (int channel = 0; channel < 3; ++channel) {
          at[2 * channel] = static_cast<std::int16_t>(w >> kLowBits);
          at[2 * channel + kGroupLength / 2] = static_cast<std::int16_t>(w & ((1 << kLowBits) - 1));
        }
      }
      groups.insert(groups.end(), group, group + kGroupLength);
    }
  }
}

// Row y of the image from its pixel x on, readable a little past its end.
const std::uint8_t* Resampler::source_row(const ImageView& image, std::int64_t y, std::int64_t x) {
  const std::uint8_t* row = image.row(y) + 3 * x;
  const std::int64_t length = 3 * (image.width - x);
  if (image.end() - row >= length + kSlack) {
    return row;
  }
  padded_.resize(static_cast<std::size_t>(length + kSlack));
  std::memcpy(padded_.data(), row, static_cast<std::size_t>(length));
  return padded_.data();
}

void Resampler::run(const ImageView& image, const Canvas& canvas, std::int64_t height,
                    std::int64_t width, float* out) {
  horizontal_.assign(canvas.width, width, std::max<std::int64_t>(-canvas.left, 0),
                     std::min(canvas.width, image.width - canvas.left));
  vertical_.assign(canvas.height, height, std::max<std::int64_t>(-canvas.top, 0),
                   std::min(canvas.height, image.height - canvas.top));
  // Both passes round to 8 bits, so their order shows; this is Pillow's rule (since 13.0; before,
  // rows were always resampled first).
  const std::int64_t shrinks = canvas.height - height;
  if (shrinks > 0 && shrinks > 2 * (canvas.width - width)) {
    columns_first(image, canvas, height, width, out);
  } else {
    rows_first(image, canvas, height, width, out);
  }
}

void Resampler::rows_first(const ImageView& image, const Canvas& canvas, std::int64_t height,
                           std::int64_t width, float* out) {
  // Where the canvas meets the image, in image pixels: what the weights count from.
  const std::int64_t left = std::max<std::int64_t>(canvas.left, 0);
  const std::int64_t top = std::max<std::int64_t>(canvas.top, 0);
  const std::int64_t ring = std::max<std::int64_t>(vertical_.most, 1);
  const std::int64_t row_bytes = 3 * width;
  planes_.resize(static_cast<std::size_t>(ring * row_bytes));
  taps_.resize(static_cast<std::size_t>(ring));
  std::int64_t next = 0;
  for (std::int64_t y = 0; y < height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    const std::int64_t taps = vertical_.taps[at];
    const std::int64_t first = vertical_.first[at];
    for (next = std::max(next, first); next < first + taps; ++next) {
      kernels().horizontal(source_row(image, top + next, left), horizontal_,
                           planes_.data() + next % ring * row_bytes, width);
    }
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      for (std::int64_t k = 0; k < taps; ++k) {
        taps_[static_cast<std::size_t>(k)] =
            planes_.data() + (first + k) % ring * row_bytes + channel * width;
      }
      kernels().vertical_normalised(taps_.data(), vertical_.weights.data() + vertical_.offset[at],
                                    taps, width, out + (channel * height + y) * width);
    }
  }
}

void Resampler::columns_first(const ImageView& image, const Canvas& canvas, std::int64_t height,
                              std::int64_t width, float* out) {
  const std::int64_t left = std::max<std::int64_t>(canvas.left, 0);
  const std::int64_t top = std::max<std::int64_t>(canvas.top, 0);
  const std::int64_t covered =
      std::max<std::int64_t>(std::min(canvas.left + canvas.width, image.width) - left, 0);
  padded_.resize(static_cast<std::size_t>(3 * covered + kSlack));
  planes_.resize(static_cast<std::size_t>(3 * width));
  taps_.resize(static_cast<std::size_t>(std::max<std::int64_t>(vertical_.most, 1)));
  constexpr std::int32_t kWhole = 1 << kWeightBits;
  for (std::int64_t y = 0; y < height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    const std::int64_t taps = vertical_.taps[at];
    for (std::int64_t k = 0; k < taps; ++k) {
      taps_[static_cast<std::size_t>(k)] = image.row(top + vertical_.first[at] + k) + 3 * left;
    }
    kernels().vertical(taps_.data(), vertical_.weights.data() + vertical_.offset[at], taps,
                       3 * covered, padded_.data());
    kernels().horizontal(padded_.data(), horizontal_, planes_.data(), width);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const std::uint8_t* plane = planes_.data() + channel * width;
      kernels().vertical_normalised(&plane, &kWhole, 1, width,
                                    out + (channel * height + y) * width);
    }
  }
}

}  // namespace fastmtcnn
