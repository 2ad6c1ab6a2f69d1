// PReLU and the probability of a face, on vectors. Included by the file of each CPU target within
// its region and its namespace (see simd/region.hpp), so this file includes nothing; it needs F32,
// "networks/inlining.hpp" and winograd-inl.hpp.

// PReLU. A slope above 1 needs a comparison; for others, the larger of both branches is right.
template <bool Steep>
FASTMTCNN_INLINE F32 prelu(F32 x, F32 slope) noexcept {
  if constexpr (Steep) {
    return replace_negative(x, x * slope);
  } else {
    return max(x, x * slope);
  }
}

// e to the power of x, for |x| up to 87: a power of two times a polynomial (Cody and Waite 1980).
FASTMTCNN_INLINE F32 exponential(F32 x) noexcept {
  constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: what is added to it loses its fraction
  constexpr float kLn2High = 0.693145751953125F;
  constexpr float kLn2Low = 1.428606765330187e-6F;
  const F32 whole = fma(x, constant(1.4426950408889634F), constant(kRounder)) - constant(kRounder);
  const F32 rest = fma(whole, constant(-kLn2Low), fma(whole, constant(-kLn2High), x));
  constexpr float kInverseFactorials[] = {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6,
                                          1.0F / 2,   1.0F,       1.0F};
  F32 sum = constant(1.0F / 5040);
  FASTMTCNN_UNROLL
  for (int n = 0; n < 7; ++n) {
    sum = fma(sum, rest, constant(kInverseFactorials[n]));
  }
  return sum * power_of_two(whole);
}

// The softmax of a face, from how much larger the logit of the background is. What is no number is
// no face: min() gives its second operand then.
FASTMTCNN_INLINE F32 face_probability(F32 background) noexcept {
  const F32 bounded = max(min(background, constant(87.0F)), constant(-87.0F));
  return constant(1.0F) / (constant(1.0F) + exponential(bounded));
}
