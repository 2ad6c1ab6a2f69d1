#include "fastmtcnn/bands.hpp"

#include <algorithm>

#include "simd/kernels.hpp"

namespace fastmtcnn {

Bands::Bands(const ImageView& image, const Kernels& kernels)
    : height_(image.height),
      width_(image.width),
      band_bytes_((image.width + kTaps - 1) / kTaps * 3 * kGroupBytes),
      data_(static_cast<std::size_t>((image.height + kBandRows - 1) / kBandRows * band_bytes_)) {
  for (std::int64_t y = 0; y < height_; y += kBandRows) {
    const std::int64_t rows = std::min(kBandRows, height_ - y);
    std::uint8_t* out = data_.data() + y / kBandRows * band_bytes_;
    std::int64_t x = 0;
    if (rows == kBandRows && image.pixel_stride == 3) {
      // The kernel may read a few bytes past each group; the last groups of a row are left to the
      // loop below, which does not.
      x = std::max<std::int64_t>(width_ / kTaps - 1, 0) * kTaps;
      kernels.to_band(image.pixel(y, 0), image.row_stride, x / kTaps, out);
    }
    for (; x < width_; ++x) {
      for (std::int64_t row = 0; row < rows; ++row) {
        const std::uint8_t* pixel = image.pixel(y + row, x);
        for (std::int64_t channel = 0; channel < 3; ++channel) {
          out[(x / kTaps * 3 + channel) * kGroupBytes + row * kTaps + x % kTaps] = pixel[channel];
        }
      }
    }
  }
}

}  // namespace fastmtcnn
