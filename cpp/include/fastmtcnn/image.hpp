#pragma once

#include <cstddef>
#include <cstdint>

namespace fastmtcnn {

// An 8-bit RGB image in memory that the caller owns: the three bytes of a pixel are adjacent;
// pixels and rows are any number of bytes apart.
struct ImageView {
  const std::uint8_t* data;
  std::int64_t height;
  std::int64_t width;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t pixel_stride;

  const std::uint8_t* pixel(std::int64_t y, std::int64_t x) const noexcept {
    return data + y * row_stride + x * pixel_stride;
  }
  ImageView part(std::int64_t top, std::int64_t left, std::int64_t part_height,
                 std::int64_t part_width) const noexcept {
    return {pixel(top, left), part_height, part_width, row_stride, pixel_stride};
  }
  ImageView transposed() const noexcept { return {data, width, height, pixel_stride, row_stride}; }
};

// Every network of the cascade reads a pixel value p as (p - 127.5) / 128.
inline constexpr float kPixelMean = 127.5F;
inline constexpr float kPixelScale = 0.0078125F;

}  // namespace fastmtcnn
