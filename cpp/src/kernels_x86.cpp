#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/image.hpp"
#include "kernels.hpp"
#include "weights.hpp"

// GCC 12 takes the deliberately undefined operands inside its own AVX-512 intrinsics for mistakes.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

// Targets are set function by function. Compiling this file with -mavx2 instead would let the
// linker keep an AVX2 copy of an inline function for the code that runs everywhere.
#if defined(__GNUC__) || defined(__clang__)
#define FASTMTCNN_AVX2 __attribute__((target("avx2")))
#define FASTMTCNN_AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512vnni")))
#else
#define FASTMTCNN_AVX2
#define FASTMTCNN_AVX512
#endif

namespace fastmtcnn {

namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

FASTMTCNN_AVX2 inline __m128i load_128(const std::uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

FASTMTCNN_AVX2 inline __m256i load_256(const std::uint8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

FASTMTCNN_AVX2 inline void store_128(std::uint8_t* p, __m128i value) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), value);
}

FASTMTCNN_AVX2 void to_band_avx2(const std::uint8_t* row, std::ptrdiff_t row_stride,
                                 std::int64_t groups, std::uint8_t* out) {
  const __m128i by_channel = _mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1);
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t y = 0; y < Bands::kBandRows; y += 4) {
      const std::uint8_t* p = row + y * row_stride + 3 * kGroupTaps * group;
      const __m128i a = _mm_shuffle_epi8(load_128(p), by_channel);
      const __m128i b = _mm_shuffle_epi8(load_128(p + row_stride), by_channel);
      const __m128i c = _mm_shuffle_epi8(load_128(p + 2 * row_stride), by_channel);
      const __m128i d = _mm_shuffle_epi8(load_128(p + 3 * row_stride), by_channel);
      const __m128i ab = _mm_unpacklo_epi32(a, b);
      const __m128i cd = _mm_unpacklo_epi32(c, d);
      std::uint8_t* to = out + 3 * group * Bands::kGroupBytes + kGroupTaps * y;
      store_128(to, _mm_unpacklo_epi64(ab, cd));
      store_128(to + Bands::kGroupBytes, _mm_unpackhi_epi64(ab, cd));
      store_128(to + 2 * Bands::kGroupBytes,
                _mm_unpacklo_epi64(_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d)));
    }
  }
}

// Four output samples of a band's sixteen rows, one in each vector, to the four lines.
FASTMTCNN_AVX2 inline void store_samples(const __m128i (&samples)[4], std::int64_t count,
                                         std::uint8_t* out, std::int64_t line) {
  const __m128i low01 = _mm_unpacklo_epi32(samples[0], samples[1]);
  const __m128i low23 = _mm_unpacklo_epi32(samples[2], samples[3]);
  const __m128i high01 = _mm_unpackhi_epi32(samples[0], samples[1]);
  const __m128i high23 = _mm_unpackhi_epi32(samples[2], samples[3]);
  const __m128i lines[4] = {_mm_unpacklo_epi64(low01, low23), _mm_unpackhi_epi64(low01, low23),
                            _mm_unpacklo_epi64(high01, high23), _mm_unpackhi_epi64(high01, high23)};
  for (int k = 0; k < 4; ++k) {
    if (count == 4) {
      store_128(out + k * line, lines[k]);
    } else {
      alignas(16) std::uint8_t bytes[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(bytes), lines[k]);
      std::memcpy(out + k * line, bytes, static_cast<std::size_t>(4 * count));
    }
  }
}

// ---- AVX2: products of 16-bit integers, a weight in two parts.

constexpr int kLowBits = 11;

// First and third, second and fourth weight: the high parts, then the low ones.
struct Words {
  std::int16_t values[8];
};

FASTMTCNN_AVX2 void pack_avx2(const std::int32_t* weights, std::int64_t groups, std::uint8_t* out) {
  for (std::int64_t group = 0; group < groups; ++group) {
    const __m128i four = _mm_shuffle_epi32(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights)), _MM_SHUFFLE(3, 1, 2, 0));
    const __m128i high = _mm_srai_epi32(four, kLowBits);
    const __m128i low = _mm_and_si128(four, _mm_set1_epi32((1 << kLowBits) - 1));
    store_128(out, _mm_packs_epi32(high, low));
    weights += kGroupTaps;
    out += sizeof(Words);
  }
}

