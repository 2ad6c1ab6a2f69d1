#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "boxes/overlap.hpp"
#include "fastmtcnn/boxes.hpp"
#include "simd/kernels.hpp"

namespace fastmtcnn {

namespace {

std::vector<std::int64_t> by_score(std::span<const float> scores) {
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  // NaN sorts last. If it compared equal to everything, this would be no strict weak ordering.
  std::stable_sort(order.begin(), order.end(), [scores](std::int64_t a, std::int64_t b) {
    const float left = scores[static_cast<std::size_t>(a)];
    const float right = scores[static_cast<std::size_t>(b)];
    return left > right || (std::isnan(right) && !std::isnan(left));
  });
  return order;
}

// Compares each box that is kept with all that wait, vector by vector: quadratic, but fast.
std::vector<std::int64_t> suppress_few(const BoxColumns& columns,
                                       const std::vector<std::int64_t>& order, double threshold,
                                       Overlap mode, const Kernels& kernels) {
  // Boxes that wait are in [best, end), by score; dropped ones are removed from there.
  std::vector<std::int64_t> waiting = order;
  std::vector<std::uint8_t> drop(order.size());
  std::vector<std::int64_t> kept;
  auto end = static_cast<std::int64_t>(order.size());
  for (std::int64_t best = 0; best < end; ++best) {
    kept.push_back(waiting[static_cast<std::size_t>(best)]);
    if (kernels.overlaps(columns, best, best + 1, end, threshold, mode == Overlap::kMin,
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

// One axis of a grid over all boxes. Boxes that share a point share a cell.
struct GridAxis {
  double low;
  double cell;

  std::size_t index(double x) const noexcept {
    // Infinity gives the first or the last cell; NaN the first, as every comparison with it fails.
    const double at = (x - low) / cell;
    return at > 0.0 ? static_cast<std::size_t>(std::min(at, kCells - 1.0)) : 0;
  }

  static constexpr double kCells = 64.0;

  static GridAxis over(const double* from, const double* to, std::size_t count) noexcept {
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    for (std::size_t n = 0; n < count; ++n) {
      if (std::isfinite(from[n]) && std::isfinite(to[n])) {
        low = std::min(low, from[n]);
        high = std::max(high, to[n] + 1.0);
      }
    }
    const double extent = high - low;
    return {.low = low, .cell = extent > 0.0 && std::isfinite(extent) ? extent / kCells : 1.0};
  }
};

// Compares each box with the kept ones that share a cell with it: nearly linear.
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

std::vector<std::int64_t> nms(std::span<const Box> boxes, std::span<const float> scores,
                              double threshold, Overlap mode, bool pixel_inclusive,
                              const Kernels& kernels, std::size_t grid_count) {
  const std::vector<std::int64_t> order = by_score(scores);
  const std::size_t count = boxes.size();
  // Intersections are computed with inclusive pixels, so corners of other boxes are moved.
  const double shift = pixel_inclusive ? 0.0 : -1.0;
  std::vector<double> values(5 * count);
  const BoxColumns columns{.x1 = values.data(),
                           .y1 = values.data() + count,
                           .x2 = values.data() + 2 * count,
                           .y2 = values.data() + 3 * count,
                           .area = values.data() + 4 * count};
  for (std::size_t n = 0; n < count; ++n) {
    const Box& box = boxes[static_cast<std::size_t>(order[n])];
    columns.x1[n] = box.x1;
    columns.y1[n] = box.y1;
    columns.x2[n] = box.x2 + shift;
    columns.y2[n] = box.y2 + shift;
    columns.area[n] = box.width(pixel_inclusive) * box.height(pixel_inclusive);
  }
  return count < grid_count ? suppress_few(columns, order, threshold, mode, kernels)
                            : suppress_many(columns, order, threshold, mode);
}

}  // namespace fastmtcnn
