#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "boxes/overlap.hpp"
#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/image.hpp"
#include "image/bilinear.hpp"
#include "image/weights.hpp"
#include "simd/kernels.hpp"
#include "simd/target_list.hpp"
#include "simd/vec_scalar.hpp"

// The kernels for every processor.
namespace fastmtcnn::scalar {

namespace {

#include "simd/float_kernels-inl.hpp"

constexpr std::int64_t kRows = Bands::kBandRows;

struct Group {
  std::int32_t weights[kGroupTaps];
};

Group group_at(const std::uint8_t* packed, std::int64_t index) noexcept {
  Group group;
  std::memcpy(&group, packed + index * static_cast<std::int64_t>(sizeof(Group)), sizeof(Group));
  return group;
}

// The sum of the weights may exceed 1 by their rounding, never enough to overflow 32 bits.
std::int32_t to_byte(std::int32_t sum) noexcept { return std::min(sum >> kWeightBits, 255); }

// Adds four taps of each of `Count` sums.
template <std::int64_t Count>
void add_group(const std::uint8_t* pixels, const Group& group, std::int32_t* sums) noexcept {
  for (std::int64_t n = 0; n < Count; ++n) {
    const std::uint8_t* p = pixels + kGroupTaps * n;
    sums[n] += p[0] * group.weights[0] + p[1] * group.weights[1] + p[2] * group.weights[2] +
               p[3] * group.weights[3];
  }
}

// See Kernels::pack.
void pack(std::span<const std::int32_t> weights, std::uint8_t* out) noexcept {
  std::memcpy(out, weights.data(), weights.size_bytes());
}

// See Kernels::to_band.
void to_band(const std::uint8_t* row, std::ptrdiff_t row_stride, std::int64_t groups,
             std::uint8_t* out) noexcept {
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

// See Kernels::horizontal.
void horizontal(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                std::int64_t line, std::int64_t plane) noexcept {
  std::int64_t x = 0;
  for (const GroupedWeights::Sample& sample : weights.samples) {
    const std::uint8_t* packed = weights.of(sample);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const std::uint8_t* pixels = band + (3 * sample.first + channel) * Bands::kGroupBytes;
      std::int32_t sums[kRows];
      std::fill_n(sums, kRows, kHalfWeight);
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
                    std::int64_t groups, float* out) noexcept {
  std::int32_t sums[Count];
  std::fill_n(sums, Count, kHalfWeight);
  for (std::int64_t group = 0; group < groups; ++group) {
    add_group<Count>(lines + group * line, group_at(weights, group), sums);
  }
  for (std::int64_t x = 0; x < Count; ++x) {
    out[x] = (static_cast<float>(to_byte(sums[x])) - kPixelMean) * kPixelScale;
  }
}

// See Kernels::vertical.
void vertical(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
              std::int64_t groups, std::span<float> out) noexcept {
  constexpr std::int64_t kBlock = 16;
  const auto count = static_cast<std::int64_t>(out.size());
  std::int64_t x = 0;
  for (; x + kBlock <= count; x += kBlock) {
    vertical_block<kBlock>(lines + 4 * x, line, weights, groups, out.data() + x);
  }
  for (; x < count; ++x) {
    vertical_block<1>(lines + 4 * x, line, weights, groups, out.data() + x);
  }
}

// See Kernels::multiply_adds. Without fma(), which may be no instruction here; the compiler makes
// vectors of four, which every processor has.
std::int64_t multiply_and_add() noexcept {
  constexpr std::int64_t kSums = 48;
  constexpr std::int64_t kRounds = 20000;
  float sums[kSums] = {};
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (float& sum : sums) {
      sum = sum * 0.999F + 0.001F;
    }
  }
  // The compiler must not leave out what nobody reads.
  for (const float sum : sums) {
    volatile float read = sum;
    static_cast<void>(read);
  }
  return kSums * kRounds;
}

}  // namespace

}  // namespace fastmtcnn::scalar

namespace fastmtcnn {

const Kernels* scalar_kernels() noexcept {
  using namespace scalar;
  static constexpr Kernels kernels{.name = "scalar",
                                   .group_bytes = sizeof(Group),
                                   .pack = pack,
                                   .to_band = to_band,
                                   .horizontal = horizontal,
                                   .vertical = vertical,
                                   .accumulate = accumulate<F32>,
                                   .overlaps = overlaps<F64>,
                                   .bilinear = bilinear_columns,
                                   .multiply_adds = multiply_and_add};
  return &kernels;
}

}  // namespace fastmtcnn
