#include "fastmtcnn/boxes.hpp"

#include <algorithm>

namespace fastmtcnn {

namespace {

// A box may be so many times as long as the longer side of the image.
constexpr double kLongestBox = 16.0;
constexpr std::int64_t kSmallImage = 64;  // pixels; a smaller image counts as one of this side

// Loops that write boxes index the pointer of a span: GCC 12 does not vectorise those that index or
// iterate over the span itself.

}  // namespace

void apply_offsets(std::span<const Box> boxes, std::span<const float> offsets, bool pixel_inclusive,
                   Box* out) noexcept {
  const double extra = pixel_inclusive ? 1.0 : 0.0;
  const Box* in = boxes.data();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box b = in[i];
    const float* o = offsets.data() + 4 * i;
    const double w = b.x2 - b.x1 + extra;
    const double h = b.y2 - b.y1 + extra;
    out[i] = {b.x1 + w * static_cast<double>(o[0]), b.y1 + h * static_cast<double>(o[1]),
              b.x2 + w * static_cast<double>(o[2]), b.y2 + h * static_cast<double>(o[3])};
  }
}

void square_boxes(std::span<const Box> boxes, bool pixel_inclusive, Rounding rounding,
                  Box* out) noexcept {
  const double extra = pixel_inclusive ? 1.0 : 0.0;
  const Box* in = boxes.data();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box b = in[i];
    const double w = b.x2 - b.x1 + extra;
    const double h = b.y2 - b.y1 + extra;
    const double side = std::max(w, h);
    const double x1 = b.x1 + w * 0.5 - side * 0.5;
    const double y1 = b.y1 + h * 0.5 - side * 0.5;
    out[i] = {rounded(x1, rounding), rounded(y1, rounding), rounded(x1 + side - extra, rounding),
              rounded(y1 + side - extra, rounding)};
  }
}

double longest_box(std::int64_t height, std::int64_t width) noexcept {
  return kLongestBox * static_cast<double>(std::max(std::max(height, width), kSmallImage));
}

std::vector<std::int64_t> croppable_indices(std::span<const Box> boxes, std::int64_t height,
                                            std::int64_t width) {
  const double limit = longest_box(height, width);
  const auto right = static_cast<double>(width - 1);
  const auto bottom = static_cast<double>(height - 1);
  std::vector<std::int64_t> indices;
  std::int64_t index = 0;
  for (const Box& b : boxes) {
    // NaN and infinity fail these comparisons.
    const bool sound = b.x2 >= b.x1 && b.y2 >= b.y1 && b.width() <= limit && b.height() <= limit;
    const bool inside = b.x2 >= 0.0 && b.y2 >= 0.0 && b.x1 <= right && b.y1 <= bottom;
    if (sound && inside) {
      indices.push_back(index);
    }
    ++index;
  }
  return indices;
}

void clip(std::span<const Box> boxes, std::int64_t height, std::int64_t width, Box* out) noexcept {
  const auto right = static_cast<double>(width - 1);
  const auto bottom = static_cast<double>(height - 1);
  const Box* in = boxes.data();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box b = in[i];
    out[i] = {std::min(std::max(b.x1, 0.0), right), std::min(std::max(b.y1, 0.0), bottom),
              std::min(std::max(b.x2, 0.0), right), std::min(std::max(b.y2, 0.0), bottom)};
  }
}

void project_landmarks(std::span<const Box> boxes, std::span<const float> points, double shift,
                       float* out) noexcept {
  const float* p = points.data();
  for (const Box& b : boxes) {
    for (int k = 0; k < 5; ++k) {
      *out++ = static_cast<float>(b.x1 + b.width() * static_cast<double>(p[k]) + shift);
      *out++ = static_cast<float>(b.y1 + b.height() * static_cast<double>(p[k + 5]) + shift);
    }
    p += 10;
  }
}

}  // namespace fastmtcnn
