#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace fastmtcnn {

struct Kernels;

// Corners in pixels. Published implementations, and their steps, differ in whether both corner
// pixels belong to the box. If they do (`pixel_inclusive`, the "+1 convention"), its sides are
// x2 - x1 + 1 and y2 - y1 + 1, else x2 - x1 and y2 - y1.
struct Box {
  double x1;
  double y1;
  double x2;
  double y2;

  double width(bool pixel_inclusive = true) const noexcept {
    return x2 - x1 + (pixel_inclusive ? 1.0 : 0.0);
  }
  double height(bool pixel_inclusive = true) const noexcept {
    return y2 - y1 + (pixel_inclusive ? 1.0 : 0.0);
  }
};
static_assert(std::is_standard_layout_v<Box> && sizeof(Box) == 4 * sizeof(double),
              "a Box is a row of an (n, 4) float64 array");

// To an integer: the nearest (half to even), the next towards zero, the next below; or not at all.
enum class Rounding { kNearest, kTowardsZero, kDown, kNone };

inline double rounded(double value, Rounding rounding) noexcept {
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

// What the intersection of two boxes is divided by: their union (IoU) or the smaller box (IoM).
enum class Overlap { kUnion, kMin };

// From this many boxes on, nms() looks neighbours up in a grid, with the same result.
inline constexpr std::size_t kNmsGridCount = 3000;

// Greedy non-maximum suppression: indices of the boxes kept, by score descending, then by index.
// A box is dropped if its overlap with a kept one exceeds the threshold.
std::vector<std::int64_t> nms(std::span<const Box> boxes, std::span<const float> scores,
                              double threshold, Overlap mode, bool pixel_inclusive,
                              const Kernels& kernels, std::size_t grid_count = kNmsGridCount);

// Applies bounding-box regression: moves each corner (x1, y1, x2, y2) by its offset, given in
// widths and heights of the box. `offsets` has four values a box; `out` may be `boxes`.
void apply_offsets(std::span<const Box> boxes, std::span<const float> offsets, bool pixel_inclusive,
                   Box* out) noexcept;

// The square of the longer side around the same centre. `out` may be `boxes`.
void square_boxes(std::span<const Box> boxes, bool pixel_inclusive, Rounding rounding,
                  Box* out) noexcept;

// Longest side of a box that can be cut from an image, in pixels: longer ones no working network
// can mean.
double longest_box(std::int64_t height, std::int64_t width) noexcept;

// Indices of the boxes that can be cut from an image: finite, not inverted, with a pixel in the
// image, and with no side above longest_box().
std::vector<std::int64_t> croppable_indices(std::span<const Box> boxes, std::int64_t height,
                                            std::int64_t width);

// Limits corners to the image. `out` may be `boxes`.
void clip(std::span<const Box> boxes, std::int64_t height, std::int64_t width, Box* out) noexcept;

// From five x then five y in widths and heights of the box to five (x, y) in pixels, moved by
// `shift`. `points` has ten values a box, and so has `out`.
void project_landmarks(std::span<const Box> boxes, std::span<const float> points, double shift,
                       float* out) noexcept;

}  // namespace fastmtcnn