FASTMTCNN_AVX2 inline __m256i broadcast_pair(const std::uint8_t* packed, int pair) {
  std::int32_t two;
  std::memcpy(&two, packed + 4 * pair, sizeof(two));
  return _mm256_set1_epi32(two);
}

// Eight sums of four taps a group.
struct SumsAvx2 {
  __m256i high;
  __m256i low;
};

FASTMTCNN_AVX2 inline void add_avx2(SumsAvx2& sums, __m256i bytes, const std::uint8_t* packed) {
  const __m256i even = _mm256_and_si256(bytes, _mm256_set1_epi16(0xFF));
  const __m256i odd = _mm256_srli_epi16(bytes, 8);
  sums.high = _mm256_add_epi32(sums.high,
                               _mm256_add_epi32(_mm256_madd_epi16(even, broadcast_pair(packed, 0)),
                                                _mm256_madd_epi16(odd, broadcast_pair(packed, 1))));
  sums.low = _mm256_add_epi32(sums.low,
                              _mm256_add_epi32(_mm256_madd_epi16(even, broadcast_pair(packed, 2)),
                                               _mm256_madd_epi16(odd, broadcast_pair(packed, 3))));
}

// As bytes in 32 bits.
FASTMTCNN_AVX2 inline __m256i finish_avx2(const SumsAvx2& sums) {
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(sums.high, kLowBits), sums.low);
  const __m256i bytes =
      _mm256_srli_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kWeightBits);
  return _mm256_min_epi32(bytes, _mm256_set1_epi32(255));
}

FASTMTCNN_AVX2 void horizontal_avx2(const std::uint8_t* band, const GroupedWeights& weights,
                                    std::uint8_t* out, std::int64_t line, std::int64_t plane) {
  const auto count = static_cast<std::int64_t>(weights.samples.size());
  for (std::int64_t x = 0; x < count; x += 4) {
    const std::int64_t left = std::min<std::int64_t>(4, count - x);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      __m128i samples[4];
      for (std::int64_t k = 0; k < 4; ++k) {
        const GroupedWeights::Sample sample =
            weights.samples[static_cast<std::size_t>(x + std::min(k, left - 1))];
        const std::uint8_t* packed = weights.of(sample);
        const std::uint8_t* p = band + (3 * sample.first + channel) * Bands::kGroupBytes;
        SumsAvx2 upper{_mm256_setzero_si256(), _mm256_setzero_si256()};
        SumsAvx2 lower = upper;
        for (std::int64_t group = 0; group < sample.groups; ++group) {
          add_avx2(upper, load_256(p), packed);
          add_avx2(lower, load_256(p + 32), packed);
          p += 3 * Bands::kGroupBytes;
          packed += sizeof(Words);
        }
        const __m256i pairs = _mm256_packs_epi32(finish_avx2(upper), finish_avx2(lower));
        // Packing works within 128-bit halves.
        const __m256i words = _mm256_permute4x64_epi64(pairs, _MM_SHUFFLE(3, 1, 2, 0));
        samples[k] =
            _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
      }
      store_samples(samples, left, out + channel * plane + 4 * x, line);
    }
  }
}

FASTMTCNN_AVX2 void vertical_avx2(const std::uint8_t* lines, std::int64_t line,
                                  const std::uint8_t* weights, std::int64_t groups,
                                  std::int64_t count, float* out) {
  for (std::int64_t x = 0; x < count; x += 8) {
    const std::int64_t left = std::min<std::int64_t>(8, count - x);
    SumsAvx2 sums{_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::int64_t group = 0; group < groups; ++group) {
      add_avx2(sums, load_256(lines + group * line + 4 * x),
               weights + group * static_cast<std::int64_t>(sizeof(Words)));
    }
    const __m256 centred =
        _mm256_sub_ps(_mm256_cvtepi32_ps(finish_avx2(sums)), _mm256_set1_ps(kPixelMean));
    const __m256 values = _mm256_mul_ps(centred, _mm256_set1_ps(kPixelScale));
    if (left == 8) {
      _mm256_storeu_ps(out + x, values);
    } else {
      alignas(32) float rest[8];
      _mm256_store_ps(rest, values);
      std::memcpy(out + x, rest, static_cast<std::size_t>(left) * sizeof(float));
    }
  }
}

