#include "fastmtcnn/boxes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels.hpp"

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

// Each box that is kept drops others, vector by vector: quadratic, but fast.
std::vector<std::int64_t> suppress_few(const BoxColumns& columns,
                                       const std::vector<std::int64_t>& order, double threshold,
                                       Overlap mode) {
  // Boxes wait in [best, end) by score, those dropped taken out.
  std::vector<std::int64_t> waiting = order;
  std::vector<std::uint8_t> drop(order.size());
  std::vector<std::int64_t> kept;
  auto end = static_cast<std::int64_t>(order.size());
  for (std::int64_t best = 0; best < end; ++best) {
    kept.push_back(waiting[static_cast<std::size_t>(best)]);
    if (kernels().overlaps(columns, best, best + 1, end, threshold, mode == Overlap::kMin,
                           drop.data()) == 0) {
      continue;
    }
    std::int64_t to = best + 1;
    for (std::int64_t from = best + 1; from < end; ++from) {
      columns.x1[to] = columns.x1[from];
      columns.y1[to] = columns.y1[from];
      columns.x2[to] = columns.x2[from];
      columns.y2[to] = columns.y2[from];
      columns.area[to] = columns.area[from];
      waiting[static_cast<std::size_t>(to)] = waiting[static_cast<std::size_t>(from)];
      to += drop[static_cast<std::size_t>(from)] == 0 ? 1 : 0;
    }
    end = to;
  }
  return kept;
}

// The cells of a grid over one axis that a box touches. Boxes that share a point share a cell.
struct GridAxis {
  double low;
  double cell;

  std::size_t index(double x) const {
    // Also for infinity and, since every comparison with it is false, for NaN.
    const double at = (x - low) / cell;
    return at > 0.0 ? static_cast<std::size_t>(std::min(at, kCells - 1.0)) : 0;
  }

  static constexpr double kCells = 64.0;

  static GridAxis over(const double* from, const double* to, std::size_t count) {
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    for (std::size_t n = 0; n < count; ++n) {
      if (std::isfinite(from[n]) && std::isfinite(to[n])) {
        low = std::min(low, from[n]);
        high = std::max(high, to[n] + 1.0);
      }
    }
    const double extent = high - low;
    return {low, extent > 0.0 && std::isfinite(extent) ? extent / kCells : 1.0};
  }
};

// Each box is compared with the kept ones that touch a cell with it: nearly linear.
std::vector<std::int64_t> suppress_many(const BoxColumns& columns,
                                        const std::vector<std::int64_t>& order, double threshold,
                                        Overlap mode) {
  const GridAxis across = GridAxis::over(columns.x1, columns.x2, order.size());
  const GridAxis down = GridAxis::over(columns.y1, columns.y2, order.size());
  constexpr auto kSide = static_cast<std::size_t>(GridAxis::kCells);
  std::vector<std::vector<std::int64_t>> cells(kSide * kSide);
  std::vector<std::int64_t> kept;
  for (std::size_t n = 0; n < order.size(); ++n) {
    const auto candidate = static_cast<std::int64_t>(n);
    const std::size_t left = across.index(columns.x1[n]);
    const std::size_t right = across.index(columns.x2[n] + 1.0);
    const std::size_t top = down.index(columns.y1[n]);
    const std::size_t bottom = down.index(columns.y2[n] + 1.0);
    const auto is_dropped_in = [&](const std::vector<std::int64_t>& cell) {
      return std::any_of(cell.begin(), cell.end(), [&](std::int64_t other) {
        return exceeds(columns, other, candidate, threshold, mode == Overlap::kMin);
      });
    };
    bool dropped = false;
    for (std::size_t row = top; row <= bottom && !dropped; ++row) {
      for (std::size_t column = left; column <= right && !dropped; ++column) {
        dropped = is_dropped_in(cells[row * kSide + column]);
      }
    }
    if (dropped) {
      continue;
    }
    kept.push_back(order[n]);
    for (std::size_t row = top; row <= bottom; ++row) {
      for (std::size_t column = left; column <= right; ++column) {
        cells[row * kSide + column].push_back(candidate);
      }
    }
  }
  return kept;
}

}  // namespace

std::vector<std::int64_t> nms(const Box* boxes, const float* scores, std::size_t count,
                              double threshold, Overlap mode, double extra, std::size_t many) {
  const std::vector<std::int64_t> order = by_score(scores, count);
  std::vector<double> values(5 * count);
  const BoxColumns columns{values.data(), values.data() + count, values.data() + 2 * count,
                           values.data() + 3 * count, values.data() + 4 * count};
  for (std::size_t n = 0; n < count; ++n) {
    const Box& box = boxes[order[n]];
    columns.x1[n] = box.x1;
    columns.y1[n] = box.y1;
    // Overlaps are computed with 1 as the extra.
    columns.x2[n] = box.x2 + (extra - 1.0);
    columns.y2[n] = box.y2 + (extra - 1.0);
    columns.area[n] = box.width(extra) * box.height(extra);
  }
  return count < many ? suppress_few(columns, order, threshold, mode)
                      : suppress_many(columns, order, threshold, mode);
}

void calibrate(const Box* boxes, const float* offsets, std::size_t count, double extra, Box* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box b = boxes[i];
    const float* o = offsets + 4 * i;
    const double w = b.width(extra);
    const double h = b.height(extra);
    out[i] = {b.x1 + w * static_cast<double>(o[0]), b.y1 + h * static_cast<double>(o[1]),
              b.x2 + w * static_cast<double>(o[2]), b.y2 + h * static_cast<double>(o[3])};
  }
}

void rec2square(const Box* boxes, std::size_t count, double extra, Rounding rounding, Box* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box b = boxes[i];
    const double side = std::max(b.width(extra), b.height(extra));
    const double x1 = b.x1 + b.width(extra) * 0.5 - side * 0.5;
    const double y1 = b.y1 + b.height(extra) * 0.5 - side * 0.5;
    out[i] = {rounded(x1, rounding), rounded(y1, rounding), rounded(x1 + side - extra, rounding),
              rounded(y1 + side - extra, rounding)};
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

void project_landmarks(const Box* boxes, const float* points, std::size_t count, double shift,
                       float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box& b = boxes[i];
    const float* p = points + 10 * i;
    float* o = out + 10 * i;
    for (int k = 0; k < 5; ++k) {
      o[2 * k] = static_cast<float>(b.x1 + b.width() * static_cast<double>(p[k]) + shift);
      o[2 * k + 1] = static_cast<float>(b.y1 + b.height() * static_cast<double>(p[k + 5]) + shift);
    }
  }
}

}  // namespace fastmtcnn
