#pragma once

#include <cstddef>
#include <cstdint>

namespace fastmtcnn {

// Positions of the pixels of an output row in an image: those of column 0, and the steps from each
// column to the next.
struct BilinearRow {
  float x;
  float y;
  float step_x;
  float step_y;

  float x_at(std::int64_t column) const noexcept { return x + static_cast<float>(column) * step_x; }
  float y_at(std::int64_t column) const noexcept { return y + static_cast<float>(column) * step_y; }
};

// std::floor, which is a call where the processor is not known to have an instruction for it.
inline std::int32_t floor_to_int(float value) noexcept {
  const auto whole = static_cast<std::int32_t>(value);
  return whole - (value < static_cast<float>(whole) ? 1 : 0);
}

// The RGB pixel at fractions x and y of the way from the first to the second and to the third.
inline void interpolate(const std::uint8_t* p00, const std::uint8_t* p01, const std::uint8_t* p10,
                        const std::uint8_t* p11, float x, float y, std::uint8_t* out) noexcept {
  for (int channel = 0; channel < 3; ++channel) {
    const float left_top = p00[channel];
    const float left_bottom = p10[channel];
    const float top = left_top + x * (static_cast<float>(p01[channel]) - left_top);
    const float bottom = left_bottom + x * (static_cast<float>(p11[channel]) - left_bottom);
    out[channel] = static_cast<std::uint8_t>(top + y * (bottom - top) + 0.5F);
  }
}

// The definition for Kernels::bilinear, which also allows offsets of more than 32 bits.
inline void bilinear_columns(const std::uint8_t* pixels, std::ptrdiff_t row_stride,
                             std::ptrdiff_t origin, const BilinearRow& row, std::int64_t begin,
                             std::int64_t end, std::uint8_t* out) noexcept {
  for (std::int64_t column = begin; column < end; ++column) {
    const float x = row.x_at(column);
    const float y = row.y_at(column);
    const std::int32_t left = floor_to_int(x);
    const std::int32_t top = floor_to_int(y);
    const std::uint8_t* p = pixels + (origin + top * row_stride + std::ptrdiff_t{3} * left);
    interpolate(p, p + 3, p + row_stride, p + row_stride + 3, x - static_cast<float>(left),
                y - static_cast<float>(top), out + 3 * column);
  }
}

}  // namespace fastmtcnn