FASTMTCNN_AVX2 void accumulate_avx2(const std::uint8_t* bytes, float weight, std::int64_t count,
                                    float* sums) {
  const __m256 factor = _mm256_set1_ps(weight);
  std::int64_t n = 0;
  for (; n + 8 <= count; n += 8) {
    const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes + n));
    const __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight));
    _mm256_storeu_ps(sums + n,
                     _mm256_add_ps(_mm256_loadu_ps(sums + n), _mm256_mul_ps(factor, values)));
  }
  for (; n < count; ++n) {
    sums[n] += weight * static_cast<float>(bytes[n]);
  }
}

// ---- AVX-512 with VNNI: dot products of four bytes, a weight in three signed bytes.

struct Digits {
  std::int8_t values[3][kGroupTaps];
};

FASTMTCNN_AVX512 void pack_avx512(const std::int32_t* weights, std::int64_t groups,
                                  std::uint8_t* out) {
  for (std::int64_t group = 0; group < groups; ++group) {
    __m128i rest = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights));
    for (int digit = 0; digit < 3; ++digit) {
      // The nearest multiple of 256 is left for the digits above.
      const __m128i above = _mm_srai_epi32(_mm_add_epi32(rest, _mm_set1_epi32(128)), 8);
      const int four =
          _mm_cvtsi128_si32(_mm_cvtepi32_epi8(_mm_sub_epi32(rest, _mm_slli_epi32(above, 8))));
      std::memcpy(out + 4 * digit, &four, sizeof(four));
      rest = above;
    }
    weights += kGroupTaps;
    out += sizeof(Digits);
  }
}

FASTMTCNN_AVX512 inline __m512i broadcast_digits(const std::uint8_t* packed, int digit) {
  std::int32_t four;
  std::memcpy(&four, packed + 4 * digit, sizeof(four));
  return _mm512_set1_epi32(four);
}

// Sixteen sums of four taps a group.
struct SumsAvx512 {
  __m512i digits[3];
};

FASTMTCNN_AVX512 inline SumsAvx512 zero_avx512() {
  return {{_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()}};
}

FASTMTCNN_AVX512 inline void add_avx512(SumsAvx512& sums, __m512i bytes,
                                        const std::uint8_t* packed) {
  sums.digits[0] = _mm512_dpbusd_epi32(sums.digits[0], bytes, broadcast_digits(packed, 0));
  sums.digits[1] = _mm512_dpbusd_epi32(sums.digits[1], bytes, broadcast_digits(packed, 1));
  sums.digits[2] = _mm512_dpbusd_epi32(sums.digits[2], bytes, broadcast_digits(packed, 2));
}

FASTMTCNN_AVX512 inline __m128i finish_avx512(const SumsAvx512& sums) {
  const __m512i upper =
      _mm512_add_epi32(_mm512_slli_epi32(sums.digits[2], 16), _mm512_slli_epi32(sums.digits[1], 8));
  const __m512i sum =
      _mm512_add_epi32(_mm512_add_epi32(upper, sums.digits[0]), _mm512_set1_epi32(kHalf));
  return _mm512_cvtusepi32_epi8(_mm512_srli_epi32(sum, kWeightBits));
}

FASTMTCNN_AVX512 void horizontal_avx512(const std::uint8_t* band, const GroupedWeights& weights,
                                        std::uint8_t* out, std::int64_t line, std::int64_t plane) {
  const auto count = static_cast<std::int64_t>(weights.samples.size());
  for (std::int64_t x = 0; x < count; x += 4) {
    const std::int64_t left = std::min<std::int64_t>(4, count - x);
    __m128i samples[3][4];
    for (std::int64_t k = 0; k < 4; ++k) {
      const GroupedWeights::Sample sample =
          weights.samples[static_cast<std::size_t>(x + std::min(k, left - 1))];
      const std::uint8_t* packed = weights.of(sample);
      const std::uint8_t* p = band + 3 * sample.first * Bands::kGroupBytes;
      SumsAvx512 r = zero_avx512();
      SumsAvx512 g = zero_avx512();
      SumsAvx512 b = zero_avx512();
      for (std::int64_t group = 0; group < sample.groups; ++group) {
        add_avx512(r, _mm512_loadu_si512(p), packed);
        add_avx512(g, _mm512_loadu_si512(p + Bands::kGroupBytes), packed);
        add_avx512(b, _mm512_loadu_si512(p + 2 * Bands::kGroupBytes), packed);
        p += 3 * Bands::kGroupBytes;
        packed += sizeof(Digits);
      }
      samples[0][k] = finish_avx512(r);
      samples[1][k] = finish_avx512(g);
      samples[2][k] = finish_avx512(b);
    }
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      store_samples(samples[channel], left, out + channel * plane + 4 * x, line);
    }
  }
}

