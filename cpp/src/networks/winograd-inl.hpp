// Winograd's transforms of inputs and outputs on vectors. Included by the file of each CPU target
// within its region and its namespace (see simd/region.hpp), so this file includes nothing; it
// needs F32, "networks/winograd.hpp" and "networks/inlining.hpp".
//
// Every target computes these expressions as they stand, so that all give the same bits.

FASTMTCNN_INLINE F32 constant(float value) noexcept { return F32::broadcast(value); }

// Inputs d to what the products are made of.
FASTMTCNN_INLINE void transform_input(Winograd23, const F32 (&d)[4], F32 (&t)[4]) noexcept {
  t[0] = d[2] - d[0];
  t[1] = d[2] + d[1];
  t[2] = d[2] - d[1];
  t[3] = d[3] - d[1];
}

FASTMTCNN_INLINE void transform_input(Winograd32, const F32 (&d)[4], F32 (&t)[4]) noexcept {
  transform_input(Winograd23{}, d, t);
}

FASTMTCNN_INLINE void transform_input(Winograd33, const F32 (&d)[5], F32 (&t)[5]) noexcept {
  constexpr auto kA = static_cast<float>(Winograd33::kA);
  constexpr auto kB = static_cast<float>(Winograd33::kB);
  const F32 odd_a = fma(constant(-kB * kB), d[1], d[3]);
  const F32 even_a = fma(constant(-kB * kB), d[0], d[2]);
  const F32 odd_b = fma(constant(-kA * kA), d[1], d[3]);
  const F32 even_b = fma(constant(-kA * kA), d[0], d[2]);
  t[0] = fma(constant(kA), even_a, odd_a);
  t[1] = fma(constant(-kA), even_a, odd_a);
  t[2] = fma(constant(kB), even_b, odd_b);
  t[3] = fma(constant(-kB), even_b, odd_b);
  t[4] = fma(constant(kA * kA * kB * kB), d[0], fma(constant(-kA * kA - kB * kB), d[2], d[4]));
}

FASTMTCNN_INLINE void transform_input(Winograd43, const F32 (&d)[6], F32 (&t)[6]) noexcept {
  constexpr auto kA = static_cast<float>(Winograd43::kA);
  constexpr auto kB = static_cast<float>(Winograd43::kB);
  constexpr float kProduct = kA * kA * kB * kB;
  constexpr float kSum = kA * kA + kB * kB;
  t[0] = fma(constant(kProduct), d[0], fma(constant(-kSum), d[2], d[4]));
  const F32 even_a = fma(constant(-kB * kB), d[2], d[4]);
  const F32 odd_a = fma(constant(-kB * kB), d[1], d[3]);
  const F32 even_b = fma(constant(-kA * kA), d[2], d[4]);
  const F32 odd_b = fma(constant(-kA * kA), d[1], d[3]);
  t[1] = fma(constant(kA), odd_a, even_a);
  t[2] = fma(constant(-kA), odd_a, even_a);
  t[3] = fma(constant(kB), odd_b, even_b);
  t[4] = fma(constant(-kB), odd_b, even_b);
  t[5] = fma(constant(kProduct), d[1], fma(constant(-kSum), d[3], d[5]));
}

// Products m to outputs y.
FASTMTCNN_INLINE void transform_output(Winograd23, const F32 (&m)[4], F32 (&y)[2]) noexcept {
  y[0] = m[0] + (m[1] + m[2]);
  y[1] = m[3] + (m[1] - m[2]);
}

FASTMTCNN_INLINE void transform_output(Winograd32, const F32 (&m)[4], F32 (&y)[3]) noexcept {
  const F32 even = m[1] + m[2];
  y[0] = m[0] + even;
  y[1] = m[1] - m[2];
  y[2] = m[3] + even;
}

