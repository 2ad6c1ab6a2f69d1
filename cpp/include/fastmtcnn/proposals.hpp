#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fastmtcnn/boxes.hpp"

namespace fastmtcnn {

// The output of the proposal network for a pyramid level: `rows` x `cols` cells, each `stride`
// level pixels from the next; the box of a cell spans `window` x `window` level pixels.
struct HeatMap {
  std::span<const float> scores;   // rows x cols
  std::span<const float> offsets;  // 4 x rows x cols
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  double scale = 1.0;  // level pixels per image pixel
  std::int64_t window = 0;
  std::int64_t stride = 0;
  std::int64_t top = 0;  // cells of the level above and to the left, if this is a tile of it
  std::int64_t left = 0;
  Rounding rounding = Rounding::kNearest;  // of the boxes
  bool float32_boxes = false;              // whether boxes are computed in float32
};

struct Proposals {
  std::vector<Box> boxes;  // in image pixels
  std::vector<float> scores;
  std::vector<float> offsets;       // four a box
  std::vector<std::int64_t> cells;  // row and column of each in the level
};

// The cells with a score above the threshold, or with `inclusive` not below it, in row-major order.
Proposals boxes_from_heat_map(const HeatMap& map, double threshold, bool inclusive);

}  // namespace fastmtcnn
