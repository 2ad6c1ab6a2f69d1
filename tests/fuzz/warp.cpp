// Similarity transforms of points, and images under transforms.
#include <algorithm>
#include <cmath>
#include <vector>

#include "fastmtcnn/align.hpp"
#include "input.hpp"
#include "kernels.hpp"
#include "picture.hpp"

namespace fastmtcnn::fuzz {

namespace {

// Twice the sum of squared distances cannot fall by a small turn, a small scale or a small shift.
void check_fit(Input& input) {
  std::vector<Point> points;
  std::vector<Point> targets;
  for (std::int64_t n = input.between(1, 6); n > 0; --n) {
    points.push_back({input.coordinate(), input.coordinate()});
    targets.push_back({input.coordinate(), input.coordinate()});
  }
  const Affine fit = fit_similarity(points, targets);
  double largest = 1.0;
  for (std::size_t n = 0; n < points.size(); ++n) {
    for (const double value : {points[n].x, points[n].y, targets[n].x, targets[n].y}) {
      largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : INFINITY;
    }
  }
  if (largest > 1e4) {
    return;  // without exactness there is nothing to compare
  }
  CHECK(fit.xx == fit.yy && fit.xy == -fit.yx);
  const auto distance = [&](const Affine& map) {
    double sum = 0.0;
    for (std::size_t n = 0; n < points.size(); ++n) {
      const double x = map.xx * points[n].x + map.xy * points[n].y + map.x0 - targets[n].x;
      const double y = map.yx * points[n].x + map.yy * points[n].y + map.y0 - targets[n].y;
      sum += x * x + y * y;
    }
    return sum;
  };
  const double best = distance(fit);
  const double slack = 1e-9 * largest * largest * static_cast<double>(points.size());
  for (const double step : {-1e-3, 1e-3}) {
    const Affine others[] = {
        {fit.xx + step, fit.xy, fit.x0, fit.yx, fit.yy + step, fit.y0},
        {fit.xx, fit.xy - step, fit.x0, fit.yx + step, fit.yy, fit.y0},
        {fit.xx, fit.xy, fit.x0 + step, fit.yx, fit.yy, fit.y0},
        {fit.xx, fit.xy, fit.x0, fit.yx, fit.yy, fit.y0 + step},
    };
    for (const Affine& other : others) {
      CHECK(distance(other) >= best - slack);
    }
  }
}

std::vector<std::uint8_t> warped(const ImageView& image, const Warp& how, const Kernels& kernels) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(3 * how.height * how.width));
  warp(image, how, kernels, out.data());
  return out;
}

std::int64_t reflected(std::int64_t index, std::int64_t size) {
  while (index < 0 || index >= size) {
    index = size == 1 ? 0 : index < 0 ? -index : 2 * (size - 1) - index;
  }
  return index;
}

// By the definition, in float64 and without rounding, of one sample a pixel.
double exact(const Picture& picture, const Warp& how, double x, double y, std::size_t channel) {
  const auto left = static_cast<std::int64_t>(std::floor(x));
  const auto top = static_cast<std::int64_t>(std::floor(y));
  const ImageView& image = picture.view();
  double sum = 0.0;
  for (std::int64_t k = 0; k < 4; ++k) {
    std::int64_t u = left + k % 2;
    std::int64_t v = top + k / 2;
    const double weight =
        (k % 2 == 0 ? static_cast<double>(left) + 1.0 - x : x - static_cast<double>(left)) *
        (k / 2 == 0 ? static_cast<double>(top) + 1.0 - y : y - static_cast<double>(top));
    const bool inside = u >= 0 && v >= 0 && u < image.width && v < image.height;
    if (how.border == Border::kConstant && !inside) {
      sum += weight * how.fill[channel];
      continue;
    }
    if (how.border == Border::kReplicate) {
      u = std::clamp<std::int64_t>(u, 0, image.width - 1);
      v = std::clamp<std::int64_t>(v, 0, image.height - 1);
    } else {
      u = reflected(u, image.width);
      v = reflected(v, image.height);
    }
    sum += weight * picture.at(v, u, channel);
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  if (input.between(0, 3) == 0) {
    check_fit(input);
    return 0;
  }
  Warp how{};
  how.height = input.between(1, 20);
  how.width = input.between(1, 20);
  how.border = static_cast<Border>(input.between(0, 2));
  for (std::uint8_t& channel : how.fill) {
    channel = input.take<std::uint8_t>();
  }
  const bool is_wild = input.between(0, 7) == 0;
  double* const numbers[] = {&how.to_image.xx, &how.to_image.xy, &how.to_image.x0,
                             &how.to_image.yx, &how.to_image.yy, &how.to_image.y0};
  for (double* number : numbers) {
    const double any = input.coordinate();
    *number = std::isfinite(any) ? (is_wild ? any : std::remainder(any / 16.0, 32.0)) : 0.5;
  }
  how.samples = input.flag() ? 1 : samples_to_cover(how.to_image);
  CHECK(how.samples >= 1 && how.samples <= 16);
  const Picture picture(input);
  const ImageView image = picture.packed();

  const std::vector<std::uint8_t> got = warped(image, how, scalar_target());
  for (const Kernels* kernels : all_targets()) {
    CHECK(warped(image, how, *kernels) == got);
  }
  const auto darkest =
      std::min<double>(picture.darkest(), *std::min_element(how.fill, how.fill + 3));
  const auto brightest =
      std::max<double>(picture.brightest(), *std::max_element(how.fill, how.fill + 3));
  for (std::size_t n = 0; n < got.size(); ++n) {
    CHECK(got[n] >= darkest && got[n] <= brightest);
    if (how.samples == 1 && !is_wild) {
      const auto column = static_cast<double>(static_cast<std::int64_t>(n) / 3 % how.width);
      const auto row = static_cast<double>(static_cast<std::int64_t>(n) / 3 / how.width);
      const Affine& map = how.to_image;
      const double wanted = exact(picture, how, map.xx * column + map.xy * row + map.x0,
                                  map.yx * column + map.yy * row + map.y0, n % 3);
      CHECK(std::abs(got[n] - wanted) < 0.6);
    }
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
