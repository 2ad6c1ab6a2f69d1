#include "fastmtcnn/bands.hpp"

#include <algorithm>

#include "kernels.hpp"

namespace fastmtcnn {

Bands::Bands(const ImageView& image)
    : height_(image.height),
      width_(image.width),
      band_bytes_((image.width + kTaps - 1) / kTaps * 3 * kGroupBytes),
      data_(static_cast<std::size_t>((image.height + kBandRows - 1) / kBandRows * band_bytes_)) {
  for (std::int64_t y = 0; y < height_; y += kBandRows) {
    const std::int64_t rows = std::min(kBandRows, height_ - y);
    std::uint8_t* out = data_.data() + y / kBandRows * band_bytes_;
    std::int64_t x = 0;
    if (rows == kBandRows && image.pixel_stride == 3) {
      // The kernel may read a few bytes past each group; the last ones of a row are left to the
      // loop below, which does not.
      x = std::max<std::int64_t>(width_ / kTaps - 1, 0) * kTaps;
      kernels().to_band(image.pixel(y, 0), image.row_stride, x / kTaps, out);
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

Source::Source(const ImageView& image, Resampling resampling)
    : image_(image), resampling_(resampling) {
  if (resampling == Resampling::kBilinear) {
    rows_ = std::make_unique<Bands>(image);
  } else if (image.pixel_stride != 3) {
    // Averages read rows whole.
    for (std::int64_t y = 0; y < image.height; ++y) {
      for (std::int64_t x = 0; x < image.width; ++x) {
        packed_.insert(packed_.end(), image.pixel(y, x), image.pixel(y, x) + 3);
      }
    }
    image_ = {packed_.data(), image.height, image.width, 3 * image.width, 3};
  }
}

const Bands& Source::columns() const {
  std::call_once(once_, [this] { columns_ = std::make_unique<Bands>(image_.transposed()); });
  return *columns_;
}

}  // namespace fastmtcnn
