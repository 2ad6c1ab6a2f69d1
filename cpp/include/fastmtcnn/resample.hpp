#pragma once

#include <cstdint>
#include <span>

#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/source.hpp"

namespace fastmtcnn {

// Part of a pyramid level, in level pixels.
struct Tile {
  std::int64_t top;
  std::int64_t left;
  std::int64_t height;
  std::int64_t width;
};

// Resamples the image to `height` x `width` and writes a tile of that as 3 x tile.height x
// tile.width normalised values. kBilinear gives the bits of Pillow's resize(BILINEAR): it resamples
// one axis, rounds to 8 bits, then does the same with the other axis.
void resample(const ResampleSource& source, std::int64_t height, std::int64_t width,
              const Tile& tile, float* out);

// Cuts boxes with whole coordinates out of the image, black outside of it, and resamples each
// likewise to 3 x size x size. The boxes must pass croppable_indices().
void crop(const ResampleSource& source, std::span<const Box> boxes, std::int64_t size, float* out);

}  // namespace fastmtcnn
