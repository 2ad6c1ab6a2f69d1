#pragma once

#include <cstdint>
#include <vector>

#include "fastmtcnn/boxes.hpp"

namespace fastmtcnn {

// One pyramid level as the proposal network saw it: `rows` x `cols` cells, each `stride` level
// pixels from the next; its box spans `window` x `window` of them.
struct HeatMap {
  const float* scores;   // rows x cols
  const float* offsets;  // 4 x rows x cols
  std::int64_t rows;
  std::int64_t cols;
  double scale;  // level pixels per image pixel
  std::int64_t window;
  std::int64_t stride;
  std::int64_t top = 0;  // cells of the level above and to the left, if this is a tile of it
  std::int64_t left = 0;
  Rounding rounding = Rounding::kNearest;  // of the boxes
  bool in_single = false;                  // whether they are computed in float32
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
