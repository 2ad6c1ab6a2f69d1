#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastmtcnn {

// Corners in pixels. Whether both belong to the box, so that its sides are x2 - x1 + 1 and
// y2 - y1 + 1, is seen differently by published implementations, and from step to step: `extra`,
// 1 or 0, is what a step adds. Without it, it is 1.
struct Box {
  double x1;
  double y1;
  double x2;
  double y2;

  double width(double extra = 1.0) const { return x2 - x1 + extra; }
  double height(double extra = 1.0) const { return y2 - y1 + extra; }
};
static_assert(sizeof(Box) == 4 * sizeof(double), "a Box is a row of an (n, 4) float64 array");

// To a whole number: the nearest (of two, the even one), the next towards zero, the next below.
enum class Rounding { kNearest, kTowardsZero, kDown, kNone };

inline double rounded(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearest:
      return std::nearbyint(value);  // half to even in the default floating-point environment
    case Rounding::kTowardsZero:
      return std::trunc(value);
    case Rounding::kDown:
      return std::floor(value);
    case Rounding::kNone:
      break;
  }
  return value;
}

enum class Overlap { kUnion, kMin };

// Greedy non-maximum suppression: indices of the boxes kept, by score descending, then by index.
// A box goes when its intersection with a kept one, over their union or over the smaller of the
// two, exceeds the threshold. From `many` boxes on they are looked up in a grid, with equal
// results.
std::vector<std::int64_t> nms(const Box* boxes, const float* scores, std::size_t count,
                              double threshold, Overlap mode, double extra,
                              std::size_t many = 3000);

// Moves each corner by its offset (x1, y1, x2, y2), given in widths and heights of the box.
void calibrate(const Box* boxes, const float* offsets, std::size_t count, double extra, Box* out);

// The square of the longer side around the same centre.
void rec2square(const Box* boxes, std::size_t count, double extra, Rounding rounding, Box* out);

// Indices of the boxes that can be cut from an image: finite, not inverted, with a pixel in the
// image, and not so large that only a broken network can have meant them.
std::vector<std::int64_t> croppable(const Box* boxes, std::size_t count, std::int64_t height,
                                    std::int64_t width);

void clip(const Box* boxes, std::size_t count, std::int64_t height, std::int64_t width, Box* out);

// From five x then five y in widths and heights of the box to five (x, y) in pixels, moved by
// `shift`.
void project_landmarks(const Box* boxes, const float* points, std::size_t count, double shift,
                       float* out);

}  // namespace fastmtcnn
