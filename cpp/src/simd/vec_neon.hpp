#pragma once

#if defined(__aarch64__) || defined(_M_ARM64)
#define FASTMTCNN_NEON 1
#else
#define FASTMTCNN_NEON 0
#endif

#if FASTMTCNN_NEON

#include <arm_neon.h>

#include <cstdint>

// The operations of vec_scalar.hpp that kernels of networks need, on four 32-bit floats. Every
// 64-bit ARM processor has them, so they need no region.
namespace fastmtcnn::neon {

struct F32 {
  static constexpr std::int64_t kLanes = 4;

  float32x4_t value;

  static F32 broadcast(float value) noexcept { return {vdupq_n_f32(value)}; }
  static F32 load(const float* p) noexcept { return {vld1q_f32(p)}; }
  void store(float* p) const noexcept { vst1q_f32(p, value); }
};

inline F32 operator+(F32 a, F32 b) noexcept { return {vaddq_f32(a.value, b.value)}; }
inline F32 operator-(F32 a, F32 b) noexcept { return {vsubq_f32(a.value, b.value)}; }
inline F32 operator*(F32 a, F32 b) noexcept { return {vmulq_f32(a.value, b.value)}; }
inline F32 operator/(F32 a, F32 b) noexcept { return {vdivq_f32(a.value, b.value)}; }
inline F32 fma(F32 a, F32 b, F32 c) noexcept { return {vfmaq_f32(c.value, a.value, b.value)}; }
// Not vminq_f32 and vmaxq_f32, which order zeros by their sign.
inline F32 min(F32 a, F32 b) noexcept {
  return {vbslq_f32(vcltq_f32(a.value, b.value), a.value, b.value)};
}
inline F32 max(F32 a, F32 b) noexcept {
  return {vbslq_f32(vcgtq_f32(a.value, b.value), a.value, b.value)};
}
inline F32 in_register(F32 a) noexcept {
#if defined(__GNUC__)
  asm("" : "+w"(a.value));
#endif
  return a;
}
inline F32 replace_negative(F32 a, F32 b) noexcept {
  return {vbslq_f32(vcltzq_s32(vreinterpretq_s32_f32(a.value)), b.value, a.value)};
}
inline F32 power_of_two(F32 whole) noexcept {
  const int32x4_t exponent = vaddq_s32(vcvtnq_s32_f32(whole.value), vdupq_n_s32(127));
  return {vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23))};
}
inline void separate(F32 a, F32 b, F32& even, F32& odd) noexcept {
  even = {vuzp1q_f32(a.value, b.value)};
  odd = {vuzp2q_f32(a.value, b.value)};
}
inline void interleave(F32 even, F32 odd, F32& a, F32& b) noexcept {
  a = {vzip1q_f32(even.value, odd.value)};
  b = {vzip2q_f32(even.value, odd.value)};
}

}  // namespace fastmtcnn::neon

#endif
