#include "fastmtcnn/source.hpp"

namespace fastmtcnn {

ResampleSource::ResampleSource(const ImageView& image, Resampling resampling,
                               const Kernels& kernels)
    : image_(image), resampling_(resampling), kernels_(&kernels) {
  if (resampling != Resampling::kBilinear && image.pixel_stride != 3) {
    // resample_area() reads whole rows.
    for (std::int64_t y = 0; y < image.height; ++y) {
      for (std::int64_t x = 0; x < image.width; ++x) {
        packed_.insert(packed_.end(), image.pixel(y, x), image.pixel(y, x) + 3);
      }
    }
    image_ = {.data = packed_.data(),
              .height = image.height,
              .width = image.width,
              .row_stride = 3 * image.width,
              .pixel_stride = 3};
  }
}

const Bands& ResampleSource::rows() const {
  std::call_once(rows_once_, [this] { rows_ = std::make_unique<Bands>(image_, *kernels_); });
  return *rows_;
}

const Bands& ResampleSource::columns() const {
  std::call_once(columns_once_,
                 [this] { columns_ = std::make_unique<Bands>(image_.transposed(), *kernels_); });
  return *columns_;
}

}  // namespace fastmtcnn
