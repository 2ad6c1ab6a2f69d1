#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

struct Kernels;

// The pixels of an image in the order in which resampling reads them: one vector holds the same
// four columns of many rows. Band b holds rows 16 b to 16 b + 15:
//
//   columns 0-3                                 columns 4-7
//   +-------------+-------------+-------------+-------------+----
//   | red         | green       | blue        | red         | ...      kGroupBytes = 64 each
//   +-------------+-------------+-------------+-------------+----
//    \_____________________________________
//     row 0       | row 1       | ... | row 15       |                 kTaps = 4 bytes each
//     x0 x1 x2 x3 | x0 x1 x2 x3 |     | x0 x1 x2 x3  |
//
// Rows and columns beyond the image are black.
class Bands {
 public:
  static constexpr std::int64_t kBandRows = 16;
  static constexpr std::int64_t kTaps = 4;
  static constexpr std::int64_t kGroupBytes = kBandRows * kTaps;  // of one channel

  Bands(const ImageView& image, const Kernels& kernels);

  std::int64_t height() const noexcept { return height_; }
  std::int64_t width() const noexcept { return width_; }
  const std::uint8_t* band(std::int64_t index) const noexcept {
    return data_.data() + index * band_bytes_;
  }

 private:
  std::int64_t height_;
  std::int64_t width_;
  std::int64_t band_bytes_;
  std::vector<std::uint8_t> data_;
};

}  // namespace fastmtcnn
