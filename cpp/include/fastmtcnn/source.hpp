#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

struct Kernels;

// How published implementations bring an image to another size.
enum class Resampling {
  kBilinear,  // Pillow's BILINEAR: a triangle filter, widened when shrinking
  kArea,      // OpenCV's INTER_AREA: weights by covered area; bilinear when enlarging
  kAdaptive,  // torch's adaptive average, or interpolate(mode="area"): whole pixels, not rounded
};

// An image ready to be resampled, and the kernels to do so. Safe to share between threads; the
// pixels it was made from must outlive it.
class ResampleSource {
 public:
  ResampleSource(const ImageView& image, Resampling resampling, const Kernels& kernels);

  std::int64_t height() const noexcept { return image_.height; }
  std::int64_t width() const noexcept { return image_.width; }
  const ImageView& image() const noexcept { return image_; }
  Resampling resampling() const noexcept { return resampling_; }
  const Kernels& kernels() const noexcept { return *kernels_; }
  // The bands of the image and of the transposed image, for kBilinear only. Each is made by the
  // first call: an image without levels needs neither, and bands of few rows are mostly padding.
  const Bands& rows() const;
  const Bands& columns() const;

 private:
  ImageView image_;
  Resampling resampling_;
  const Kernels* kernels_;
  std::vector<std::uint8_t> packed_;  // a copy of the pixels, if those given are not packed
  mutable std::once_flag rows_once_;
  mutable std::unique_ptr<Bands> rows_;
  mutable std::once_flag columns_once_;
  mutable std::unique_ptr<Bands> columns_;
};

}  // namespace fastmtcnn
