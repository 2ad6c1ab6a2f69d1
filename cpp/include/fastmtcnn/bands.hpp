#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

// The pixels of an image in the order in which resampling reads them. A band holds kBandRows rows;
// in it come groups of kTaps columns, in those the channels, then the rows, then the columns:
// one vector holds the same few columns of many rows. Missing rows and columns are black.
class Bands {
 public:
  static constexpr std::int64_t kBandRows = 16;
  static constexpr std::int64_t kTaps = 4;
  static constexpr std::int64_t kGroupBytes = kBandRows * kTaps;  // of one channel

  explicit Bands(const ImageView& image);

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  const std::uint8_t* band(std::int64_t index) const { return data_.data() + index * band_bytes_; }

 private:
  std::int64_t height_;
  std::int64_t width_;
  std::int64_t band_bytes_;
  std::vector<std::uint8_t> data_;
};

// How published implementations bring an image to another size.
enum class Resampling {
  kBilinear,  // Pillow's BILINEAR: a triangle, widened when shrinking
  kArea,      // OpenCV's INTER_AREA: what a pixel covers; bilinear when enlarging
  kAdaptive,  // torch's adaptive average, or interpolate(mode="area"): whole pixels, not rounded
};

// An image ready to be resampled. Safe to share between threads; the pixels it was made from must
// outlive it.
class Source {
 public:
  Source(const ImageView& image, Resampling resampling);

  std::int64_t height() const { return image_.height; }
  std::int64_t width() const { return image_.width; }
  const ImageView& image() const { return image_; }
  Resampling resampling() const { return resampling_; }
  // For kBilinear only.
  const Bands& rows() const { return *rows_; }
  // The bands of the transposed image, made when first asked for.
  const Bands& columns() const;

 private:
  ImageView image_;
  Resampling resampling_;
  std::vector<std::uint8_t> packed_;  // copied pixels, where those given lie apart
  std::unique_ptr<Bands> rows_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Bands> columns_;
};

}  // namespace fastmtcnn
