#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace fastmtcnn {

// Scales at which faces of min_face_size and larger fill the window of the proposal network:
// window / min_face_size * factor^k, as long as the shorter side of the level exceeds the window,
// or with `include_window_sized_level` is at least the window. With `cumulative_scales` each scale
// is the one before times the factor, which rounds differently.
std::vector<double> pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                   double factor, std::int64_t window,
                                   bool include_window_sized_level, bool cumulative_scales);

// Height and width of the level at that scale: rounded up, or with `past` rounded down plus one.
std::pair<std::int64_t, std::int64_t> level_size(std::int64_t height, std::int64_t width,
                                                 double scale, bool past) noexcept;

}  // namespace fastmtcnn
