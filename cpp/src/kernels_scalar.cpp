#include <algorithm>
#include <cstddef>
#include <cstring>

#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/image.hpp"
#include "kernels.hpp"
#include "weights.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);
constexpr std::int64_t kRows = Bands::kBandRows;

struct Group {
  std::int32_t weights[kGroupTaps];
};

Group group_at(const std::uint8_t* packed, std::int64_t index) {
  Group group;
  std::memcpy(&group, packed + index * static_cast<std::int64_t>(sizeof(Group)), sizeof(Group));
  return group;
}

// The sum of the weights may exceed 1 by their rounding, never enough to overflow 32 bits.
std::int32_t to_byte(std::int32_t sum) { return std::min(sum >> kWeightBits, 255); }

// Adds four taps of each of `Count` sums.
template <std::int64_t Count>
void add_group(const std::uint8_t* pixels, const Group& group, std::int32_t* sums) {
  for (std::int64_t n = 0; n < Count; ++n) {
    const std::uint8_t* p = pixels + kGroupTaps * n;
    sums[n] += p[0] * group.weights[0] + p[1] * group.weights[1] + p[2] * group.weights[2] +
               p[3] * group.weights[3];
  }
}

void pack(const std::int32_t* weights, std::int64_t groups, std::uint8_t* out) {
  std::memcpy(out, weights, static_cast<std::size_t>(groups) * sizeof(Group));
}

void to_band(const std::uint8_t* row, std::ptrdiff_t row_stride, std::int64_t groups,
             std::uint8_t* out) {
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t y = 0; y < kRows; ++y) {
      const std::uint8_t* p = row + y * row_stride + 3 * kGroupTaps * group;
      for (std::int64_t channel = 0; channel < 3; ++channel) {
        std::uint8_t* to = out + (3 * group + channel) * Bands::kGroupBytes + kGroupTaps * y;
        for (std::int64_t x = 0; x < kGroupTaps; ++x) {
          to[x] = p[3 * x + channel];
        }
      }
    }
  }
}

void horizontal(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                std::int64_t line, std::int64_t plane) {
  std::int64_t x = 0;
  for (const GroupedWeights::Sample& sample : weights.samples) {
    const std::uint8_t* packed = weights.of(sample);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const std::uint8_t* pixels = band + (3 * sample.first + channel) * Bands::kGroupBytes;
      std::int32_t sums[kRows];
      std::fill_n(sums, kRows, kHalf);
      for (std::int64_t group = 0; group < sample.groups; ++group) {
        add_group<kRows>(pixels + 3 * group * Bands::kGroupBytes, group_at(packed, group), sums);
      }
      std::uint8_t* to = out + channel * plane + 4 * x;
      for (std::int64_t y = 0; y < kRows; ++y) {
        to[y / 4 * line + y % 4] = static_cast<std::uint8_t>(to_byte(sums[y]));
      }
    }
    ++x;
  }
}

template <std::int64_t Count>
void vertical_block(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
                    std::int64_t groups, float* out) {
  std::int32_t sums[Count];
  std::fill_n(sums, Count, kHalf);
  for (std::int64_t group = 0; group < groups; ++group) {
    add_group<Count>(lines + group * line, group_at(weights, group), sums);
  }
  for (std::int64_t x = 0; x < Count; ++x) {
    out[x] = (static_cast<float>(to_byte(sums[x])) - kPixelMean) * kPixelScale;
  }
}

void vertical(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
              std::int64_t groups, std::int64_t count, float* out) {
  constexpr std::int64_t kBlock = 16;
  std::int64_t x = 0;
  for (; x + kBlock <= count; x += kBlock) {
    vertical_block<kBlock>(lines + 4 * x, line, weights, groups, out + x);
  }
  for (; x < count; ++x) {
    vertical_block<1>(lines + 4 * x, line, weights, groups, out + x);
  }
}

void accumulate(const std::uint8_t* bytes, float weight, std::int64_t count, float* sums) {
  for (std::int64_t n = 0; n < count; ++n) {
    sums[n] += weight * static_cast<float>(bytes[n]);
  }
}

std::int64_t overlaps(const BoxColumns& boxes, std::int64_t best, std::int64_t begin,
                      std::int64_t end, double threshold, bool over_smaller, std::uint8_t* drop) {
  std::int64_t dropped = 0;
  for (std::int64_t n = begin; n < end; ++n) {
    drop[n] = exceeds(boxes, best, n, threshold, over_smaller) ? 1 : 0;
    dropped += drop[n];
  }
  return dropped;
}

void bilinear_row(const std::uint8_t* pixels, std::ptrdiff_t row_stride, std::ptrdiff_t origin,
                  const BilinearRow& row, std::int64_t begin, std::int64_t end, std::uint8_t* out) {
  for (std::int64_t column = begin; column < end; ++column) {
    const float x = row.x_at(column);
    const float y = row.y_at(column);
    const std::int32_t left = floor_to_int(x);
    const std::int32_t top = floor_to_int(y);
    const std::uint8_t* p = pixels + (origin + top * row_stride + std::ptrdiff_t{3} * left);
    bilinear(p, p + 3, p + row_stride, p + row_stride + 3, x - static_cast<float>(left),
             y - static_cast<float>(top), out + 3 * column);
  }
}

}  // namespace

const Kernels kScalarKernels{"scalar", sizeof(Group), pack,     to_band,     horizontal,
                             vertical, accumulate,    overlaps, bilinear_row};

}  // namespace fastmtcnn
