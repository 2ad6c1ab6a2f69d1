// Kernels of 128-bit and 256-bit integers that AVX2 and AVX-512 share. Included by the file of each
// within its region and its namespace (see region.hpp), so this file includes nothing; it needs
// <immintrin.h>, <cstring>, "fastmtcnn/bands.hpp", "image/bilinear.hpp" and "image/weights.hpp".

inline __m128i load_128(const std::uint8_t* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

inline __m256i load_256(const std::uint8_t* p) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

inline void store_128(std::uint8_t* p, __m128i value) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), value);
}

// The four weights of a group.
inline __m128i load_weights(std::span<const std::int32_t> weights, std::size_t group) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights.data() + group * kGroupTaps));
}

// See Kernels::to_band.
void to_band(const std::uint8_t* row, std::ptrdiff_t row_stride, std::int64_t groups,
             std::uint8_t* out) noexcept {
  const __m128i by_channel = _mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1);
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t y = 0; y < Bands::kBandRows; y += 4) {
      const std::uint8_t* p = row + y * row_stride + 3 * kGroupTaps * group;
      const __m128i row0_u8x16 = _mm_shuffle_epi8(load_128(p), by_channel);
      const __m128i row1_u8x16 = _mm_shuffle_epi8(load_128(p + row_stride), by_channel);
      const __m128i row2_u8x16 = _mm_shuffle_epi8(load_128(p + 2 * row_stride), by_channel);
      const __m128i row3_u8x16 = _mm_shuffle_epi8(load_128(p + 3 * row_stride), by_channel);
      // Red of rows 0 and 1, green of rows 0 and 1; then the same of rows 2 and 3.
      const __m128i red_green01 = _mm_unpacklo_epi32(row0_u8x16, row1_u8x16);
      const __m128i red_green23 = _mm_unpacklo_epi32(row2_u8x16, row3_u8x16);
      const __m128i blue01 = _mm_unpackhi_epi32(row0_u8x16, row1_u8x16);
      const __m128i blue23 = _mm_unpackhi_epi32(row2_u8x16, row3_u8x16);
      std::uint8_t* to = out + 3 * group * Bands::kGroupBytes + kGroupTaps * y;
      store_128(to, _mm_unpacklo_epi64(red_green01, red_green23));
      store_128(to + Bands::kGroupBytes, _mm_unpackhi_epi64(red_green01, red_green23));
      store_128(to + 2 * Bands::kGroupBytes, _mm_unpacklo_epi64(blue01, blue23));
    }
  }
}

// Up to four output samples of the sixteen rows of a band, one sample in each vector, to the four
// lines: a transposition of 4 x 4 groups of four bytes.
inline void store_samples(const __m128i (&samples_u8x16)[4], std::int64_t count, std::uint8_t* out,
                          std::int64_t line) noexcept {
  const __m128i low01 = _mm_unpacklo_epi32(samples_u8x16[0], samples_u8x16[1]);
  const __m128i low23 = _mm_unpacklo_epi32(samples_u8x16[2], samples_u8x16[3]);
  const __m128i high01 = _mm_unpackhi_epi32(samples_u8x16[0], samples_u8x16[1]);
  const __m128i high23 = _mm_unpackhi_epi32(samples_u8x16[2], samples_u8x16[3]);
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

// Interpolates one channel, which is byte `Byte` of each 32-bit lane, of eight pixels between their
// four corners. The result is in that byte, too.
template <int Byte>
inline __m256i lerp(const __m256i (&corners_u32x8)[4], __m256 x, __m256 y) noexcept {
  const __m256i low_byte = _mm256_set1_epi32(255);
  __m256 values[4];
  for (int k = 0; k < 4; ++k) {
    const __m256i shifted = _mm256_srli_epi32(corners_u32x8[k], 8 * Byte);
    values[k] = _mm256_cvtepi32_ps(_mm256_and_si256(shifted, low_byte));
  }
  const __m256 top =
      _mm256_add_ps(values[0], _mm256_mul_ps(x, _mm256_sub_ps(values[1], values[0])));
  const __m256 bottom =
      _mm256_add_ps(values[2], _mm256_mul_ps(x, _mm256_sub_ps(values[3], values[2])));
  const __m256 middle = _mm256_add_ps(top, _mm256_mul_ps(y, _mm256_sub_ps(bottom, top)));
  const __m256i whole_i32x8 = _mm256_cvttps_epi32(_mm256_add_ps(middle, _mm256_set1_ps(0.5F)));
  return _mm256_slli_epi32(whole_i32x8, 8 * Byte);
}

inline __m256i gather(const std::uint8_t* pixels, __m256i offsets_i32x8) noexcept {
  return _mm256_i32gather_epi32(reinterpret_cast<const int*>(pixels), offsets_i32x8, 1);
}

// See Kernels::bilinear.
void bilinear(const std::uint8_t* pixels, std::ptrdiff_t row_stride, std::ptrdiff_t origin,
              const BilinearRow& row, std::int64_t begin, std::int64_t end,
              std::uint8_t* out) noexcept {
  // Products wrap where the origin is far away; the sums, which are inside the image, do not.
  const __m256i stride_i32x8 = _mm256_set1_epi32(static_cast<int>(row_stride));
  const __m256i start_i32x8 = _mm256_set1_epi32(static_cast<int>(origin));
  const __m256i pixel_i32x8 = _mm256_set1_epi32(3);
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
    const __m256i upper_i32x8 = _mm256_add_epi32(
        _mm256_add_epi32(start_i32x8, _mm256_mullo_epi32(_mm256_cvttps_epi32(top), stride_i32x8)),
        _mm256_mullo_epi32(_mm256_cvttps_epi32(left), pixel_i32x8));
    const __m256i lower_i32x8 = _mm256_add_epi32(upper_i32x8, stride_i32x8);
    const __m256i corners_u32x8[4] = {
        gather(pixels, upper_i32x8), gather(pixels, _mm256_add_epi32(upper_i32x8, pixel_i32x8)),
        gather(pixels, lower_i32x8), gather(pixels, _mm256_add_epi32(lower_i32x8, pixel_i32x8))};
    const __m256 across = _mm256_sub_ps(x, left);
    const __m256 down = _mm256_sub_ps(y, top);
    const __m256i rgb_u32x8 = _mm256_or_si256(
        _mm256_or_si256(lerp<0>(corners_u32x8, across, down), lerp<1>(corners_u32x8, across, down)),
        lerp<2>(corners_u32x8, across, down));
    std::uint8_t bytes[32];
    store_128(bytes, _mm_shuffle_epi8(_mm256_castsi256_si128(rgb_u32x8), packed));
    store_128(bytes + 12, _mm_shuffle_epi8(_mm256_extracti128_si256(rgb_u32x8, 1), packed));
    std::memcpy(out + 3 * column, bytes, 24);
  }
  bilinear_columns(pixels, row_stride, origin, row, column, end, out);
}
