#pragma once

#include "simd/x86_features.hpp"

#if FASTMTCNN_X86

#include <immintrin.h>

#include <cstdint>

#include "simd/region.hpp"

#define FASTMTCNN_AVX512 "avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni"

// The operations of vec_scalar.hpp on sixteen 32-bit and eight 64-bit floats.
FASTMTCNN_BEGIN_TARGET(FASTMTCNN_AVX512)
namespace fastmtcnn::avx512 {

// The lowest `count` < 16 bits.
inline __mmask16 first_lanes(std::int64_t count) noexcept {
  return static_cast<__mmask16>((1U << static_cast<unsigned>(count)) - 1U);
}

struct F32 {
  static constexpr std::int64_t kLanes = 16;

  __m512 value;

  static F32 broadcast(float value) noexcept { return {_mm512_set1_ps(value)}; }
  static F32 load(const float* p) noexcept { return {_mm512_loadu_ps(p)}; }
  static F32 load_first(const float* p, std::int64_t count) noexcept {
    return {_mm512_maskz_loadu_ps(first_lanes(count), p)};
  }
  static F32 from_bytes(const std::uint8_t* p) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
  }
  static F32 from_first_bytes(const std::uint8_t* p, std::int64_t count) noexcept {
    const __m128i bytes = _mm_maskz_loadu_epi8(first_lanes(count), p);
    return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
  }
  void store(float* p) const noexcept { _mm512_storeu_ps(p, value); }
  void store_first(float* p, std::int64_t count) const noexcept {
    _mm512_mask_storeu_ps(p, first_lanes(count), value);
  }
};

struct Mask32 {
  __mmask16 lanes;
};

inline F32 operator+(F32 a, F32 b) noexcept { return {_mm512_add_ps(a.value, b.value)}; }
inline F32 operator-(F32 a, F32 b) noexcept { return {_mm512_sub_ps(a.value, b.value)}; }
inline F32 operator*(F32 a, F32 b) noexcept { return {_mm512_mul_ps(a.value, b.value)}; }
inline F32 operator/(F32 a, F32 b) noexcept { return {_mm512_div_ps(a.value, b.value)}; }
inline F32 fma(F32 a, F32 b, F32 c) noexcept {
  return {_mm512_fmadd_ps(a.value, b.value, c.value)};
}
inline F32 min(F32 a, F32 b) noexcept { return {_mm512_min_ps(a.value, b.value)}; }
inline F32 max(F32 a, F32 b) noexcept { return {_mm512_max_ps(a.value, b.value)}; }
inline F32 in_register(F32 a) noexcept {
#if defined(__GNUC__)
  asm("" : "+v"(a.value));
#endif
  return a;
}
inline F32 replace_negative(F32 a, F32 b) noexcept {
  const __mmask16 negative =
      _mm512_test_epi32_mask(_mm512_castps_si512(a.value), _mm512_set1_epi32(INT32_MIN));
  return {_mm512_mask_mov_ps(a.value, negative, b.value)};
}
inline F32 power_of_two(F32 whole) noexcept {
  const __m512i exponent =
      _mm512_add_epi32(_mm512_cvtps_epi32(whole.value), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23))};
}
inline void separate(F32 a, F32 b, F32& even, F32& odd) noexcept {
  const __m512i evens =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  even = {_mm512_permutex2var_ps(a.value, evens, b.value)};
  odd = {_mm512_permutex2var_ps(a.value, odds, b.value)};
}
inline void interleave(F32 even, F32 odd, F32& a, F32& b) noexcept {
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high =
      _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  a = {_mm512_permutex2var_ps(even.value, low, odd.value)};
  b = {_mm512_permutex2var_ps(even.value, high, odd.value)};
}
inline Mask32 greater(F32 a, F32 b) noexcept {
  return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_GT_OQ)};
}
inline Mask32 ordered(F32 a, F32 b) noexcept {
  return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_ORD_Q)};
}
inline Mask32 operator&(Mask32 a, Mask32 b) noexcept {
  return {static_cast<__mmask16>(a.lanes & b.lanes)};
}
inline bool any(Mask32 mask) noexcept { return mask.lanes != 0; }

struct F64 {
  static constexpr std::int64_t kLanes = 8;

  __m512d value;

  static F64 broadcast(double value) noexcept { return {_mm512_set1_pd(value)}; }
  static F64 load(const double* p) noexcept { return {_mm512_loadu_pd(p)}; }
  void store(double* p) const noexcept { _mm512_storeu_pd(p, value); }
};

struct Mask64 {
  __mmask8 lanes;
};

inline F64 operator+(F64 a, F64 b) noexcept { return {_mm512_add_pd(a.value, b.value)}; }
inline F64 operator-(F64 a, F64 b) noexcept { return {_mm512_sub_pd(a.value, b.value)}; }
inline F64 operator*(F64 a, F64 b) noexcept { return {_mm512_mul_pd(a.value, b.value)}; }
inline F64 operator/(F64 a, F64 b) noexcept { return {_mm512_div_pd(a.value, b.value)}; }
inline F64 fma(F64 a, F64 b, F64 c) noexcept {
  return {_mm512_fmadd_pd(a.value, b.value, c.value)};
}
inline F64 min(F64 a, F64 b) noexcept { return {_mm512_min_pd(a.value, b.value)}; }
inline F64 max(F64 a, F64 b) noexcept { return {_mm512_max_pd(a.value, b.value)}; }
inline Mask64 greater(F64 a, F64 b) noexcept {
  return {_mm512_cmp_pd_mask(a.value, b.value, _CMP_GT_OQ)};
}
inline Mask64 ordered(F64 a, F64 b) noexcept {
  return {_mm512_cmp_pd_mask(a.value, b.value, _CMP_ORD_Q)};
}
inline Mask64 operator&(Mask64 a, Mask64 b) noexcept {
  return {static_cast<__mmask8>(a.lanes & b.lanes)};
}
inline bool any(Mask64 mask) noexcept { return mask.lanes != 0; }

inline std::int64_t count_bits(unsigned bits) noexcept {
  std::int64_t count = 0;
  for (; bits != 0; bits &= bits - 1) {
    ++count;
  }
  return count;
}

inline std::int64_t store_flags(Mask32 mask, std::uint8_t* out) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_maskz_set1_epi8(mask.lanes, 1));
  return count_bits(mask.lanes);
}
inline std::int64_t store_flags(Mask64 mask, std::uint8_t* out) noexcept {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_maskz_set1_epi8(mask.lanes, 1));
  return count_bits(mask.lanes);
}

}  // namespace fastmtcnn::avx512
FASTMTCNN_END_TARGET

#endif
