// Products of matrices whose blocks are kept in registers. Included by the file of each CPU target
// within its region and its namespace (see simd/region.hpp), so this file includes nothing; it
// needs F32, <cstddef> and "networks/inlining.hpp".

// Where sums begin.
enum class Start {
  kOfColumn,  // at the `start` of the column
  kOfRow,     // at the `start` of the row
  kSum,       // at zero, and what is in the output is added at the end
};

// A block of the product of `scalars` and `vectors`:
//
//   out[r * out_row + column] = sum over k of scalars[r * scalar_row + k * scalar_step]
//                                             * vectors[k * vector_row + column]
//
// for Rows rows and Vectors vectors of columns. Each sum is one chain of fused multiply-adds in the
// order of k, so that its bits do not depend on the block it is computed in.
template <int Rows, int Vectors, Start kStart>
void multiply_block(const float* scalars, std::ptrdiff_t scalar_row, std::ptrdiff_t scalar_step,
                    const float* vectors, std::ptrdiff_t vector_row, std::ptrdiff_t terms,
                    const float* start, float* out, std::ptrdiff_t out_row) noexcept {
  constexpr auto kLanes = static_cast<std::ptrdiff_t>(F32::kLanes);
  F32 sums[Rows][Vectors];
  FASTMTCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    FASTMTCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      if constexpr (kStart == Start::kOfColumn) {
        sums[r][v] = F32::load(start + v * kLanes);
      } else {
        sums[r][v] = F32::broadcast(kStart == Start::kOfRow ? start[r] : 0.0F);
      }
    }
  }
  for (std::ptrdiff_t k = 0; k < terms; ++k) {
    F32 columns[Vectors];
    FASTMTCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      columns[v] = F32::load(vectors + v * kLanes);
    }
    FASTMTCNN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const F32 factor = F32::broadcast(scalars[r * scalar_row]);
      FASTMTCNN_UNROLL
      for (int v = 0; v < Vectors; ++v) {
        sums[r][v] = fma(factor, columns[v], sums[r][v]);
      }
    }
    scalars += scalar_step;
    vectors += vector_row;
  }
  FASTMTCNN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    FASTMTCNN_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      float* to = out + r * out_row + v * kLanes;
      const F32 sum = kStart == Start::kSum ? F32::load(to) + sums[r][v] : sums[r][v];
      sum.store(to);
    }
  }
}

// The last rows of a product, fewer than Rows.
template <int Rows, int Vectors, Start kStart>
void multiply_rest(std::ptrdiff_t rows, const float* scalars, std::ptrdiff_t scalar_row,
                   const float* vectors, std::ptrdiff_t vector_row, std::ptrdiff_t terms,
                   const float* start, float* out, std::ptrdiff_t out_row) noexcept {
  if constexpr (Rows > 1) {
    if (rows == Rows - 1) {
      multiply_block<Rows - 1, Vectors, kStart>(scalars, scalar_row, 1, vectors, vector_row, terms,
                                                start, out, out_row);
    } else {
      multiply_rest<Rows - 1, Vectors, kStart>(rows, scalars, scalar_row, vectors, vector_row,
                                               terms, start, out, out_row);
    }
  }
}

// Any number of rows, whose scalars are side by side.
template <int Rows, int Vectors, Start kStart>
FASTMTCNN_INLINE void multiply_rows(std::ptrdiff_t rows, const float* scalars,
                                    std::ptrdiff_t scalar_row, const float* vectors,
                                    std::ptrdiff_t vector_row, std::ptrdiff_t terms,
                                    const float* start, float* out,
                                    std::ptrdiff_t out_row) noexcept {
  std::ptrdiff_t row = 0;
  for (; row + Rows <= rows; row += Rows) {
    multiply_block<Rows, Vectors, kStart>(scalars + row * scalar_row, scalar_row, 1, vectors,
                                          vector_row, terms, start, out + row * out_row, out_row);
  }
  multiply_rest<Rows, Vectors, kStart>(rows - row, scalars + row * scalar_row, scalar_row, vectors,
                                       vector_row, terms, start, out + row * out_row, out_row);
}
