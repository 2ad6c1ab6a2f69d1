#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace fastmtcnn {

// Scales at which faces of min_face_size and more fill the window of the proposal network:
// window / min_face_size * factor^k while the image's shorter side stays above the window, or with
// `to_window` while it does not fall below. With `by_product` each scale is the one before times
// the factor, which rounds differently.
std::vector<double> pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                   double factor, std::int64_t window, bool to_window,
                                   bool by_product);

// Height and width of the level at that scale, rounded up, or with `past` to the whole number below
// one more.
std::pair<std::int64_t, std::int64_t> level_size(std::int64_t height, std::int64_t width,
                                                 double scale, bool past);

}  // namespace fastmtcnn
