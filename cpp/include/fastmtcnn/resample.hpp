#pragma once

#include <cstddef>
#include <cstdint>

#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/boxes.hpp"

namespace fastmtcnn {

// Part of a pyramid level, in level pixels.
struct Tile {
  std::int64_t top;
  std::int64_t left;
  std::int64_t height;
  std::int64_t width;
};

// Resamples the image to `height` x `width` and writes a tile of that as 3 x tile.height x
// tile.width normalised values, bit for bit as Pillow's resize(BILINEAR): along one axis to
// 8 bits, then along the other to 8 bits.
void resample(const Source& source, std::int64_t height, std::int64_t width, const Tile& tile,
              float* out);

// Cuts boxes with whole coordinates out of the image, black where they reach outside, and
// resamples each likewise to 3 x size x size. The boxes must be croppable.
void crop(const Source& source, const Box* boxes, std::size_t count, std::int64_t size, float* out);

}  // namespace fastmtcnn
