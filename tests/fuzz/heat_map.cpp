// Boxes of the cells of a heat map.
#include <cmath>
#include <vector>

#include "fastmtcnn/proposals.hpp"
#include "input.hpp"

namespace fastmtcnn::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::int64_t rows = input.between(0, 12);
  const std::int64_t cols = input.between(0, 40);
  const double threshold = input.flag() ? input.fraction() : (input.flag() ? 1.0 : 0.0);
  const bool inclusive = input.flag();
  const double any_scale = std::abs(input.coordinate());
  const double scale = any_scale > 0.0 && std::isfinite(any_scale) ? any_scale : 0.6;
  HeatMap map{};
  map.rows = rows;
  map.cols = cols;
  map.scale = scale;
  map.window = input.between(1, 300);
  map.stride = input.between(1, 300);
  map.top = input.between(0, 60000);
  map.left = input.between(0, 60000);
  map.rounding = static_cast<Rounding>(input.between(0, 3));
  map.float32_boxes = input.flag();
  const auto cells = static_cast<std::size_t>(rows * cols);
  // Of just their size, so that a look beyond them is seen.
  std::vector<float> scores(cells);
  std::vector<float> offsets(4 * cells);
  for (std::size_t n = 0; n < cells; ++n) {
    scores[n] = input.left() > 0 ? input.score() : 0.0F;
  }
  for (std::size_t n = 0; n < offsets.size(); ++n) {
    offsets[n] = static_cast<float>(n);
  }
  map.scores = scores;
  map.offsets = offsets;
  const Proposals found = boxes_from_heat_map(map, threshold, inclusive);

  std::size_t next = 0;
  for (std::size_t n = 0; n < cells; ++n) {
    const auto score = static_cast<double>(scores[n]);
    if (!(score > threshold || (inclusive && score == threshold))) {
      continue;
    }
    CHECK(next < found.boxes.size());
    CHECK(found.scores.at(next) == scores[n]);
    const auto cell = static_cast<std::int64_t>(n);
    const std::int64_t row = map.top + cell / cols;
    const std::int64_t column = map.left + cell % cols;
    CHECK(found.cells.at(2 * next) == row && found.cells.at(2 * next + 1) == column);
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(found.offsets.at(4 * next + k) == offsets[k * cells + n]);
    }
    const Box& box = found.boxes[next];
    const double x = static_cast<double>(map.stride * column + 1) / scale;
    const double bottom = static_cast<double>(map.stride * row + 1 + map.window) / scale;
    const double most = map.rounding == Rounding::kNone ? 1e-9 : 1.0;
    const double relative = map.float32_boxes ? 1e-6 : 1e-12;
    if (std::abs(bottom) < 1e30 && std::abs(x) < 1e30) {
      CHECK(std::abs(box.x1 - x) <= most + relative * x);
      CHECK(std::abs(box.y2 - bottom) <= most + relative * bottom);
    }
    CHECK(!(box.x2 < box.x1) && !(box.y2 < box.y1));
    ++next;
  }
  CHECK(next == found.boxes.size() && next == found.scores.size());
  CHECK(found.offsets.size() == 4 * next && found.cells.size() == 2 * next);
  return 0;
}

}  // namespace fastmtcnn::fuzz