FASTMTCNN_AVX512 void vertical_avx512(const std::uint8_t* lines, std::int64_t line,
                                      const std::uint8_t* weights, std::int64_t groups,
                                      std::int64_t count, float* out) {
  for (std::int64_t x = 0; x < count; x += 16) {
    const auto mask = static_cast<__mmask16>(
        count - x >= 16 ? 0xFFFF : (1U << static_cast<unsigned>(count - x)) - 1U);
    SumsAvx512 sums = zero_avx512();
    for (std::int64_t group = 0; group < groups; ++group) {
      add_avx512(sums, _mm512_maskz_loadu_epi32(mask, lines + group * line + 4 * x),
                 weights + group * static_cast<std::int64_t>(sizeof(Digits)));
    }
    const __m512 bytes = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(finish_avx512(sums)));
    const __m512 centred = _mm512_sub_ps(bytes, _mm512_set1_ps(kPixelMean));
    _mm512_mask_storeu_ps(out + x, mask, _mm512_mul_ps(centred, _mm512_set1_ps(kPixelScale)));
  }
}

FASTMTCNN_AVX512 void accumulate_avx512(const std::uint8_t* bytes, float weight, std::int64_t count,
                                        float* sums) {
  const __m512 factor = _mm512_set1_ps(weight);
  for (std::int64_t n = 0; n < count; n += 16) {
    const auto mask = static_cast<__mmask16>(
        count - n >= 16 ? 0xFFFF : (1U << static_cast<unsigned>(count - n)) - 1U);
    const __m512 values =
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, bytes + n)));
    const __m512 sum =
        _mm512_add_ps(_mm512_maskz_loadu_ps(mask, sums + n), _mm512_mul_ps(factor, values));
    _mm512_mask_storeu_ps(sums + n, mask, sum);
  }
}

// ---- Overlaps: the same operations in the same order as exceeds().

FASTMTCNN_AVX2 std::int64_t overlaps_avx2(const BoxColumns& boxes, std::int64_t best,
                                          std::int64_t begin, std::int64_t end, double threshold,
                                          bool over_smaller, std::uint8_t* drop) {
  const __m256d x1 = _mm256_set1_pd(boxes.x1[best]);
  const __m256d y1 = _mm256_set1_pd(boxes.y1[best]);
  const __m256d x2 = _mm256_set1_pd(boxes.x2[best]);
  const __m256d y2 = _mm256_set1_pd(boxes.y2[best]);
  const __m256d area = _mm256_set1_pd(boxes.area[best]);
  const __m256d one = _mm256_set1_pd(1.0);
  const __m256d zero = _mm256_setzero_pd();
  const __m256d limit = _mm256_set1_pd(threshold);
  std::int64_t dropped = 0;
  std::int64_t n = begin;
  for (; n + 4 <= end; n += 4) {
    const __m256d right = _mm256_min_pd(_mm256_loadu_pd(boxes.x2 + n), x2);
    const __m256d left = _mm256_max_pd(_mm256_loadu_pd(boxes.x1 + n), x1);
    const __m256d bottom = _mm256_min_pd(_mm256_loadu_pd(boxes.y2 + n), y2);
    const __m256d top = _mm256_max_pd(_mm256_loadu_pd(boxes.y1 + n), y1);
    const __m256d w = _mm256_add_pd(_mm256_sub_pd(right, left), one);
    const __m256d h = _mm256_add_pd(_mm256_sub_pd(bottom, top), one);
    const __m256d other = _mm256_loadu_pd(boxes.area + n);
    const __m256d meet = _mm256_and_pd(
        _mm256_cmp_pd(other, area, _CMP_ORD_Q),
        _mm256_and_pd(_mm256_cmp_pd(w, zero, _CMP_GT_OQ), _mm256_cmp_pd(h, zero, _CMP_GT_OQ)));
    drop[n] = drop[n + 1] = drop[n + 2] = drop[n + 3] = 0;
    if (_mm256_movemask_pd(meet) == 0) {
      continue;
    }
    const __m256d inter = _mm256_mul_pd(w, h);
    const __m256d whole = over_smaller ? _mm256_min_pd(other, area)
                                       : _mm256_sub_pd(_mm256_add_pd(area, other), inter);
    const __m256d over = _mm256_cmp_pd(_mm256_div_pd(inter, whole), limit, _CMP_GT_OQ);
    const int mask = _mm256_movemask_pd(_mm256_and_pd(meet, over));
    for (int k = 0; k < 4; ++k) {
      const int bit = (mask >> k) & 1;
      drop[n + k] = static_cast<std::uint8_t>(bit);
      dropped += bit;
    }
  }
  for (; n < end; ++n) {
    drop[n] = exceeds(boxes, best, n, threshold, over_smaller) ? 1 : 0;
    dropped += drop[n];
  }
  return dropped;
}

