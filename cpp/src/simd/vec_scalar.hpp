#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

// The vectors of kernels that are written once for all targets: F32 of 32-bit and F64 of 64-bit
// floats, kLanes of them. This file defines the operations; those of other targets give the same
// bits in each lane (but for the bits of a NaN).
namespace fastmtcnn::scalar {

// Which lanes of a comparison hold.
struct Mask {
  bool holds;
};

inline Mask operator&(Mask a, Mask b) noexcept { return {a.holds && b.holds}; }
inline bool any(Mask mask) noexcept { return mask.holds; }
// Writes 1 for each lane that holds, else 0; returns the number of those that hold.
inline std::int64_t store_flags(Mask mask, std::uint8_t* out) noexcept {
  *out = mask.holds ? 1 : 0;
  return *out;
}

template <typename Float>
struct Vector {
  static constexpr std::int64_t kLanes = 1;

  Float value;

  static Vector broadcast(Float value) noexcept { return {value}; }
  static Vector load(const Float* p) noexcept { return {*p}; }  // from any address
  // From bytes (F32 only). F32 of other targets also has load_first(p, count) and
  // from_first_bytes(p, count), which read no more than 0 < `count` < kLanes elements and give 0
  // for the other lanes, and store_first(p, count), which writes no more.
  static Vector from_bytes(const std::uint8_t* p) noexcept { return {static_cast<Float>(*p)}; }
  void store(Float* p) const noexcept { *p = value; }
};

using F32 = Vector<float>;
using F64 = Vector<double>;

template <typename Float>
Vector<Float> operator+(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value + b.value};
}
template <typename Float>
Vector<Float> operator-(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value - b.value};
}
template <typename Float>
Vector<Float> operator*(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value * b.value};
}
template <typename Float>
Vector<Float> operator/(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value / b.value};
}
// a * b + c, rounded once. A function of the C library where the processor may lack it: slow.
template <typename Float>
Vector<Float> fma(Vector<Float> a, Vector<Float> b, Vector<Float> c) noexcept {
  return {std::fma(a.value, b.value, c.value)};
}
// `b` if any of the two is NaN, also of zeros of either sign.
template <typename Float>
Vector<Float> min(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value < b.value ? a.value : b.value};
}
template <typename Float>
Vector<Float> max(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value > b.value ? a.value : b.value};
}
// `a`, which the compiler shall not load anew for each of its uses.
inline F32 in_register(F32 a) noexcept { return a; }
// `b` where the sign bit of `a` is set, else `a`.
inline F32 replace_negative(F32 a, F32 b) noexcept {
  return {std::signbit(a.value) ? b.value : a.value};
}
// Two to the power of a whole number from -126 to 127.
inline F32 power_of_two(F32 whole) noexcept {
  const auto exponent = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole.value) + 127);
  return {std::bit_cast<float>(exponent << 23U)};
}
// The elements of even and of odd index of `a` followed by `b`; interleave() is the inverse.
inline void separate(F32 a, F32 b, F32& even, F32& odd) noexcept {
  even = a;
  odd = b;
}
inline void interleave(F32 even, F32 odd, F32& a, F32& b) noexcept {
  a = even;
  b = odd;
}
template <typename Float>
Mask greater(Vector<Float> a, Vector<Float> b) noexcept {
  return {a.value > b.value};
}
// Neither is NaN.
template <typename Float>
Mask ordered(Vector<Float> a, Vector<Float> b) noexcept {
  return {!std::isnan(a.value) && !std::isnan(b.value)};
}

}  // namespace fastmtcnn::scalar
