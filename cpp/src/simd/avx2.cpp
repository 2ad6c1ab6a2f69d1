#include "simd/kernels.hpp"
#include "simd/target_list.hpp"
#include "simd/x86_features.hpp"

#if FASTMTCNN_X86

#include <immintrin.h>

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
#include "simd/region.hpp"
#include "simd/vec_avx2.hpp"

// Weighted sums by products of 16-bit integers, a weight in two parts.
FASTMTCNN_BEGIN_TARGET("avx2,fma")
namespace fastmtcnn::avx2 {

namespace {

#include "simd/float_kernels-inl.hpp"
#include "simd/x86_kernels-inl.hpp"

constexpr int kLowBits = 11;

// The weights w0 to w3 of a group, in the order in which add() multiplies even and odd bytes:
//   high(w0) high(w2) high(w1) high(w3) low(w0) low(w2) low(w1) low(w3),  w = high 2^11 + low
struct Words {
  std::int16_t values[8];
};

// See Kernels::pack.
void pack(std::span<const std::int32_t> weights, std::uint8_t* out) noexcept {
  for (std::size_t group = 0; group < weights.size() / kGroupTaps; ++group) {
    const __m128i four_i32x4 =
        _mm_shuffle_epi32(load_weights(weights, group), _MM_SHUFFLE(3, 1, 2, 0));
    const __m128i high_i32x4 = _mm_srai_epi32(four_i32x4, kLowBits);
    const __m128i low_i32x4 = _mm_and_si128(four_i32x4, _mm_set1_epi32((1 << kLowBits) - 1));
    store_128(out + group * sizeof(Words), _mm_packs_epi32(high_i32x4, low_i32x4));
  }
}

inline __m256i broadcast_pair(const std::uint8_t* packed, int pair) noexcept {
  std::int32_t two;
  std::memcpy(&two, packed + 4 * pair, sizeof(two));
  return _mm256_set1_epi32(two);
}

// Eight sums of four taps a group.
struct Sums {
  __m256i high_i32x8;
  __m256i low_i32x8;
};

inline void add(Sums& sums, __m256i bytes_u8x32, const std::uint8_t* packed) noexcept {
  const __m256i even_i16x16 = _mm256_and_si256(bytes_u8x32, _mm256_set1_epi16(0xFF));
  const __m256i odd_i16x16 = _mm256_srli_epi16(bytes_u8x32, 8);
  sums.high_i32x8 = _mm256_add_epi32(
      sums.high_i32x8, _mm256_add_epi32(_mm256_madd_epi16(even_i16x16, broadcast_pair(packed, 0)),
                                        _mm256_madd_epi16(odd_i16x16, broadcast_pair(packed, 1))));
  sums.low_i32x8 = _mm256_add_epi32(
      sums.low_i32x8, _mm256_add_epi32(_mm256_madd_epi16(even_i16x16, broadcast_pair(packed, 2)),
                                       _mm256_madd_epi16(odd_i16x16, broadcast_pair(packed, 3))));
}

// The sums rounded to 0..255, in 32 bits.
inline __m256i finish(const Sums& sums) noexcept {
  const __m256i sum_i32x8 =
      _mm256_add_epi32(_mm256_slli_epi32(sums.high_i32x8, kLowBits), sums.low_i32x8);
  const __m256i bytes_i32x8 =
      _mm256_srli_epi32(_mm256_add_epi32(sum_i32x8, _mm256_set1_epi32(kHalfWeight)), kWeightBits);
  return _mm256_min_epi32(bytes_i32x8, _mm256_set1_epi32(255));
}

// See Kernels::horizontal.
void horizontal(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                std::int64_t line, std::int64_t plane) noexcept {
  const auto count = static_cast<std::int64_t>(weights.samples.size());
  for (std::int64_t x = 0; x < count; x += 4) {
    const std::int64_t left = std::min<std::int64_t>(4, count - x);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      __m128i samples_u8x16[4];
      for (std::int64_t k = 0; k < 4; ++k) {
        const GroupedWeights::Sample sample =
            weights.samples[static_cast<std::size_t>(x + std::min(k, left - 1))];
        const std::uint8_t* packed = weights.of(sample);
        const std::uint8_t* p = band + (3 * sample.first + channel) * Bands::kGroupBytes;
        Sums upper{_mm256_setzero_si256(), _mm256_setzero_si256()};  // of rows 0 to 7
        Sums lower = upper;
        for (std::int64_t group = 0; group < sample.groups; ++group) {
          add(upper, load_256(p), packed);
          add(lower, load_256(p + 32), packed);
          p += 3 * Bands::kGroupBytes;
          packed += sizeof(Words);
        }
        // Packing works within 128-bit halves.
        const __m256i halves_i16x16 = _mm256_packs_epi32(finish(upper), finish(lower));
        const __m256i rows_i16x16 =
            _mm256_permute4x64_epi64(halves_i16x16, _MM_SHUFFLE(3, 1, 2, 0));
        samples_u8x16[k] = _mm_packus_epi16(_mm256_castsi256_si128(rows_i16x16),
                                            _mm256_extracti128_si256(rows_i16x16, 1));
      }
      store_samples(samples_u8x16, left, out + channel * plane + 4 * x, line);
    }
  }
}

// See Kernels::vertical.
void vertical(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
              std::int64_t groups, std::span<float> out) noexcept {
  const F32 mean = F32::broadcast(kPixelMean);
  const F32 scale = F32::broadcast(kPixelScale);
  const auto count = static_cast<std::int64_t>(out.size());
  for (std::int64_t x = 0; x < count; x += F32::kLanes) {
    Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::int64_t group = 0; group < groups; ++group) {
      add(sums, load_256(lines + group * line + 4 * x),
          weights + group * static_cast<std::int64_t>(sizeof(Words)));
    }
    const F32 values = (F32{_mm256_cvtepi32_ps(finish(sums))} - mean) * scale;
    if (count - x >= F32::kLanes) {
      values.store(out.data() + x);
    } else {
      values.store_first(out.data() + x, count - x);
    }
  }
}

}  // namespace

}  // namespace fastmtcnn::avx2
FASTMTCNN_END_TARGET

namespace fastmtcnn {

const Kernels* avx2_kernels() noexcept {
  using namespace avx2;
  static constexpr Kernels kernels{.name = "avx2",
                                   .group_bytes = sizeof(Words),
                                   .pack = pack,
                                   .to_band = to_band,
                                   .horizontal = horizontal,
                                   .vertical = vertical,
                                   .accumulate = accumulate<F32>,
                                   .overlaps = overlaps<F64>,
                                   .bilinear = bilinear,
                                   .multiply_adds = multiply_adds<F32>};
  return x86_features().avx2 ? &kernels : nullptr;
}

}  // namespace fastmtcnn

#else

const fastmtcnn::Kernels* fastmtcnn::avx2_kernels() noexcept { return nullptr; }

#endif
