#include "image/area.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simd/kernels.hpp"

namespace fastmtcnn {

namespace {

// The samples of the image that make up each output sample, and their weights. Output sample k has
// the weights [offset[k], offset[k + 1]), for image samples from first[k] on.
struct Taps {
  std::vector<std::int64_t> first;
  std::vector<std::size_t> offset;  // one more than there are output samples
  std::vector<float> weights;
  std::int64_t begin = 0;  // image samples that any output sample uses: [begin, end)
  std::int64_t end = 0;

  void start(const Axis& axis) {
    first.clear();
    offset.assign(1, 0);
    weights.clear();
    begin = axis.limit;
    end = 0;
  }

  // Appends an output sample of `count` input samples from `from` on, without those outside of the
  // image. `weight` maps 0 to count - 1 to their weights.
  template <typename Weight>
  void add(const Axis& axis, std::int64_t from, std::int64_t count, Weight weight) {
    const std::int64_t low = std::max<std::int64_t>(axis.origin + from, 0);
    const std::int64_t high = std::min(axis.origin + from + count, axis.limit);
    for (std::int64_t k = low; k < high; ++k) {
      weights.push_back(weight(k - axis.origin - from));
    }
    first.push_back(low);
    offset.push_back(weights.size());
    if (low < high) {
      begin = std::min(begin, low);
      end = std::max(end, high);
    }
  }
};

// Buffers that a thread keeps from call to call.
struct Workspace {
  Taps across;
  Taps down;
  std::vector<float> sums;

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }
};

// Bin k of torch's adaptive average is [floor(k s / n), ceil((k + 1) s / n)).
void adaptive_taps(const Axis& axis, Taps& taps) {
  taps.start(axis);
  for (std::int64_t k = axis.begin; k < axis.end; ++k) {
    const std::int64_t from = k * axis.size / axis.count;
    const std::int64_t to = ((k + 1) * axis.size + axis.count - 1) / axis.count;
    const float share = 1.0F / static_cast<float>(to - from);
    taps.add(axis, from, to - from, [share](std::int64_t) { return share; });
  }
}

// The part of each sample that output sample k covers, as OpenCV computes it
// (computeResizeAreaTab).
void covered_taps(const Axis& axis, Taps& taps) {
  constexpr double kNothing = 1e-3;
  taps.start(axis);
  const double scale = static_cast<double>(axis.size) / static_cast<double>(axis.count);
  for (std::int64_t k = axis.begin; k < axis.end; ++k) {
    const double low = static_cast<double>(k) * scale;
    const double high = low + scale;
    const double width = std::min(scale, static_cast<double>(axis.size) - low);
    const std::int64_t last = std::min(static_cast<std::int64_t>(std::floor(high)), axis.size - 1);
    const std::int64_t whole = std::min(static_cast<std::int64_t>(std::ceil(low)), last);
    const double before = static_cast<double>(whole) - low;
    const double after = high - static_cast<double>(last);
    const std::int64_t from = before > kNothing ? whole - 1 : whole;
    const std::int64_t to = after > kNothing ? last + 1 : last;
    taps.add(axis, from, to - from, [&](std::int64_t tap) {
      const std::int64_t sample = from + tap;
      if (sample < whole) {
        return static_cast<float>(before / width);
      }
      if (sample == last) {
        return static_cast<float>(std::min(std::min(after, 1.0), width) / width);
      }
      return static_cast<float>(1.0 / width);
    });
  }
}

// The position of output sample k between two input samples, as OpenCV computes it to enlarge by
// INTER_AREA: bilinear, with another phase than INTER_LINEAR.
struct EnlargePosition {
  std::int64_t first;
  float second_weight;
};

EnlargePosition enlarge_position(const Axis& axis, std::int64_t k) noexcept {
  const double inverse = static_cast<double>(axis.count) / static_cast<double>(axis.size);
  const double scale = 1.0 / inverse;
  const auto sample = static_cast<std::int64_t>(std::floor(static_cast<double>(k) * scale));
  if (sample >= axis.size - 1) {
    return {axis.size - 1, 0.0F};
  }
  const auto part =
      static_cast<float>(static_cast<double>(k + 1) - static_cast<double>(sample + 1) * inverse);
  return {sample, part <= 0.0F ? 0.0F : part - std::floor(part)};
}

void linear_taps(const Axis& axis, Taps& taps) {
  taps.start(axis);
  for (std::int64_t k = axis.begin; k < axis.end; ++k) {
    const EnlargePosition at = enlarge_position(axis, k);
    taps.add(axis, at.first, at.first + 1 < axis.size ? 2 : 1, [&at](std::int64_t tap) {
      return tap == 0 ? 1.0F - at.second_weight : at.second_weight;
    });
  }
}

float normalised(float value) noexcept { return (value - kPixelMean) * kPixelScale; }

// The two samples of a row or column that make up an output sample, with weights in units of
// 1/2048.
struct TapPair {
  std::int64_t first;
  std::int64_t second;
  int weights[2];
};

std::vector<TapPair> tap_pairs(const Axis& axis) {
  constexpr float kOne = 2048.0F;
  std::vector<TapPair> pairs;
  for (std::int64_t k = axis.begin; k < axis.end; ++k) {
    const EnlargePosition at = enlarge_position(axis, k);
    pairs.push_back({.first = axis.origin + at.first,
                     .second = axis.origin + std::min(at.first + 1, axis.size - 1),
                     .weights = {static_cast<int>(std::nearbyint((1.0F - at.second_weight) * kOne)),
                                 static_cast<int>(std::nearbyint(at.second_weight * kOne))}});
  }
  return pairs;
}

// Enlarges in integers, as OpenCV does with an image of bytes.
void enlarge(const ImageView& image, const Axis& y, const Axis& x, float* out) {
  const std::vector<TapPair> down = tap_pairs(y);
  const std::vector<TapPair> across = tap_pairs(x);
  const auto sum = [&](std::int64_t row, const TapPair& columns, std::int64_t channel) {
    return image.pixel(row, columns.first)[channel] * columns.weights[0] +
           image.pixel(row, columns.second)[channel] * columns.weights[1];
  };
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    for (const TapPair& rows : down) {
      for (const TapPair& columns : across) {
        const int upper = sum(rows.first, columns, channel) >> 4;
        const int lower = sum(rows.second, columns, channel) >> 4;
        const int value =
            (((rows.weights[0] * upper) >> 16) + ((rows.weights[1] * lower) >> 16) + 2) >> 2;
        *out++ = normalised(static_cast<float>(std::min(value, 255)));
      }
    }
  }
}

