#pragma once

#include "simd/x86_features.hpp"

#if FASTMTCNN_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "simd/region.hpp"

// The operations of vec_scalar.hpp on eight 32-bit and four 64-bit floats.
FASTMTCNN_BEGIN_TARGET("avx2,fma")
namespace fastmtcnn::avx2 {

struct F32 {
  static constexpr std::int64_t kLanes = 8;

  __m256 value;

  static F32 broadcast(float value) noexcept { return {_mm256_set1_ps(value)}; }
  static F32 load(const float* p) noexcept { return {_mm256_loadu_ps(p)}; }
  static F32 load_first(const float* p, std::int64_t count) noexcept {
    alignas(32) float lanes[kLanes] = {};
    std::memcpy(lanes, p, static_cast<std::size_t>(count) * sizeof(float));
    return {_mm256_load_ps(lanes)};
  }
  static F32 from_bytes(const std::uint8_t* p) noexcept {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))};
  }
  static F32 from_first_bytes(const std::uint8_t* p, std::int64_t count) noexcept {
    std::uint8_t bytes[kLanes] = {};
    std::memcpy(bytes, p, static_cast<std::size_t>(count));
    return from_bytes(bytes);
  }
  void store(float* p) const noexcept { _mm256_storeu_ps(p, value); }
  void store_first(float* p, std::int64_t count) const noexcept {
    alignas(32) float lanes[kLanes];
    _mm256_store_ps(lanes, value);
    std::memcpy(p, lanes, static_cast<std::size_t>(count) * sizeof(float));
  }
};

struct Mask32 {
  __m256 lanes;  // all bits of a lane are equal
};

inline F32 operator+(F32 a, F32 b) noexcept { return {_mm256_add_ps(a.value, b.value)}; }
inline F32 operator-(F32 a, F32 b) noexcept { return {_mm256_sub_ps(a.value, b.value)}; }
inline F32 operator*(F32 a, F32 b) noexcept { return {_mm256_mul_ps(a.value, b.value)}; }
inline F32 operator/(F32 a, F32 b) noexcept { return {_mm256_div_ps(a.value, b.value)}; }
inline F32 fma(F32 a, F32 b, F32 c) noexcept {
  return {_mm256_fmadd_ps(a.value, b.value, c.value)};
}
inline F32 min(F32 a, F32 b) noexcept { return {_mm256_min_ps(a.value, b.value)}; }
inline F32 max(F32 a, F32 b) noexcept { return {_mm256_max_ps(a.value, b.value)}; }
inline F32 in_register(F32 a) noexcept {
#if defined(__GNUC__)
  asm("" : "+x"(a.value));
#endif
  return a;
}
inline F32 replace_negative(F32 a, F32 b) noexcept {
  return {_mm256_blendv_ps(a.value, b.value, a.value)};
}
inline F32 power_of_two(F32 whole) noexcept {
  const __m256i exponent =
      _mm256_add_epi32(_mm256_cvtps_epi32(whole.value), _mm256_set1_epi32(127));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23))};
}
inline void separate(F32 a, F32 b, F32& even, F32& odd) noexcept {
  const __m256 evens = _mm256_shuffle_ps(a.value, b.value, _MM_SHUFFLE(2, 0, 2, 0));
  const __m256 odds = _mm256_shuffle_ps(a.value, b.value, _MM_SHUFFLE(3, 1, 3, 1));
  constexpr int kMiddleSwapped = _MM_SHUFFLE(3, 1, 2, 0);  // a shuffle works within 128-bit halves
  even = {_mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(evens), kMiddleSwapped))};
  odd = {_mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(odds), kMiddleSwapped))};
}
inline void interleave(F32 even, F32 odd, F32& a, F32& b) noexcept {
  const __m256 low = _mm256_unpacklo_ps(even.value, odd.value);
  const __m256 high = _mm256_unpackhi_ps(even.value, odd.value);
  a = {_mm256_permute2f128_ps(low, high, 0x20)};
  b = {_mm256_permute2f128_ps(low, high, 0x31)};
}
inline Mask32 greater(F32 a, F32 b) noexcept {
  return {_mm256_cmp_ps(a.value, b.value, _CMP_GT_OQ)};
}
inline Mask32 ordered(F32 a, F32 b) noexcept {
  return {_mm256_cmp_ps(a.value, b.value, _CMP_ORD_Q)};
}
inline Mask32 operator&(Mask32 a, Mask32 b) noexcept { return {_mm256_and_ps(a.lanes, b.lanes)}; }
inline bool any(Mask32 mask) noexcept { return _mm256_movemask_ps(mask.lanes) != 0; }

struct F64 {
  static constexpr std::int64_t kLanes = 4;

  __m256d value;

  static F64 broadcast(double value) noexcept { return {_mm256_set1_pd(value)}; }
  static F64 load(const double* p) noexcept { return {_mm256_loadu_pd(p)}; }
  void store(double* p) const noexcept { _mm256_storeu_pd(p, value); }
};

struct Mask64 {
  __m256d lanes;
};

inline F64 operator+(F64 a, F64 b) noexcept { return {_mm256_add_pd(a.value, b.value)}; }
inline F64 operator-(F64 a, F64 b) noexcept { return {_mm256_sub_pd(a.value, b.value)}; }
inline F64 operator*(F64 a, F64 b) noexcept { return {_mm256_mul_pd(a.value, b.value)}; }
inline F64 operator/(F64 a, F64 b) noexcept { return {_mm256_div_pd(a.value, b.value)}; }
inline F64 fma(F64 a, F64 b, F64 c) noexcept {
  return {_mm256_fmadd_pd(a.value, b.value, c.value)};
}
inline F64 min(F64 a, F64 b) noexcept { return {_mm256_min_pd(a.value, b.value)}; }
inline F64 max(F64 a, F64 b) noexcept { return {_mm256_max_pd(a.value, b.value)}; }
inline Mask64 greater(F64 a, F64 b) noexcept {
  return {_mm256_cmp_pd(a.value, b.value, _CMP_GT_OQ)};
}
inline Mask64 ordered(F64 a, F64 b) noexcept {
  return {_mm256_cmp_pd(a.value, b.value, _CMP_ORD_Q)};
}
inline Mask64 operator&(Mask64 a, Mask64 b) noexcept { return {_mm256_and_pd(a.lanes, b.lanes)}; }
inline bool any(Mask64 mask) noexcept { return _mm256_movemask_pd(mask.lanes) != 0; }

// One byte, 0 or 1, from each of the lowest bits.
template <int Lanes>
std::int64_t store_bits(int bits, std::uint8_t* out) noexcept {
  if (bits == 0) {
    std::memset(out, 0, Lanes);
    return 0;
  }
  std::int64_t count = 0;
  for (int lane = 0; lane < Lanes; ++lane) {
    const int bit = (bits >> lane) & 1;
    out[lane] = static_cast<std::uint8_t>(bit);
    count += bit;
  }
  return count;
}

inline std::int64_t store_flags(Mask32 mask, std::uint8_t* out) noexcept {
  return store_bits<8>(_mm256_movemask_ps(mask.lanes), out);
}
inline std::int64_t store_flags(Mask64 mask, std::uint8_t* out) noexcept {
  return store_bits<4>(_mm256_movemask_pd(mask.lanes), out);
}

}  // namespace fastmtcnn::avx2
FASTMTCNN_END_TARGET

#endif
