#include "fastmtcnn/boxes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fastmtcnn {

namespace {

constexpr double kLargestSide = 16.0;     // in longer sides of the image
constexpr std::int64_t kSmallImage = 64;  // pixels; boxes of a smaller image count as of this one

std::vector<std::int64_t> by_score(const float* scores, std::size_t count) {
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  // NaN sorts last: a comparison that treats it as equal to everything is no ordering.
  std::stable_sort(order.begin(), order.end(), [scores](std::int64_t a, std::int64_t b) {
    return scores[a] > scores[b] || (std::isnan(scores[b]) && !std::isnan(scores[a]));
  });
  return order;
}

}  // namespace

std::vector<std::int64_t> nms(const Box* boxes, const float* scores, std::size_t count,
                              double threshold, Overlap mode) {
  const std::vector<std::int64_t> order = by_score(scores, count);
  std::vector<Box> sorted(count);
  std::vector<double> area(count);
  for (std::size_t i = 0; i < count; ++i) {
    sorted[i] = boxes[order[i]];
    area[i] = sorted[i].width() * sorted[i].height();
  }

  std::vector<std::int64_t> kept;
  std::vector<std::size_t> alive(count);
  std::iota(alive.begin(), alive.end(), std::size_t{0});
  while (!alive.empty()) {
    const std::size_t best = alive.front();
    kept.push_back(order[best]);
    const Box& a = sorted[best];
    std::size_t left = 0;
    for (std::size_t n = 1; n < alive.size(); ++n) {
      const std::size_t other = alive[n];
      const Box& b = sorted[other];
      const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + 1.0;
      const double h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + 1.0;
      bool keep = true;
      if (w > 0.0 && h > 0.0) {
        const double inter = w * h;
        const double whole = mode == Overlap::kUnion ? area[best] + area[other] - inter
                                                     : std::min(area[best], area[other]);
        keep = !(inter / whole > threshold);
      }
      alive[left] = other;
      left += keep ? 1 : 0;
    }
    alive.resize(left);
  }
  return kept;
}

void calibrate(const Box* boxes, const float* offsets, std::size_t count, Box* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box b = boxes[i];
    const float* o = offsets + 4 * i;
    const double w = b.width();
    const double h = b.height();
    out[i] = {b.x1 + w * static_cast<double>(o[0]), b.y1 + h * static_cast<double>(o[1]),
              b.x2 + w * static_cast<double>(o[2]), b.y2 + h * static_cast<double>(o[3])};
  }
}

void rec2square(const Box* boxes, std::size_t count, Box* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box b = boxes[i];
    const double side = std::max(b.width(), b.height());
    const double x1 = b.x1 + b.width() * 0.5 - side * 0.5;
    const double y1 = b.y1 + b.height() * 0.5 - side * 0.5;
    // nearbyint rounds half to even in the default floating-point environment.
    out[i] = {std::nearbyint(x1), std::nearbyint(y1), std::nearbyint(x1 + side - 1.0),
              std::nearbyint(y1 + side - 1.0)};
  }
}

std::vector<std::int64_t> croppable(const Box* boxes, std::size_t count, std::int64_t height,
                                    std::int64_t width) {
  const double limit =
      kLargestSide * static_cast<double>(std::max(std::max(height, width), kSmallImage));
  const auto right = static_cast<double>(width - 1);
  const auto bottom = static_cast<double>(height - 1);
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < count; ++i) {
    const Box& b = boxes[i];
    // Written so that NaN and infinity fail.
    const bool sound = b.x2 >= b.x1 && b.y2 >= b.y1 && b.width() <= limit && b.height() <= limit;
    const bool inside = b.x2 >= 0.0 && b.y2 >= 0.0 && b.x1 <= right && b.y1 <= bottom;
    if (sound && inside) {
      indices.push_back(static_cast<std::int64_t>(i));
    }
  }
  return indices;
}

void clip(const Box* boxes, std::size_t count, std::int64_t height, std::int64_t width, Box* out) {
  const auto right = static_cast<double>(width - 1);
  const auto bottom = static_cast<double>(height - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const Box b = boxes[i];
    out[i] = {std::min(std::max(b.x1, 0.0), right), std::min(std::max(b.y1, 0.0), bottom),
              std::min(std::max(b.x2, 0.0), right), std::min(std::max(b.y2, 0.0), bottom)};
  }
}

void project_landmarks(const Box* boxes, const float* points, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box& b = boxes[i];
    const float* p = points + 10 * i;
    float* o = out + 10 * i;
    for (int k = 0; k < 5; ++k) {
      o[2 * k] = static_cast<float>(b.x1 + b.width() * static_cast<double>(p[k]));
      o[2 * k + 1] = static_cast<float>(b.y1 + b.height() * static_cast<double>(p[k + 5]));
    }
  }
}

}  // namespace fastmtcnn
