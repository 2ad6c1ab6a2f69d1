#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/proposals.hpp"
#include "fastmtcnn/pyramid.hpp"
#include "register.hpp"

namespace fastmtcnn::bindings {

namespace {

constexpr const char* kPyramidScalesDoc =
    "Scales of the image pyramid, descending: window / min_face_size * factor**k, as long as the\n"
    "shorter side of the level exceeds the window, or with include_window_sized_level is at least "
    "the window. With\n"
    "cumulative_scales each scale is the one before times the factor.";
constexpr const char* kLevelSizeDoc =
    "Height and width of the pyramid level at a scale: rounded up, or with past rounded down plus\n"
    "one.";
constexpr const char* kBoxesFromHeatMapDoc =
    "Boxes (n, 4), scores (n,), offsets (n, 4) and cells (n, 2: row, column) of the cells with a\n"
    "score above the threshold, or with inclusive not below it, in row-major order, from (rows,\n"
    "columns) scores and (4, rows, columns) offsets of P-Net. For a tile of a level, top and left\n"
    "are the numbers of cells above and left of it. Corners are rounded to 'round_half_even',\n"
    "'trunc', 'floor' or not ('none').";
constexpr const char* kNmsDoc =
    "Indices kept by greedy non-maximum suppression, by score descending, then by index. A box is\n"
    "dropped if its overlap with a kept one, over their 'union' or over the smaller of the two\n"
    "('min'), exceeds the threshold. With pixel_inclusive, sides of boxes are x2 - x1 + 1, else\n"
    "x2 - x1. `target`, a name in cpu_features(), chooses the code; all give the same indices.";
constexpr const char* kApplyOffsetsDoc =
    "Boxes (n, 4) with corners moved by offsets (n, 4), given in sides of the box:\n"
    "x2 - x1 + 1 with pixel_inclusive, else x2 - x1.";
constexpr const char* kSquareBoxesDoc =
    "Squares of the longer side around the same centres, rounded. With pixel_inclusive, sides are\n"
    "x2 - x1 + 1, else x2 - x1.";
constexpr const char* kCroppableIndicesDoc =
    "Indices of the boxes that are finite, not inverted, have a pixel in the image, and no side\n"
    "above longest_box().";
constexpr const char* kLongestBoxDoc =
    "Longest side in pixels of a box that can be cut from an image: 16 times its longer side,\n"
    "where one below 64 pixels counts as 64.";
constexpr const char* kClipDoc = "Clip boxes to [0, width - 1] x [0, height - 1].";
constexpr const char* kProjectLandmarksDoc =
    "Landmarks (n, 5, 2) in pixels from points (n, 10), five x then five y in sides of the box,\n"
    "moved by shift.";

// No pyramid has as many levels; one with a factor near 1 would never end.
constexpr double kMostLevels = 65536.0;

std::vector<double> py_pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                      double factor, std::int64_t window,
                                      bool include_window_sized_level, bool cumulative_scales) {
  require_dimension(height, "height");
  require_dimension(width, "width");
  require_dimension(window, "window");
  if (!(min_face_size > 0.0 && std::isfinite(min_face_size))) {
    throw py::value_error("min_face_size must be finite and above 0, got " +
                          std::to_string(min_face_size));
  }
  if (!(factor > 0.0 && factor < 1.0)) {
    throw py::value_error("factor must be between 0 and 1, got " + std::to_string(factor));
  }
  const double shorter = static_cast<double>(std::min(height, width)) / min_face_size;
  if (shorter > 1.0 && !(std::log(shorter) / -std::log(factor) <= kMostLevels)) {
    throw py::value_error("min_face_size and factor must give at most 65536 levels, got " +
                          py::repr(py::float_(min_face_size)).cast<std::string>() + " and " +
                          py::repr(py::float_(factor)).cast<std::string>());
  }
  return pyramid_scales(height, width, min_face_size, factor, window, include_window_sized_level,
                        cumulative_scales);
}

std::pair<std::int64_t, std::int64_t> py_level_size(std::int64_t height, std::int64_t width,
                                                    double scale, bool past) {
  require_dimension(height, "height");
  require_dimension(width, "width");
  require_scale(scale);
  if (static_cast<double>(std::max(height, width)) * scale >
      static_cast<double>(kLargestDimension)) {
    throw py::value_error("scale must give a level of at most 2**28 pixels a side, got " +
                          std::to_string(scale));
  }
  return level_size(height, width, scale, past);
}

py::tuple py_boxes_from_heat_map(const FloatArray& scores, const FloatArray& offsets, double scale,
                                 double threshold, std::int64_t window, std::int64_t stride,
                                 std::int64_t top, std::int64_t left, const std::string& rounding,
                                 bool float32_boxes, bool inclusive) {
  require(scores.ndim() == 2, "scores must be a (rows, columns) array", scores);
  require(offsets.ndim() == 3 && offsets.shape(0) == 4 && offsets.shape(1) == scores.shape(0) &&
              offsets.shape(2) == scores.shape(1),
          "offsets must be a (4, rows, columns) array like scores", offsets);
  require_scale(scale);
  if (top < 0 || left < 0 || top > kLargestDimension || left > kLargestDimension) {
    throw py::value_error("top and left must be at least 0 and at most 2**28, got " +
                          std::to_string(top) + " and " + std::to_string(left));
  }
  require_threshold(threshold);
  require_dimension(window, "window");
  require_dimension(stride, "stride");
  const HeatMap map{.scores = {scores.data(), static_cast<std::size_t>(scores.size())},
                    .offsets = {offsets.data(), static_cast<std::size_t>(offsets.size())},
                    .rows = scores.shape(0),
                    .cols = scores.shape(1),
                    .scale = scale,
                    .window = window,
                    .stride = stride,
                    .top = top,
                    .left = left,
                    .rounding = rounding_from(rounding),
                    .float32_boxes = float32_boxes};
  Proposals found;
  {
    py::gil_scoped_release release;
    found = boxes_from_heat_map(map, threshold, inclusive);
  }
  const auto count = static_cast<py::ssize_t>(found.boxes.size());
  DoubleArray boxes = box_array(found.boxes.size());
  std::copy(found.boxes.begin(), found.boxes.end(), boxes_in(boxes));
  return py::make_tuple(boxes, copied(found.scores, {count}), copied(found.offsets, {count, 4}),
                        copied(found.cells, {count, 2}));
}

IndexArray py_nms(const DoubleArray& boxes, const FloatArray& scores, double threshold,
                  const std::string& mode, bool pixel_inclusive,
                  const std::optional<std::string>& target) {
  const std::span<const Box> rows = boxes_of(boxes);
  require(scores.ndim() == 1 && scores.shape(0) == boxes.shape(0),
          "scores must be a (" + std::to_string(boxes.shape(0)) + ",) array", scores);
  require_threshold(threshold);
  const Overlap overlap =
      one_of<Overlap>("mode", mode, {{"union", Overlap::kUnion}, {"min", Overlap::kMin}});
  const Kernels& kernels = kernels_from(target);
  std::vector<std::int64_t> kept;
  {
    py::gil_scoped_release release;
    kept = nms(rows, {scores.data(), rows.size()}, threshold, overlap, pixel_inclusive, kernels);
  }
  return index_array(kept);
}

DoubleArray py_apply_offsets(const DoubleArray& boxes, const FloatArray& offsets,
                             bool pixel_inclusive) {
  const std::span<const Box> rows = boxes_of(boxes);
  const std::span<const float> moves = rows_of(offsets, boxes.shape(0), 4, "offsets");
  DoubleArray out = box_array(rows.size());
  Box* moved = boxes_in(out);
  {
    py::gil_scoped_release release;
    apply_offsets(rows, moves, pixel_inclusive, moved);
  }
  return out;
}

DoubleArray py_square_boxes(const DoubleArray& boxes, bool pixel_inclusive,
                            const std::string& rounding) {
  const std::span<const Box> rows = boxes_of(boxes);
  const Rounding chosen = rounding_from(rounding);
  DoubleArray out = box_array(rows.size());
  Box* squares = boxes_in(out);
  {
    py::gil_scoped_release release;
    square_boxes(rows, pixel_inclusive, chosen, squares);
  }
  return out;
}

IndexArray py_croppable_indices(const DoubleArray& boxes, std::int64_t height, std::int64_t width) {
  const std::span<const Box> rows = boxes_of(boxes);
  require_dimension(height, "height");
  require_dimension(width, "width");
  std::vector<std::int64_t> indices;
  {
    py::gil_scoped_release release;
    indices = croppable_indices(rows, height, width);
  }
  return index_array(indices);
}

double py_longest_box(std::int64_t height, std::int64_t width) {
  require_dimension(height, "height");
  require_dimension(width, "width");
  return longest_box(height, width);
}

DoubleArray py_clip(const DoubleArray& boxes, std::int64_t height, std::int64_t width) {
  const std::span<const Box> rows = boxes_of(boxes);
  require_dimension(height, "height");
  require_dimension(width, "width");
  DoubleArray out = box_array(rows.size());
  Box* clipped = boxes_in(out);
  {
    py::gil_scoped_release release;
    clip(rows, height, width, clipped);
  }
  return out;
}

FloatArray py_project_landmarks(const DoubleArray& boxes, const FloatArray& points, double shift) {
  const std::span<const Box> rows = boxes_of(boxes);
  const std::span<const float> relative = rows_of(points, boxes.shape(0), 10, "points");
  FloatArray out({boxes.shape(0), py::ssize_t{5}, py::ssize_t{2}});
  float* landmarks = out.mutable_data();
  {
    py::gil_scoped_release release;
    project_landmarks(rows, relative, shift, landmarks);
  }
  return out;
}

}  // namespace

