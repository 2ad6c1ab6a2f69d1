#include "fastmtcnn/pyramid.hpp"

#include <algorithm>
#include <cmath>

namespace fastmtcnn {

std::vector<double> pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                   double factor, std::int64_t window) {
  const double first = static_cast<double>(window) / min_face_size;
  double side = static_cast<double>(std::min(height, width)) * first;
  std::vector<double> scales;
  while (side > static_cast<double>(window)) {
    scales.push_back(first * std::pow(factor, static_cast<double>(scales.size())));
    side *= factor;
  }
  return scales;
}

std::pair<std::int64_t, std::int64_t> level_size(std::int64_t height, std::int64_t width,
                                                 double scale) {
  return {static_cast<std::int64_t>(std::ceil(static_cast<double>(height) * scale)),
          static_cast<std::int64_t>(std::ceil(static_cast<double>(width) * scale))};
}

}  // namespace fastmtcnn