FASTMTCNN_AVX512 std::int64_t overlaps_avx512(const BoxColumns& boxes, std::int64_t best,
                                              std::int64_t begin, std::int64_t end,
                                              double threshold, bool over_smaller,
                                              std::uint8_t* drop) {
  const __m512d x1 = _mm512_set1_pd(boxes.x1[best]);
  const __m512d y1 = _mm512_set1_pd(boxes.y1[best]);
  const __m512d x2 = _mm512_set1_pd(boxes.x2[best]);
  const __m512d y2 = _mm512_set1_pd(boxes.y2[best]);
  const __m512d area = _mm512_set1_pd(boxes.area[best]);
  const __m512d one = _mm512_set1_pd(1.0);
  const __m512d zero = _mm512_setzero_pd();
  const __m512d limit = _mm512_set1_pd(threshold);
  std::int64_t dropped = 0;
  std::int64_t n = begin;
  for (; n + 8 <= end; n += 8) {
    const __m512d right = _mm512_min_pd(_mm512_loadu_pd(boxes.x2 + n), x2);
    const __m512d left = _mm512_max_pd(_mm512_loadu_pd(boxes.x1 + n), x1);
    const __m512d bottom = _mm512_min_pd(_mm512_loadu_pd(boxes.y2 + n), y2);
    const __m512d top = _mm512_max_pd(_mm512_loadu_pd(boxes.y1 + n), y1);
    const __m512d w = _mm512_add_pd(_mm512_sub_pd(right, left), one);
    const __m512d h = _mm512_add_pd(_mm512_sub_pd(bottom, top), one);
    const __m512d other = _mm512_loadu_pd(boxes.area + n);
    __mmask8 mask = _mm512_cmp_pd_mask(other, area, _CMP_ORD_Q);
    mask = _mm512_mask_cmp_pd_mask(mask, w, zero, _CMP_GT_OQ);
    mask = _mm512_mask_cmp_pd_mask(mask, h, zero, _CMP_GT_OQ);
    if (mask != 0) {
      const __m512d inter = _mm512_mul_pd(w, h);
      const __m512d whole = over_smaller ? _mm512_min_pd(other, area)
                                         : _mm512_sub_pd(_mm512_add_pd(area, other), inter);
      mask = _mm512_mask_cmp_pd_mask(mask, _mm512_div_pd(inter, whole), limit, _CMP_GT_OQ);
    }
    const __m128i bytes = _mm_maskz_set1_epi8(mask, 1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(drop + n), bytes);
    for (unsigned bits = mask; bits != 0; bits &= bits - 1) {
      ++dropped;
    }
  }
  for (; n < end; ++n) {
    drop[n] = exceeds(boxes, best, n, threshold, over_smaller) ? 1 : 0;
    dropped += drop[n];
  }
  return dropped;
}

