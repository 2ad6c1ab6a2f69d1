#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "fastmtcnn/image.hpp"
#include "fastmtcnn/resample.hpp"
#include "kernels.hpp"

// Targets are set function by function. Compiling this file with -mavx2 instead would let the
// linker keep an AVX2 copy of an inline function for the code that runs everywhere.
#if defined(__GNUC__) || defined(__clang__)
#define FASTMTCNN_AVX2 __attribute__((target("avx2")))
#else
#define FASTMTCNN_AVX2
#endif

namespace fastmtcnn {

namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

// r, g, b and 0 of one output sample, as 32-bit sums shifted down to bytes.
FASTMTCNN_AVX2 inline __m128i average_avx2(const std::uint8_t* p, const std::int16_t* groups,
                                           std::int64_t taps) {
  const __m256i spread =
      _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                       -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_setzero_si256();
  for (std::int64_t k = 0; k < taps; k += kGroupTaps) {
    const __m256i bytes =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m256i pixels = _mm256_shuffle_epi8(bytes, spread);
    const auto* w = reinterpret_cast<const __m256i*>(groups);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(pixels, _mm256_loadu_si256(w)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(pixels, _mm256_loadu_si256(w + 1)));
    p += 3 * kGroupTaps;
    groups += kGroupLength;
  }
  const __m256i both = _mm256_add_epi32(_mm256_slli_epi32(high, kLowBits), low);
  const __m128i sum =
      _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  return _mm_srli_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kWeightBits);
}

FASTMTCNN_AVX2 void horizontal_avx2(const std::uint8_t* row, const AxisWeights& weights,
                                    std::uint8_t* out, std::int64_t plane) {
  const __m128i by_plane = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const std::int64_t* first = weights.first.data();
  const std::int64_t* taps = weights.taps.data();
  const std::int64_t* offset = weights.group_offset.data();
  const std::int16_t* groups = weights.groups.data();
  for (std::int64_t x = 0; x < weights.count; x += 4) {
    __m128i sample[4];
    for (std::int64_t k = 0; k < 4; ++k) {
      const std::int64_t at = std::min(x + k, weights.count - 1);
      sample[k] = average_avx2(row + 3 * first[at], groups + offset[at], taps[at]);
    }
    const __m128i pixels = _mm_packus_epi16(_mm_packs_epi32(sample[0], sample[1]),
                                            _mm_packs_epi32(sample[2], sample[3]));
    alignas(16) std::uint8_t planes[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(planes), _mm_shuffle_epi8(pixels, by_plane));
    const auto n = static_cast<std::size_t>(std::min<std::int64_t>(4, weights.count - x));
    std::memcpy(out + x, planes, n);
    std::memcpy(out + x + plane, planes + 4, n);
    std::memcpy(out + x + 2 * plane, planes + 8, n);
  }
}

// One sample as a byte in 32 bits: what is left when no vector fits.
inline std::int32_t sum_rows(const std::uint8_t* const* rows, const std::int32_t* weights,
                             std::int64_t taps, std::int64_t x) {
  std::int32_t sum = kHalf;
  for (std::int64_t k = 0; k < taps; ++k) {
    sum += rows[k][x] * weights[k];
  }
  return std::min(sum >> kWeightBits, 255);
}

// Eight samples from x on, as bytes in 32 bits.
FASTMTCNN_AVX2 inline __m256i sum_rows_avx2(const std::uint8_t* const* rows,
                                            const std::int32_t* weights, std::int64_t taps,
                                            std::int64_t x) {
  __m256i sum = _mm256_set1_epi32(kHalf);
  for (std::int64_t k = 0; k < taps; ++k) {
    const __m256i pixels =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(rows[k] + x)));
    sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(pixels, _mm256_set1_epi32(weights[k])));
  }
  return _mm256_min_epi32(_mm256_srli_epi32(sum, kWeightBits), _mm256_set1_epi32(255));
}

// Four times as many: the rows' addresses and weights are loaded once for all.
FASTMTCNN_AVX2 inline void sum_rows_avx2(const std::uint8_t* const* rows,
                                         const std::int32_t* weights, std::int64_t taps,
                                         std::int64_t x, __m256i (&sums)[4]) {
  for (__m256i& sum : sums) {
    sum = _mm256_set1_epi32(kHalf);
  }
  for (std::int64_t k = 0; k < taps; ++k) {
    const __m256i w = _mm256_set1_epi32(weights[k]);
    for (int part = 0; part < 4; ++part) {
      const __m256i pixels = _mm256_cvtepu8_epi32(
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(rows[k] + x + 8 * part)));
      sums[part] = _mm256_add_epi32(sums[part], _mm256_mullo_epi32(pixels, w));
    }
  }
  for (__m256i& sum : sums) {
    sum = _mm256_min_epi32(_mm256_srli_epi32(sum, kWeightBits), _mm256_set1_epi32(255));
  }
}

FASTMTCNN_AVX2 inline void normalise_avx2(__m256i bytes, float* out) {
  const __m256 centred = _mm256_sub_ps(_mm256_cvtepi32_ps(bytes), _mm256_set1_ps(kPixelMean));
  _mm256_storeu_ps(out, _mm256_mul_ps(centred, _mm256_set1_ps(kPixelScale)));
}

FASTMTCNN_AVX2 void vertical_avx2(const std::uint8_t* const* rows, const std::int32_t* weights,
                                  std::int64_t taps, std::int64_t count, std::uint8_t* out) {
  // Packing works within 128-bit halves: this puts its groups of four bytes in order again.
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  std::int64_t x = 0;
  for (; x + 32 <= count; x += 32) {
    __m256i sums[4];
    sum_rows_avx2(rows, weights, taps, x, sums);
    const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(sums[0], sums[1]),
                                              _mm256_packs_epi32(sums[2], sums[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x),
                        _mm256_permutevar8x32_epi32(bytes, in_order));
  }
  for (; x < count; ++x) {
    out[x] = static_cast<std::uint8_t>(sum_rows(rows, weights, taps, x));
  }
}

FASTMTCNN_AVX2 void vertical_normalised_avx2(const std::uint8_t* const* rows,
                                             const std::int32_t* weights, std::int64_t taps,
                                             std::int64_t count, float* out) {
  std::int64_t x = 0;
  for (; x + 32 <= count; x += 32) {
    __m256i sums[4];
    sum_rows_avx2(rows, weights, taps, x, sums);
    for (int part = 0; part < 4; ++part) {
      normalise_avx2(sums[part], out + x + 8 * part);
    }
  }
  for (; x + 8 <= count; x += 8) {
    normalise_avx2(sum_rows_avx2(rows, weights, taps, x), out + x);
  }
  for (; x < count; ++x) {
    out[x] = (static_cast<float>(sum_rows(rows, weights, taps, x)) - kPixelMean) * kPixelScale;
  }
}

}  // namespace

const Kernels kAvx2Kernels{horizontal_avx2, vertical_avx2, vertical_normalised_avx2};

}  // namespace fastmtcnn

#endif
