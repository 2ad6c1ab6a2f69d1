#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace fastmtcnn {

// Scales at which faces of min_face_size and more fill the window of the proposal network:
// window / min_face_size * factor^k while the image's shorter side stays above the window.
std::vector<double> pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                   double factor, std::int64_t window);

// Height and width of the level at that scale, rounded up.
std::pair<std::int64_t, std::int64_t> level_size(std::int64_t height, std::int64_t width,
                                                 double scale);

}  // namespace fastmtcnn
