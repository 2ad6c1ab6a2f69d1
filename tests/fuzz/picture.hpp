#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "fastmtcnn/image.hpp"
#include "input.hpp"

namespace fastmtcnn::fuzz {

// An image in an allocation that ends with its last byte, on either side, whatever its strides.
class Picture {
 public:
  explicit Picture(Input& input) {
    const bool is_long = input.between(0, 15) == 0;
    const std::int64_t height = input.between(1, is_long ? 70 : 18);
    const std::int64_t width = input.between(1, is_long ? 70 : 18);
    std::ptrdiff_t pixel_stride = 3;
    std::ptrdiff_t row_stride = 3 * width;
    const std::int64_t kind = input.between(0, 7);
    if (kind > 3) {
      pixel_stride = input.between(0, 8);
      row_stride = width * pixel_stride;
    }
    row_stride += kind > 1 ? input.between(0, 20) : 0;
    if (kind == 6) {  // columns lie together, not rows
      pixel_stride = 3 * height + input.between(0, 9);
      row_stride = 3;
    }
    pixel_stride *= kind > 4 && input.flag() ? -1 : 1;
    row_stride *= input.flag() ? -1 : 1;

    const std::ptrdiff_t across = (width - 1) * pixel_stride;
    const std::ptrdiff_t down = (height - 1) * row_stride;
    const std::ptrdiff_t first =
        std::min<std::ptrdiff_t>(across, 0) + std::min<std::ptrdiff_t>(down, 0);
    bytes_.resize(static_cast<std::size_t>(std::abs(across) + std::abs(down) + 3));
    fill(input);
    view_ = {bytes_.data() - first, height, width, row_stride, pixel_stride};
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        packed_.insert(packed_.end(), view_.pixel(y, x), view_.pixel(y, x) + 3);
      }
    }
  }

  const ImageView& view() const { return view_; }
  ImageView packed() const {
    return {packed_.data(), view_.height, view_.width, 3 * view_.width, 3};
  }
  // Of a channel; what lies outside is black.
  double at(std::int64_t y, std::int64_t x, std::size_t channel) const {
    const bool inside = y >= 0 && x >= 0 && y < view_.height && x < view_.width;
    return inside ? packed_[static_cast<std::size_t>(y * view_.width + x) * 3 + channel] : 0.0;
  }
  double darkest() const { return *std::min_element(packed_.begin(), packed_.end()); }
  double brightest() const { return *std::max_element(packed_.begin(), packed_.end()); }

 private:
  void fill(Input& input) {
    const std::int64_t kind = input.between(0, 3);
    std::uint32_t state = input.take<std::uint16_t>() * 2654435761U + 1U;
    for (std::uint8_t& byte : bytes_) {
      state = state * 1664525U + 1013904223U;
      const auto noise = static_cast<std::uint8_t>(state >> 24);
      if (kind == 0) {
        byte = noise;
      } else if (kind == 1) {
        byte = noise < 128 ? 0 : 255;
      } else {
        byte = static_cast<std::uint8_t>(kind == 2 ? state >> 31 : 255 - (state >> 31));
      }
    }
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> packed_;
  ImageView view_;
};

}  // namespace fastmtcnn::fuzz
