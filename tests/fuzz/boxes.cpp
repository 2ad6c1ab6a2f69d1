// What is computed for each box on its own.
#include "fastmtcnn/boxes.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "input.hpp"

namespace fastmtcnn::fuzz {

namespace {

bool is_finite(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
         std::isfinite(box.y2);
}

bool is_small(const Box& box) {
  const auto small = [](double value) { return std::abs(value) < 1e6; };
  return small(box.x1) && small(box.y1) && small(box.x2) && small(box.y2);
}

bool near(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_square(const Box& box, const Box& square, bool pixel_inclusive, Rounding rounding) {
  if (!is_small(box)) {
    return;
  }
  const double side = std::max(box.width(pixel_inclusive), box.height(pixel_inclusive));
  // Two corners may be rounded towards each other.
  const double most = rounding == Rounding::kNone ? 1e-6 : 2.0;
  CHECK(near(square.width(pixel_inclusive), side, most) &&
        near(square.height(pixel_inclusive), side, most));
  CHECK(near(square.x1 + square.x2, box.x1 + box.x2, most));
  CHECK(near(square.y1 + square.y2, box.y1 + box.y2, most));
  if (rounding != Rounding::kNone) {
    for (const double corner : {square.x1, square.y1, square.x2, square.y2}) {
      CHECK(corner == std::trunc(corner));
    }
  }
}

void check_clipped(const Box& box, const Box& clipped, std::int64_t height, std::int64_t width) {
  const auto check = [](double value, double got, std::int64_t side) {
    const auto last = static_cast<double>(side - 1);
    if (!std::isnan(value)) {
      CHECK(got >= 0.0 && got <= last);
      CHECK(got == (value < 0.0 ? 0.0 : value > last ? last : value));
    }
  };
  check(box.x1, clipped.x1, width);
  check(box.x2, clipped.x2, width);
  check(box.y1, clipped.y1, height);
  check(box.y2, clipped.y2, height);
}

bool can_be_cut(const Box& box, std::int64_t height, std::int64_t width) {
  const double most = 16.0 * static_cast<double>(std::max({height, width, std::int64_t{64}}));
  return is_finite(box) && box.x1 <= box.x2 && box.y1 <= box.y2 && box.width() <= most &&
         box.height() <= most && box.x2 >= 0.0 && box.y2 >= 0.0 &&
         box.x1 <= static_cast<double>(width - 1) && box.y1 <= static_cast<double>(height - 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool pixel_inclusive = input.flag();
  const double extra = pixel_inclusive ? 1.0 : 0.0;
  const auto rounding = static_cast<Rounding>(input.between(0, 3));
  const std::int64_t height = input.between(1, 200);
  const std::int64_t width = input.between(1, 200);
  const double shift = input.coordinate();
  std::vector<Box> boxes;
  std::vector<float> offsets;
  std::vector<float> points;
  while (input.left() > 0 && boxes.size() < 16) {
    boxes.push_back(
        {input.coordinate(), input.coordinate(), input.coordinate(), input.coordinate()});
    for (int k = 0; k < 4; ++k) {
      offsets.push_back(input.score());
    }
    for (int k = 0; k < 10; ++k) {
      points.push_back(input.score());
    }
  }
  const std::size_t count = boxes.size();

  std::vector<Box> moved(count);
  apply_offsets(boxes, offsets, pixel_inclusive, moved.data());
  std::vector<Box> squares(count);
  square_boxes(boxes, pixel_inclusive, rounding, squares.data());
  std::vector<Box> clipped(count);
  clip(boxes, height, width, clipped.data());
  std::vector<float> landmarks(10 * count);
  project_landmarks(boxes, points, shift, landmarks.data());
  const std::vector<std::int64_t> usable = croppable_indices(boxes, height, width);

  CHECK(std::is_sorted(usable.begin(), usable.end()));
  for (std::size_t n = 0; n < count; ++n) {
    const Box& box = boxes[n];
    check_square(box, squares[n], pixel_inclusive, rounding);
    check_clipped(box, clipped[n], height, width);
    const bool found =
        std::find(usable.begin(), usable.end(), static_cast<std::int64_t>(n)) != usable.end();
    CHECK(found == can_be_cut(box, height, width));
    const float* by = offsets.data() + 4 * n;
    CHECK(equal(moved[n].x1, box.x1 + (box.x2 - box.x1 + extra) * static_cast<double>(by[0])));
    CHECK(equal(moved[n].y2, box.y2 + (box.y2 - box.y1 + extra) * static_cast<double>(by[3])));
    // A landmark given by 0 to 1 lies in its box.
    for (std::size_t k = 0; k < 5 && is_small(box) && std::abs(shift) < 1e6; ++k) {
      const float x = points[10 * n + k];
      if (x >= 0.0F && x <= 1.0F && box.x2 >= box.x1) {
        const double at = static_cast<double>(landmarks[10 * n + 2 * k]) - shift;
        CHECK(at >= box.x1 - 0.5 && at <= box.x2 + 1.5);
      }
    }
  }

  // In place, as callers may have it.
  clip(boxes, height, width, boxes.data());
  for (std::size_t n = 0; n < count; ++n) {
    CHECK(equal(boxes[n].x1, clipped[n].x1) && equal(boxes[n].y2, clipped[n].y2));
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
