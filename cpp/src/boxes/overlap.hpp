#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fastmtcnn {

// Boxes that are still to be kept or dropped, column by column: one vector holds the same
// coordinate of several boxes. x2 and y2 are such that the sides of an intersection are x2 - x1 + 1
// and y2 - y1 + 1, whether or not those of the boxes are.
struct BoxColumns {
  double* x1;
  double* y1;
  double* x2;
  double* y2;
  double* area;
};

// Whether the overlap of two boxes exceeds the threshold: the definition for Kernels::overlaps.
// `over_smaller` as in Overlap::kMin.
inline bool exceeds(const BoxColumns& boxes, std::int64_t a, std::int64_t b, double threshold,
                    bool over_smaller) noexcept {
  const double w = std::min(boxes.x2[a], boxes.x2[b]) - std::max(boxes.x1[a], boxes.x1[b]) + 1.0;
  const double h = std::min(boxes.y2[a], boxes.y2[b]) - std::max(boxes.y1[a], boxes.y1[b]) + 1.0;
  // A box with a NaN, whose area is NaN, overlaps nothing.
  if (!(w > 0.0 && h > 0.0) || std::isnan(boxes.area[a]) || std::isnan(boxes.area[b])) {
    return false;
  }
  const double inter = w * h;
  const double whole =
      over_smaller ? std::min(boxes.area[a], boxes.area[b]) : boxes.area[a] + boxes.area[b] - inter;
  return inter / whole > threshold;
}

}  // namespace fastmtcnn
