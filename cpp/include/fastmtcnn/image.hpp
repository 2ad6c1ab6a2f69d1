#pragma once

#include <cstddef>
#include <cstdint>

namespace fastmtcnn {

// An 8-bit RGB image that somebody else owns: packed pixels, rows `row_stride` bytes apart
// (more than 3 * width for a view into a wider image, negative for a flipped one).
struct ImageView {
  const std::uint8_t* data;
  std::int64_t height;
  std::int64_t width;
  std::ptrdiff_t row_stride;

  const std::uint8_t* row(std::int64_t y) const { return data + y * row_stride; }

  // One past the highest byte that belongs to the image.
  const std::uint8_t* end() const {
    const std::uint8_t* last = row_stride >= 0 ? row(height - 1) : data;
    return last + 3 * width;
  }
};

// What every network of the cascade takes for a pixel value: (p - 127.5) / 128.
inline constexpr float kPixelMean = 127.5F;
inline constexpr float kPixelScale = 0.0078125F;

}  // namespace fastmtcnn
