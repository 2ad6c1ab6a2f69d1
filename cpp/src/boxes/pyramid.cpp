#include "fastmtcnn/pyramid.hpp"

#include <algorithm>
#include <cmath>

namespace fastmtcnn {

std::vector<double> pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                   double factor, std::int64_t window,
                                   bool include_window_sized_level, bool cumulative_scales) {
  const double first = static_cast<double>(window) / min_face_size;
  const auto least = static_cast<double>(window);
  double side = static_cast<double>(std::min(height, width)) * first;
  double product = first;
  std::vector<double> scales;
  while (side > least || (include_window_sized_level && side == least)) {
    const auto k = static_cast<double>(scales.size());
    scales.push_back(cumulative_scales ? product : first * std::pow(factor, k));
    product *= factor;
    side *= factor;
  }
  return scales;
}

std::pair<std::int64_t, std::int64_t> level_size(std::int64_t height, std::int64_t width,
                                                 double scale, bool past) noexcept {
  const auto size = [scale, past](std::int64_t side) noexcept {
    const double exact = static_cast<double>(side) * scale;
    return static_cast<std::int64_t>(past ? std::floor(exact + 1.0) : std::ceil(exact));
  };
  return {size(height), size(width)};
}

}  // namespace fastmtcnn
