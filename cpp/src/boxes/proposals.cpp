#include "fastmtcnn/proposals.hpp"

#include <cmath>
#include <cstddef>
#include <limits>

namespace fastmtcnn {

namespace {

constexpr std::size_t kBlock = 32;

// For any float s: s > limit_of(t, false) exactly when double(s) > t, and s > limit_of(t, true)
// exactly when double(s) >= t.
float limit_of(double threshold, bool inclusive) noexcept {
  const auto nearest = static_cast<float>(threshold);
  const auto exact = static_cast<double>(nearest);
  const bool too_high = inclusive ? exact >= threshold : exact > threshold;
  return too_high ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

bool any_above(const float* scores, float threshold) noexcept {
  int found = 0;
  for (std::size_t k = 0; k < kBlock; ++k) {
    found |= static_cast<int>(scores[k] > threshold);
  }
  return found != 0;
}

void add_cell(const HeatMap& map, std::size_t cell, Proposals& out) {
  const auto cols = static_cast<std::size_t>(map.cols);
  const std::size_t cells = static_cast<std::size_t>(map.rows) * cols;
  const auto stride = static_cast<double>(map.stride);
  const auto window = static_cast<double>(map.window);
  const std::int64_t row = map.top + static_cast<std::int64_t>(cell / cols);
  const std::int64_t column = map.left + static_cast<std::int64_t>(cell % cols);
  const double x = stride * static_cast<double>(column) + 1.0;
  const double y = stride * static_cast<double>(row) + 1.0;
  const auto in_image = [&map](double at) noexcept {
    const double pixel =
        map.float32_boxes
            ? static_cast<double>(static_cast<float>(at) / static_cast<float>(map.scale))
            : at / map.scale;
    return rounded(pixel, map.rounding);
  };
  out.boxes.push_back({in_image(x), in_image(y), in_image(x + window), in_image(y + window)});
  out.scores.push_back(map.scores[cell]);
  out.cells.push_back(row);
  out.cells.push_back(column);
  for (std::size_t k = 0; k < 4; ++k) {
    out.offsets.push_back(map.offsets[k * cells + cell]);
  }
}

}  // namespace

Proposals boxes_from_heat_map(const HeatMap& map, double threshold, bool inclusive) {
  const float limit = limit_of(threshold, inclusive);
  const std::size_t cells = static_cast<std::size_t>(map.rows) * static_cast<std::size_t>(map.cols);
  Proposals out;
  std::size_t cell = 0;
  // Nearly all cells are background; a block without a candidate costs a few comparisons.
  for (; cell + kBlock <= cells; cell += kBlock) {
    if (any_above(map.scores.data() + cell, limit)) {
      for (std::size_t k = cell; k < cell + kBlock; ++k) {
        if (map.scores[k] > limit) {
          add_cell(map, k, out);
        }
      }
    }
  }
  for (; cell < cells; ++cell) {
    if (map.scores[cell] > limit) {
      add_cell(map, cell, out);
    }
  }
  return out;
}

}  // namespace fastmtcnn