// Adds up rows, then columns of the sums. `finish` rounds a value, or not.
template <typename Finish>
void combine(const ImageView& image, const Kernels& kernels, Workspace& work, Finish finish,
             float* out) {
  const Taps& down = work.down;
  const Taps& across = work.across;
  std::vector<float>& sums = work.sums;
  const std::size_t rows = down.first.size();
  const std::size_t columns = across.first.size();
  const auto count =
      static_cast<std::size_t>(3 * std::max<std::int64_t>(across.end - across.begin, 0));
  sums.resize(count);
  const float* summed = sums.data();
  for (std::size_t row = 0; row < rows; ++row) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t k = down.offset[row]; k < down.offset[row + 1]; ++k) {
      const auto tap = static_cast<std::int64_t>(k - down.offset[row]);
      const std::uint8_t* pixels = image.pixel(down.first[row] + tap, across.begin);
      kernels.accumulate({pixels, count}, down.weights[k], sums.data());
    }
    float* to = out + row * columns;
    for (std::size_t column = 0; column < columns; ++column) {
      // An index, since a pointer for a sample without taps might point outside of `sums`.
      std::int64_t from = 3 * (across.first[column] - across.begin);
      float red = 0.0F;
      float green = 0.0F;
      float blue = 0.0F;
      for (std::size_t k = across.offset[column]; k < across.offset[column + 1]; ++k) {
        red += across.weights[k] * summed[from];
        green += across.weights[k] * summed[from + 1];
        blue += across.weights[k] * summed[from + 2];
        from += 3;
      }
      to[column] = normalised(finish(red));
      to[column + rows * columns] = normalised(finish(green));
      to[column + 2 * rows * columns] = normalised(finish(blue));
    }
  }
}

}  // namespace

void resample_area(const ImageView& image, Resampling resampling, bool to_bytes, const Axis& y,
                   const Axis& x, const Kernels& kernels, float* out) {
  Workspace& work = Workspace::of_this_thread();
  const auto exact = [](float value) { return value; };
  if (resampling == Resampling::kAdaptive) {
    adaptive_taps(y, work.down);
    adaptive_taps(x, work.across);
    combine(image, kernels, work, exact, out);
    return;
  }
  if (y.size < y.count || x.size < x.count) {
    if (to_bytes) {
      enlarge(image, y, x, out);
      return;
    }
    linear_taps(y, work.down);
    linear_taps(x, work.across);
    combine(image, kernels, work, exact, out);
    return;
  }
  covered_taps(y, work.down);
  covered_taps(x, work.across);
  if (!to_bytes) {
    combine(image, kernels, work, exact, out);
  } else if (y.size == 2 * y.count && x.size == 2 * x.count) {
    // OpenCV rounds the mean of four pixels half up, that of any other number half to even.
    const auto half_up = [](float value) { return std::floor(value + 0.5F); };
    combine(image, kernels, work, half_up, out);
  } else {
    const auto to_even = [](float value) { return std::min(std::nearbyint(value), 255.0F); };
    combine(image, kernels, work, to_even, out);
  }
}

}  // namespace fastmtcnn