void register_boxes(py::module_& m) {
  m.def("pyramid_scales", &py_pyramid_scales, py::arg("height"), py::arg("width"),
        py::arg("min_face_size"), py::arg("factor"), py::arg("window"),
        py::arg("include_window_sized_level") = false, py::arg("cumulative_scales") = false,
        kPyramidScalesDoc);
  m.def("level_size", &py_level_size, py::arg("height"), py::arg("width"), py::arg("scale"),
        py::arg("past") = false, kLevelSizeDoc);
  m.def("boxes_from_heat_map", &py_boxes_from_heat_map, py::arg("scores").noconvert(),
        py::arg("offsets").noconvert(), py::arg("scale"), py::arg("threshold"), py::arg("window"),
        py::arg("stride"), py::arg("top") = 0, py::arg("left") = 0,
        py::arg("rounding") = "round_half_even", py::arg("float32_boxes") = false,
        py::arg("inclusive") = false, kBoxesFromHeatMapDoc);
  m.def("nms", &py_nms, py::arg("boxes").noconvert(), py::arg("scores").noconvert(),
        py::arg("threshold"), py::arg("mode"), py::arg("pixel_inclusive").noconvert() = true,
        py::arg("target") = py::none(), kNmsDoc);
  m.def("apply_offsets", &py_apply_offsets, py::arg("boxes").noconvert(),
        py::arg("offsets").noconvert(), py::arg("pixel_inclusive").noconvert() = true,
        kApplyOffsetsDoc);
  m.def("square_boxes", &py_square_boxes, py::arg("boxes").noconvert(),
        py::arg("pixel_inclusive").noconvert() = true, py::arg("rounding") = "round_half_even",
        kSquareBoxesDoc);
  m.def("croppable_indices", &py_croppable_indices, py::arg("boxes").noconvert(), py::arg("height"),
        py::arg("width"), kCroppableIndicesDoc);
  m.def("longest_box", &py_longest_box, py::arg("height"), py::arg("width"), kLongestBoxDoc);
  m.def("clip", &py_clip, py::arg("boxes").noconvert(), py::arg("height"), py::arg("width"),
        kClipDoc);
  m.def("project_landmarks", &py_project_landmarks, py::arg("boxes").noconvert(),
        py::arg("points").noconvert(), py::arg("shift") = 0.0, kProjectLandmarksDoc);
}

}  // namespace fastmtcnn::bindings
