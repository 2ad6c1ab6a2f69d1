// Non-maximum suppression: against its definition, on every processor's kernels, box by box and on
// the grid.
#include <algorithm>
#include <cmath>
#include <vector>

#include "fastmtcnn/boxes.hpp"
#include "input.hpp"
#include "kernels.hpp"

namespace fastmtcnn::fuzz {

namespace {

bool before(const std::vector<float>& scores, std::int64_t a, std::int64_t b) {
  const float left = scores[static_cast<std::size_t>(a)];
  const float right = scores[static_cast<std::size_t>(b)];
  if (std::isnan(left) || std::isnan(right)) {
    return std::isnan(left) == std::isnan(right) ? a < b : std::isnan(right);
  }
  return left == right ? a < b : left > right;
}

bool overlap(const Box& a, const Box& b, double threshold, Overlap mode, bool pixel_inclusive) {
  const double extra = pixel_inclusive ? 1.0 : 0.0;
  // Sides with 1 as the extra after moving the corner: that is how the core rounds.
  const auto right = std::min(a.x2 + (extra - 1.0), b.x2 + (extra - 1.0));
  const auto bottom = std::min(a.y2 + (extra - 1.0), b.y2 + (extra - 1.0));
  const double width = right - std::max(a.x1, b.x1) + 1.0;
  const double height = bottom - std::max(a.y1, b.y1) + 1.0;
  const double areas[2] = {a.width(pixel_inclusive) * a.height(pixel_inclusive),
                           b.width(pixel_inclusive) * b.height(pixel_inclusive)};
  if (std::isnan(areas[0]) || std::isnan(areas[1]) || !(width > 0.0) || !(height > 0.0)) {
    return false;
  }
  const double both = width * height;
  const double whole =
      mode == Overlap::kMin ? std::min(areas[0], areas[1]) : areas[0] + areas[1] - both;
  return both / whole > threshold;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const double threshold = input.fraction();
  const Overlap mode = input.flag() ? Overlap::kMin : Overlap::kUnion;
  const bool pixel_inclusive = input.flag();
  const std::int64_t grid = input.between(0, 255);
  const bool on_grid = grid < 32;
  std::vector<Box> boxes;
  std::vector<float> scores;
  while (input.left() > 0 && boxes.size() < 40) {
    const double x = input.coordinate();
    const double y = input.coordinate();
    const Box box{x, y, input.coordinate(), input.coordinate()};
    const bool corner = input.flag();
    boxes.push_back(corner ? box : Box{x, y, x + box.x2, y + box.y2});
    scores.push_back(input.score());
  }
  if (on_grid && grid > 0) {
    // Far away, so that the others take up few cells each, which is faster.
    for (const double far : {-600.0, 600.0}) {
      boxes.push_back({far, far, far + 1.0, far + 1.0});
      scores.push_back(1.0F);
    }
  }
  const auto suppress = [&](const Kernels& kernels, std::size_t grid_count) {
    return nms(boxes, scores, threshold, mode, pixel_inclusive, kernels, grid_count);
  };
  const std::vector<std::int64_t> kept = suppress(scalar_target(), boxes.size() + 1);
  for (const Kernels* kernels : all_targets()) {
    CHECK(suppress(*kernels, boxes.size() + 1) == kept);
  }
  if (on_grid) {
    CHECK(suppress(scalar_target(), 0) == kept);
  }

  const auto at = [&](std::int64_t index) -> const Box& {
    return boxes.at(static_cast<std::size_t>(index));
  };
  for (std::size_t n = 0; n < kept.size(); ++n) {
    CHECK(n == 0 || before(scores, kept[n - 1], kept[n]));
    for (std::size_t other = 0; other < n; ++other) {
      CHECK(!overlap(at(kept[other]), at(kept[n]), threshold, mode, pixel_inclusive));
    }
  }
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(boxes.size()); ++n) {
    const bool is_kept = std::find(kept.begin(), kept.end(), n) != kept.end();
    CHECK(is_kept || std::any_of(kept.begin(), kept.end(), [&](std::int64_t other) {
            return before(scores, other, n) &&
                   overlap(at(other), at(n), threshold, mode, pixel_inclusive);
          }));
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