// One channel of eight pixels, `shift` bits up, between four corners.
template <int Shift>
FASTMTCNN_AVX2 inline __m256i lerp_avx2(const __m256i (&corners)[4], __m256 x, __m256 y) {
  const __m256i byte = _mm256_set1_epi32(255);
  __m256 values[4];
  for (int k = 0; k < 4; ++k) {
    values[k] =
        _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(corners[k], 8 * Shift), byte));
  }
  const __m256 top =
      _mm256_add_ps(values[0], _mm256_mul_ps(x, _mm256_sub_ps(values[1], values[0])));
  const __m256 bottom =
      _mm256_add_ps(values[2], _mm256_mul_ps(x, _mm256_sub_ps(values[3], values[2])));
  const __m256 middle = _mm256_add_ps(top, _mm256_mul_ps(y, _mm256_sub_ps(bottom, top)));
  const __m256i whole = _mm256_cvttps_epi32(_mm256_add_ps(middle, _mm256_set1_ps(0.5F)));
  return _mm256_slli_epi32(whole, 8 * Shift);
}

FASTMTCNN_AVX2 inline __m256i gather_avx2(const std::uint8_t* pixels, __m256i offsets) {
  return _mm256_i32gather_epi32(reinterpret_cast<const int*>(pixels), offsets, 1);
}

FASTMTCNN_AVX2 void bilinear_avx2(const std::uint8_t* pixels, std::ptrdiff_t row_stride,
                                  std::ptrdiff_t origin, const BilinearRow& row, std::int64_t begin,
                                  std::int64_t end, std::uint8_t* out) {
  // Products wrap where the origin is far away; the sums, which are inside the image, do not.
  const __m256i stride = _mm256_set1_epi32(static_cast<int>(row_stride));
  const __m256i start = _mm256_set1_epi32(static_cast<int>(origin));
  const __m256i pixel = _mm256_set1_epi32(3);
  const __m128i packed = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const __m256 first = _mm256_setr_ps(0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F);
  std::int64_t column = begin;
  for (; column + 8 <= end; column += 8) {
    const __m256 columns = _mm256_add_ps(first, _mm256_set1_ps(static_cast<float>(column)));
    const __m256 x =
        _mm256_add_ps(_mm256_set1_ps(row.x), _mm256_mul_ps(columns, _mm256_set1_ps(row.step_x)));
    const __m256 y =
        _mm256_add_ps(_mm256_set1_ps(row.y), _mm256_mul_ps(columns, _mm256_set1_ps(row.step_y)));
    const __m256 left = _mm256_floor_ps(x);
    const __m256 top = _mm256_floor_ps(y);
    const __m256i offsets = _mm256_add_epi32(
        _mm256_add_epi32(start, _mm256_mullo_epi32(_mm256_cvttps_epi32(top), stride)),
        _mm256_mullo_epi32(_mm256_cvttps_epi32(left), pixel));
    const __m256i below = _mm256_add_epi32(offsets, stride);
    const __m256i corners[4] = {
        gather_avx2(pixels, offsets), gather_avx2(pixels, _mm256_add_epi32(offsets, pixel)),
        gather_avx2(pixels, below), gather_avx2(pixels, _mm256_add_epi32(below, pixel))};
    const __m256 across = _mm256_sub_ps(x, left);
    const __m256 down = _mm256_sub_ps(y, top);
    const __m256i rgb = _mm256_or_si256(
        _mm256_or_si256(lerp_avx2<0>(corners, across, down), lerp_avx2<1>(corners, across, down)),
        lerp_avx2<2>(corners, across, down));
    std::uint8_t bytes[32];
    store_128(bytes, _mm_shuffle_epi8(_mm256_castsi256_si128(rgb), packed));
    store_128(bytes + 12, _mm_shuffle_epi8(_mm256_extracti128_si256(rgb, 1), packed));
    std::memcpy(out + 3 * column, bytes, 24);
  }
  kScalarKernels.bilinear(pixels, row_stride, origin, row, column, end, out);
}

}  // namespace

const Kernels kAvx2Kernels{"avx2",          sizeof(Words),   pack_avx2,
                           to_band_avx2,    horizontal_avx2, vertical_avx2,
                           accumulate_avx2, overlaps_avx2,   bilinear_avx2};
const Kernels kAvx512Kernels{"avx512",          sizeof(Digits),    pack_avx512,
                             to_band_avx2,      horizontal_avx512, vertical_avx512,
                             accumulate_avx512, overlaps_avx512,   bilinear_avx2};

}  // namespace fastmtcnn

#endif
