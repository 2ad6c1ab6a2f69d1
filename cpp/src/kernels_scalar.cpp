#include <algorithm>
#include <cstddef>

#include "fastmtcnn/image.hpp"
#include "fastmtcnn/resample.hpp"
#include "kernels.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

// The sum of a row's weights may exceed 1 by their rounding, never enough to overflow 32 bits.
std::int32_t to_byte(std::int32_t sum) { return std::min(sum >> kWeightBits, 255); }

void horizontal(const std::uint8_t* row, const AxisWeights& weights, std::uint8_t* out,
                std::int64_t plane) {
  for (std::int64_t x = 0; x < weights.count; ++x) {
    const auto at = static_cast<std::size_t>(x);
    const std::uint8_t* p = row + 3 * weights.first[at];
    const std::int32_t* w = weights.weights.data() + weights.offset[at];
    std::int32_t r = kHalf;
    std::int32_t g = kHalf;
    std::int32_t b = kHalf;
    for (std::int64_t k = 0; k < weights.taps[at]; ++k, p += 3) {
      r += p[0] * w[k];
      g += p[1] * w[k];
      b += p[2] * w[k];
    }
    out[x] = static_cast<std::uint8_t>(to_byte(r));
    out[x + plane] = static_cast<std::uint8_t>(to_byte(g));
    out[x + 2 * plane] = static_cast<std::uint8_t>(to_byte(b));
  }
}

constexpr std::int64_t kBlock = 64;

// Calls store(x, byte) for every sample.
template <typename Store>
void sum_rows(const std::uint8_t* const* rows, const std::int32_t* weights, std::int64_t taps,
              std::int64_t count, Store store) {
  for (std::int64_t start = 0; start < count; start += kBlock) {
    const std::int64_t n = std::min(kBlock, count - start);
    std::int32_t sums[kBlock];
    std::fill_n(sums, n, kHalf);
    for (std::int64_t k = 0; k < taps; ++k) {
      const std::uint8_t* row = rows[k] + start;
      const std::int32_t w = weights[k];
      for (std::int64_t x = 0; x < n; ++x) {
        sums[x] += row[x] * w;
      }
    }
    for (std::int64_t x = 0; x < n; ++x) {
      store(start + x, to_byte(sums[x]));
    }
  }
}

void vertical(const std::uint8_t* const* rows, const std::int32_t* weights, std::int64_t taps,
              std::int64_t count, std::uint8_t* out) {
  sum_rows(rows, weights, taps, count,
           [out](std::int64_t x, std::int32_t byte) { out[x] = static_cast<std::uint8_t>(byte); });
}

void vertical_normalised(const std::uint8_t* const* rows, const std::int32_t* weights,
                         std::int64_t taps, std::int64_t count, float* out) {
  sum_rows(rows, weights, taps, count, [out](std::int64_t x, std::int32_t byte) {
    out[x] = (static_cast<float>(byte) - kPixelMean) * kPixelScale;
  });
}

}  // namespace

const Kernels kScalarKernels{horizontal, vertical, vertical_normalised};

}  // namespace fastmtcnn
