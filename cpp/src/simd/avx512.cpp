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
#include "simd/vec_avx512.hpp"

// GCC 12 takes the deliberately undefined operands inside its own AVX-512 intrinsics for mistakes.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

// Weighted sums by dot products of four bytes (VNNI), a weight in three signed bytes.
FASTMTCNN_BEGIN_TARGET(FASTMTCNN_AVX512)
namespace fastmtcnn::avx512 {

namespace {

#include "simd/float_kernels-inl.hpp"
#include "simd/x86_kernels-inl.hpp"

// The weights of a group: the lowest digit of all four, then the next ones.
//   w = values[0] + 2^8 values[1] + 2^16 values[2],  each digit from -128 to 127
struct Digits {
  std::int8_t values[3][kGroupTaps];
};

// See Kernels::pack.
void pack(std::span<const std::int32_t> weights, std::uint8_t* out) noexcept {
  for (std::size_t group = 0; group < weights.size() / kGroupTaps; ++group) {
    __m128i rest_i32x4 = load_weights(weights, group);
    for (int digit = 0; digit < 3; ++digit) {
      // The nearest multiple of 256 is left for the digits above.
      const __m128i above_i32x4 = _mm_srai_epi32(_mm_add_epi32(rest_i32x4, _mm_set1_epi32(128)), 8);
      const __m128i digits_i32x4 = _mm_sub_epi32(rest_i32x4, _mm_slli_epi32(above_i32x4, 8));
      const int four = _mm_cvtsi128_si32(_mm_cvtepi32_epi8(digits_i32x4));
      std::memcpy(out + 4 * digit, &four, sizeof(four));
      rest_i32x4 = above_i32x4;
    }
    out += sizeof(Digits);
  }
}

inline __m512i broadcast_digits(const std::uint8_t* packed, int digit) noexcept {
  std::int32_t four;
  std::memcpy(&four, packed + 4 * digit, sizeof(four));
  return _mm512_set1_epi32(four);
}

// Sixteen sums of four taps a group, for each digit of the weights.
struct Sums {
  __m512i digits_i32x16[3];
};

inline Sums zero_sums() noexcept {
  return {{_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()}};
}

inline void add(Sums& sums, __m512i bytes_u8x64, const std::uint8_t* packed) noexcept {
  sums.digits_i32x16[0] =
      _mm512_dpbusd_epi32(sums.digits_i32x16[0], bytes_u8x64, broadcast_digits(packed, 0));
  sums.digits_i32x16[1] =
      _mm512_dpbusd_epi32(sums.digits_i32x16[1], bytes_u8x64, broadcast_digits(packed, 1));
  sums.digits_i32x16[2] =
      _mm512_dpbusd_epi32(sums.digits_i32x16[2], bytes_u8x64, broadcast_digits(packed, 2));
}

// The sums rounded to 0..255.
inline __m128i finish(const Sums& sums) noexcept {
  const __m512i upper_i32x16 = _mm512_add_epi32(_mm512_slli_epi32(sums.digits_i32x16[2], 16),
                                                _mm512_slli_epi32(sums.digits_i32x16[1], 8));
  const __m512i sum_i32x16 = _mm512_add_epi32(_mm512_add_epi32(upper_i32x16, sums.digits_i32x16[0]),
                                              _mm512_set1_epi32(kHalfWeight));
  return _mm512_cvtusepi32_epi8(_mm512_srli_epi32(sum_i32x16, kWeightBits));
}

// See Kernels::horizontal.
void horizontal(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                std::int64_t line, std::int64_t plane) noexcept {
  const auto count = static_cast<std::int64_t>(weights.samples.size());
  for (std::int64_t x = 0; x < count; x += 4) {
    const std::int64_t left = std::min<std::int64_t>(4, count - x);
    __m128i samples_u8x16[3][4];
    for (std::int64_t k = 0; k < 4; ++k) {
      const GroupedWeights::Sample sample =
          weights.samples[static_cast<std::size_t>(x + std::min(k, left - 1))];
      const std::uint8_t* packed = weights.of(sample);
      const std::uint8_t* p = band + 3 * sample.first * Bands::kGroupBytes;
      Sums red = zero_sums();
      Sums green = zero_sums();
      Sums blue = zero_sums();
      for (std::int64_t group = 0; group < sample.groups; ++group) {
        add(red, _mm512_loadu_si512(p), packed);
        add(green, _mm512_loadu_si512(p + Bands::kGroupBytes), packed);
        add(blue, _mm512_loadu_si512(p + 2 * Bands::kGroupBytes), packed);
        p += 3 * Bands::kGroupBytes;
        packed += sizeof(Digits);
      }
      samples_u8x16[0][k] = finish(red);
      samples_u8x16[1][k] = finish(green);
      samples_u8x16[2][k] = finish(blue);
    }
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      store_samples(samples_u8x16[channel], left, out + channel * plane + 4 * x, line);
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
    const __mmask16 lanes =
        count - x >= F32::kLanes ? static_cast<__mmask16>(0xFFFF) : first_lanes(count - x);
    Sums sums = zero_sums();
    for (std::int64_t group = 0; group < groups; ++group) {
      add(sums, _mm512_maskz_loadu_epi32(lanes, lines + group * line + 4 * x),
          weights + group * static_cast<std::int64_t>(sizeof(Digits)));
    }
    const F32 bytes{_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(finish(sums)))};
    _mm512_mask_storeu_ps(out.data() + x, lanes, ((bytes - mean) * scale).value);
  }
}

}  // namespace

}  // namespace fastmtcnn::avx512
FASTMTCNN_END_TARGET

namespace fastmtcnn {

const Kernels* avx512_kernels() noexcept {
  using namespace avx512;
  static constexpr Kernels kernels{.name = "avx512",
                                   .group_bytes = sizeof(Digits),
                                   .pack = pack,
                                   .to_band = to_band,
                                   .horizontal = horizontal,
                                   .vertical = vertical,
                                   .accumulate = accumulate<F32>,
                                   .overlaps = overlaps<F64>,
                                   .bilinear = bilinear,
                                   .multiply_adds = multiply_adds<F32>};
  return x86_features().avx512 ? &kernels : nullptr;
}

}  // namespace fastmtcnn

#else

const fastmtcnn::Kernels* fastmtcnn::avx512_kernels() noexcept { return nullptr; }

#endif