FASTMTCNN_INLINE void transform_output(Winograd33, const F32 (&m)[5], F32 (&y)[3]) noexcept {
  constexpr auto kA = static_cast<float>(Winograd33::kA);
  constexpr auto kB = static_cast<float>(Winograd33::kB);
  const F32 even_a = m[0] + m[1];
  const F32 odd_a = m[0] - m[1];
  const F32 even_b = m[2] + m[3];
  const F32 odd_b = m[2] - m[3];
  y[0] = even_a + even_b;
  y[1] = fma(constant(kA), odd_a, constant(kB) * odd_b);
  y[2] = fma(constant(kA * kA), even_a, fma(constant(kB * kB), even_b, m[4]));
}

FASTMTCNN_INLINE void transform_output(Winograd43, const F32 (&m)[6], F32 (&y)[4]) noexcept {
  constexpr auto kA = static_cast<float>(Winograd43::kA);
  constexpr auto kB = static_cast<float>(Winograd43::kB);
  const F32 even_a = m[1] + m[2];
  const F32 odd_a = m[1] - m[2];
  const F32 even_b = m[3] + m[4];
  const F32 odd_b = m[3] - m[4];
  y[0] = m[0] + (even_a + even_b);
  y[1] = fma(constant(kA), odd_a, constant(kB) * odd_b);
  y[2] = fma(constant(kA * kA), even_a, constant(kB * kB) * even_b);
  y[3] = fma(constant(kA * kA * kA), odd_a, fma(constant(kB * kB * kB), odd_b, m[5]));
}

// On a plane: down the columns, then along the rows.
template <typename Rows, typename Cols>
FASTMTCNN_INLINE void transform_input(Rows rows, Cols cols,
                                      const F32 (&d)[Rows::kPoints][Cols::kPoints],
                                      F32 (&t)[Rows::kPoints][Cols::kPoints]) noexcept {
  F32 down[Rows::kPoints][Cols::kPoints];
  FASTMTCNN_UNROLL
  for (int j = 0; j < Cols::kPoints; ++j) {
    F32 column[Rows::kPoints];
    F32 transformed[Rows::kPoints];
    FASTMTCNN_UNROLL
    for (int i = 0; i < Rows::kPoints; ++i) {
      column[i] = d[i][j];
    }
    transform_input(rows, column, transformed);
    FASTMTCNN_UNROLL
    for (int i = 0; i < Rows::kPoints; ++i) {
      down[i][j] = transformed[i];
    }
  }
  FASTMTCNN_UNROLL
  for (int i = 0; i < Rows::kPoints; ++i) {
    transform_input(cols, down[i], t[i]);
  }
}

// Along the rows, then down the columns. Reads product (i, j) from m + (i * kPoints + j) * step.
template <typename Rows, typename Cols>
FASTMTCNN_INLINE void transform_output(Rows rows, Cols cols, const float* m, std::ptrdiff_t step,
                                       F32 (&y)[Rows::kOutputs][Cols::kOutputs]) noexcept {
  F32 along[Rows::kPoints][Cols::kOutputs];
  FASTMTCNN_UNROLL
  for (int i = 0; i < Rows::kPoints; ++i) {
    F32 products[Cols::kPoints];
    FASTMTCNN_UNROLL
    for (int j = 0; j < Cols::kPoints; ++j) {
      products[j] = F32::load(m + (i * Cols::kPoints + j) * step);
    }
    transform_output(cols, products, along[i]);
  }
  FASTMTCNN_UNROLL
  for (int j = 0; j < Cols::kOutputs; ++j) {
    F32 column[Rows::kPoints];
    F32 outputs[Rows::kOutputs];
    FASTMTCNN_UNROLL
    for (int i = 0; i < Rows::kPoints; ++i) {
      column[i] = along[i][j];
    }
    transform_output(rows, column, outputs);
    FASTMTCNN_UNROLL
    for (int i = 0; i < Rows::kOutputs; ++i) {
      y[i][j] = outputs[i];
    }
  }
}
