// Scales and sizes of the pyramid's levels.
#include "fastmtcnn/pyramid.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "input.hpp"

namespace fastmtcnn::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto side = [&input] {
    // Up to 2^28, evenly over the powers of two.
    return std::int64_t{1} + (input.take<std::uint32_t>() >> input.between(4, 31));
  };
  const std::int64_t height = side();
  const std::int64_t width = side();
  const std::int64_t window = input.flag() ? 12 : side();
  // Often the level of the whole image is just the window.
  const double min_face_size = input.between(0, 3) == 0
                                   ? static_cast<double>(std::min(height, width))
                                   : 0.01 + input.fraction() * (input.flag() ? 100.0 : 1e6);
  const double factor = 0.02 + 0.97 * input.fraction();
  const bool include_window_sized_level = input.flag();
  const bool cumulative_scales = input.flag();
  const bool past = input.flag();

  const std::vector<double> scales = pyramid_scales(height, width, min_face_size, factor, window,
                                                    include_window_sized_level, cumulative_scales);
  const double first = static_cast<double>(window) / min_face_size;
  const auto shorter = static_cast<double>(std::min(height, width));
  const auto least = static_cast<double>(window);
  if (shorter * first == least) {
    CHECK(scales.size() == (include_window_sized_level ? 1 : 0));
  }
  for (std::size_t k = 0; k < scales.size(); ++k) {
    const double expected = first * std::pow(factor, static_cast<double>(k));
    CHECK(std::abs(scales[k] - expected) <= 1e-9 * expected);
    CHECK(k == 0 || scales[k] < scales[k - 1]);
    CHECK(shorter * scales[k] >= least * (1.0 - 1e-9));
    if (scales[k] * static_cast<double>(std::max(height, width)) < 1e15) {
      const auto [rows, columns] = level_size(height, width, scales[k], past);
      const double more = past ? 1.0 : 0.0;
      CHECK(rows >= 1 && columns >= 1);
      CHECK(std::abs(static_cast<double>(rows) - static_cast<double>(height) * scales[k] - more) <=
            1.0);
      CHECK((rows <= columns) == (height <= width) || rows == columns);
    }
  }
  // There is no room for another level.
  const auto levels = static_cast<double>(scales.size());
  CHECK(shorter * first * std::pow(factor, levels) <= least * (1.0 + 1e-9));
  return 0;
}

}  // namespace fastmtcnn::fuzz
