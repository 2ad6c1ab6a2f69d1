#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fastmtcnn/align.hpp"
#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/cpu.hpp"
#include "fastmtcnn/image.hpp"
#include "fastmtcnn/peak.hpp"
#include "fastmtcnn/proposals.hpp"
#include "fastmtcnn/pyramid.hpp"
#include "fastmtcnn/resample.hpp"

namespace py = pybind11;
using namespace fastmtcnn;

namespace {

// Arguments are taken as they are (see noconvert below): a conversion would turn a 0..1 float
// image into black without a word. The Python layer converts what may be converted.
using ImageArray = py::array_t<std::uint8_t, 0>;
using PlaneArray = py::array_t<float, py::array::c_style>;
using BoxArray = py::array_t<double, py::array::c_style>;
using IndexArray = py::array_t<std::int64_t>;

constexpr const char* kPyramidScalesDoc =
    "Scales of the image pyramid, descending: window / min_face_size * factor**k while the\n"
    "scaled shorter side exceeds the window, or with to_window while it does not fall below; with\n"
    "by_product each is the one before times the factor.";
constexpr const char* kLevelSizeDoc =
    "Height and width of the pyramid level at a scale: rounded up, or with past to the whole\n"
    "number below one more.";
constexpr const char* kSourceDoc =
    "An RGB image in the order in which resampling reads it, to be shared by all calls that\n"
    "resample it: as Pillow's 'bilinear', OpenCV's INTER_AREA ('area') or torch's 'adaptive'\n"
    "average. Keeps a reference to the array, which must not change meanwhile.";
constexpr const char* kResampleDoc =
    "Resample to float32 values (p - 127.5) / 128 of shape (3, height, width), or to a tile\n"
    "(top, left, height, width) of that. 'bilinear' and 'area' round to 8 bits before.";
constexpr const char* kBoxesFromHeatMapDoc =
    "Boxes, scores, offsets and (row, column) of the cells of a P-Net heat map whose score "
    "exceeds\n"
    "the threshold, row-major."
    " For a tile of a level, top and left count the cells of the level before it.\n"
    "Corners are rounded to 'nearest', 'towards zero', 'down' or not ('none'). With inclusive the\n"
    "threshold itself is enough.";
constexpr const char* kNmsDoc =
    "Indices kept by greedy non-maximum suppression, by score descending, ties by index. Sides\n"
    "of boxes are x2 - x1 + extra.";
constexpr const char* kCalibrateDoc =
    "Move box corners by offsets in units of the box's sides, x2 - x1 + extra.";
constexpr const char* kRec2SquareDoc =
    "Squares of the longer side, x2 - x1 + extra, around the same centres, rounded.";
constexpr const char* kCroppableDoc =
    "Indices of the boxes that are finite, not inverted, not absurdly large, and meet the image.";
constexpr const char* kCropDoc =
    "Cut whole-numbered boxes (black outside the image) and resample each to\n"
    "(3, size, size) float32 values (p - 127.5) / 128. Only 'bilinear' rounds to 8 bits before.";
constexpr const char* kClipDoc = "Clip boxes to [0, width - 1] x [0, height - 1].";
constexpr const char* kProjectLandmarksDoc =
    "Landmarks in pixels from five x and five y in units of the box's sides, moved by shift.";
constexpr const char* kFitSimilaritiesDoc =
    "For each set of points, the (2, 3) similarity transform that brings them nearest to the\n"
    "targets by least squares (Umeyama 1991).";
constexpr const char* kWarpDoc =
    "An image under each (2, 3) transform from its pixel centres to those of a (height, width, 3)\n"
    "output, bilinear. Outside it: 'constant' (the fill colour), 'replicate' or 'reflect'. With\n"
    "antialias, where it shrinks, means of several samples a pixel.";
constexpr const char* kPeakDoc =
    "float32 multiply-adds a second that one thread reaches, measured for that long.";
constexpr const char* kCpuFeaturesDoc =
    "Code paths that this processor runs, fastest first, less those in FASTMTCNN_DISABLE.";
constexpr const char* kHasAvx512fDoc =
    "Whether the processor has AVX-512 enough for onnxruntime, whatever is disabled here.";

std::string shape_of(const py::array& array) {
  return py::str(array.attr("shape")).cast<std::string>();
}

void require(bool condition, const std::string& wanted, const py::array& got) {
  if (!condition) {
    throw py::value_error(wanted + ", got shape " + shape_of(got));
  }
}

// Products of two sizes and a pixel size cannot overflow.
constexpr std::int64_t kLargestSide = std::int64_t{1} << 28;

// No pyramid has as many; one of a factor that is nearly 1 would never end.
constexpr double kMostLevels = 65536.0;

void require_positive(std::int64_t value, const char* name) {
  if (value < 1 || value > kLargestSide) {
    throw py::value_error(std::string(name) + " must be between 1 and 2**28, got " +
                          std::to_string(value));
  }
}

void require_side(std::int64_t value, const char* name) {
  if (value < 1 || value > 4096) {
    throw py::value_error(std::string(name) + " must be between 1 and 4096, got " +
                          std::to_string(value));
  }
}

void require_threshold(double value) {
  if (!(value >= 0.0 && value <= 1.0)) {
    throw py::value_error("threshold must be between 0 and 1, got " + std::to_string(value));
  }
}

void require_scale(double value) {
  if (!(value > 0.0 && std::isfinite(value))) {
    throw py::value_error("scale must be finite and above 0, got " + std::to_string(value));
  }
}

template <typename Value>
Value one_of(const char* what, const std::string& name,
             std::initializer_list<std::pair<const char*, Value>> values) {
  std::string wanted;
  for (const auto& [valid, value] : values) {
    if (name == valid) {
      return value;
    }
    wanted += std::string(wanted.empty() ? "'" : ", '") + valid + "'";
  }
  throw py::value_error(std::string(what) + " must be one of " + wanted + ", got '" + name + "'");
}

Rounding rounding_of(const std::string& name) {
  return one_of<Rounding>("rounding", name,
                          {{"nearest", Rounding::kNearest},
                           {"towards zero", Rounding::kTowardsZero},
                           {"down", Rounding::kDown},
                           {"none", Rounding::kNone}});
}

void require_extra(double extra) {
  if (extra != 0.0 && extra != 1.0) {
    throw py::value_error("extra must be 0 or 1, got " + std::to_string(extra));
  }
}

ImageView view_of(const ImageArray& image) {
  require(image.ndim() == 3 && image.shape(2) == 3 && image.size() > 0,
          "image must be a (height, width, 3) array with at least one pixel", image);
  require_positive(image.shape(0), "image height");
  require_positive(image.shape(1), "image width");
  const bool packed = image.strides(2) == 1 && (image.strides(1) == 3 || image.shape(1) == 1);
  if (!packed) {
    throw py::value_error("image rows must hold packed RGB pixels, got strides " +
                          py::str(image.attr("strides")).cast<std::string>());
  }
  return {image.data(), image.shape(0), image.shape(1), image.strides(0), 3};
}

const Box* boxes_of(const BoxArray& boxes) {
  require(boxes.ndim() == 2 && boxes.shape(1) == 4, "boxes must be an (n, 4) array", boxes);
  return reinterpret_cast<const Box*>(boxes.data());
}

std::size_t count_of(const BoxArray& boxes) { return static_cast<std::size_t>(boxes.shape(0)); }

template <typename Array>
const float* rows_of(const Array& array, py::ssize_t rows, py::ssize_t columns, const char* name) {
  require(array.ndim() == 2 && array.shape(0) == rows && array.shape(1) == columns,
          std::string(name) + " must be a (" + std::to_string(rows) + ", " +
              std::to_string(columns) + ") array",
          array);
  return array.data();
}

BoxArray box_array(std::size_t count) {
  return BoxArray({static_cast<py::ssize_t>(count), py::ssize_t{4}});
}

Box* boxes_in(BoxArray& boxes) { return reinterpret_cast<Box*>(boxes.mutable_data()); }

template <typename T>
py::array_t<T> copied(const std::vector<T>& values, std::vector<py::ssize_t> shape) {
  py::array_t<T> array(std::move(shape));
  if (!values.empty()) {
    std::memcpy(array.mutable_data(), values.data(), values.size() * sizeof(T));
  }
  return array;
}

IndexArray index_array(const std::vector<std::int64_t>& indices) {
  return copied(indices, {static_cast<py::ssize_t>(indices.size())});
}

std::vector<double> py_pyramid_scales(std::int64_t height, std::int64_t width, double min_face_size,
                                      double factor, std::int64_t window, bool to_window,
                                      bool by_product) {
  require_positive(height, "height");
  require_positive(width, "width");
  require_positive(window, "window");
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
  return pyramid_scales(height, width, min_face_size, factor, window, to_window, by_product);
}

// A Source together with the array whose pixels it refers to.
class PySource {
 public:
  PySource(ImageArray image, const std::string& resampling) : image_(std::move(image)) {
    const ImageView view = view_of(image_);
    const Resampling chosen = one_of<Resampling>("resampling", resampling,
                                                 {{"bilinear", Resampling::kBilinear},
                                                  {"area", Resampling::kArea},
                                                  {"adaptive", Resampling::kAdaptive}});
    // Pure C++ on memory that `image_` keeps alive.
    py::gil_scoped_release release;
    source_ = std::make_unique<Source>(view, chosen);
  }
  const Source& get() const {
    if (source_ == nullptr) {
      throw py::type_error("Source.__init__() was not called");
    }
    return *source_;
  }

  // What Source.__new__() alone makes has memory from here, on which no constructor was called.
  static void* operator new(std::size_t size) { return std::memset(::operator new(size), 0, size); }
  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  ImageArray image_;
  std::unique_ptr<Source> source_;
};

std::pair<std::int64_t, std::int64_t> py_level_size(std::int64_t height, std::int64_t width,
                                                    double scale, bool past) {
  require_positive(height, "height");
  require_positive(width, "width");
  require_scale(scale);
  if (static_cast<double>(std::max(height, width)) * scale > static_cast<double>(kLargestSide)) {
    throw py::value_error("scale must give a level of at most 2**28 pixels a side, got " +
                          std::to_string(scale));
  }
  return level_size(height, width, scale, past);
}

PlaneArray py_resample(const PySource& source, std::int64_t height, std::int64_t width,
                       const std::optional<std::array<std::int64_t, 4>>& tile) {
  require_positive(height, "height");
  require_positive(width, "width");
  const auto [top, left, rows, columns] =
      tile.value_or(std::array<std::int64_t, 4>{0, 0, height, width});
  if (top < 0 || left < 0 || rows < 1 || columns < 1 || rows > height - top ||
      columns > width - left) {
    throw py::value_error("tile must be (top, left, height, width) inside the level of " +
                          std::to_string(height) + "x" + std::to_string(width) + ", got (" +
                          std::to_string(top) + ", " + std::to_string(left) + ", " +
                          std::to_string(rows) + ", " + std::to_string(columns) + ")");
  }
  PlaneArray out(
      {py::ssize_t{3}, static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(columns)});
  float* values = out.mutable_data();
  const Tile part{top, left, rows, columns};
  {
    py::gil_scoped_release release;
    resample(source.get(), height, width, part, values);
  }
  return out;
}

py::tuple py_boxes_from_heat_map(const PlaneArray& scores, const PlaneArray& offsets, double scale,
                                 double threshold, std::int64_t window, std::int64_t stride,
                                 std::int64_t top, std::int64_t left, const std::string& rounding,
                                 bool in_single, bool inclusive) {
  require(scores.ndim() == 2, "scores must be a (rows, columns) array", scores);
  require(offsets.ndim() == 3 && offsets.shape(0) == 4 && offsets.shape(1) == scores.shape(0) &&
              offsets.shape(2) == scores.shape(1),
          "offsets must be a (4, rows, columns) array like scores", offsets);
  require_scale(scale);
  if (top < 0 || left < 0 || top > kLargestSide || left > kLargestSide) {
    throw py::value_error("top and left must be at least 0 and at most 2**28, got " +
                          std::to_string(top) + " and " + std::to_string(left));
  }
  require_threshold(threshold);
  require_positive(window, "window");
  require_positive(stride, "stride");
  const HeatMap map{
      scores.data(), offsets.data(), scores.shape(0),       scores.shape(1), scale, window, stride,
      top,           left,           rounding_of(rounding), in_single};
  Proposals found;
  {
    py::gil_scoped_release release;
    found = boxes_from_heat_map(map, threshold, inclusive);
  }
  const auto count = static_cast<py::ssize_t>(found.boxes.size());
  BoxArray boxes = box_array(found.boxes.size());
  std::copy(found.boxes.begin(), found.boxes.end(), boxes_in(boxes));
  return py::make_tuple(boxes, copied(found.scores, {count}), copied(found.offsets, {count, 4}),
                        copied(found.cells, {count, 2}));
}

IndexArray py_nms(const BoxArray& boxes, const PlaneArray& scores, double threshold,
                  const std::string& mode, double extra) {
  const Box* rows = boxes_of(boxes);
  require(scores.ndim() == 1 && scores.shape(0) == boxes.shape(0),
          "scores must be a (" + std::to_string(boxes.shape(0)) + ",) array", scores);
  require_threshold(threshold);
  require_extra(extra);
  const Overlap overlap =
      one_of<Overlap>("mode", mode, {{"union", Overlap::kUnion}, {"min", Overlap::kMin}});
  std::vector<std::int64_t> kept;
  {
    py::gil_scoped_release release;
    kept = nms(rows, scores.data(), count_of(boxes), threshold, overlap, extra);
  }
  return index_array(kept);
}

BoxArray py_calibrate(const BoxArray& boxes, const PlaneArray& offsets, double extra) {
  const Box* rows = boxes_of(boxes);
  require_extra(extra);
  const float* moves = rows_of(offsets, boxes.shape(0), 4, "offsets");
  BoxArray out = box_array(count_of(boxes));
  Box* moved = boxes_in(out);
  {
    py::gil_scoped_release release;
    calibrate(rows, moves, count_of(boxes), extra, moved);
  }
  return out;
}

BoxArray py_rec2square(const BoxArray& boxes, double extra, const std::string& rounding) {
  const Box* rows = boxes_of(boxes);
  require_extra(extra);
  const Rounding chosen = rounding_of(rounding);
  BoxArray out = box_array(count_of(boxes));
  Box* squares = boxes_in(out);
  {
    py::gil_scoped_release release;
    rec2square(rows, count_of(boxes), extra, chosen, squares);
  }
  return out;
}

IndexArray py_croppable(const BoxArray& boxes, std::int64_t height, std::int64_t width) {
  const Box* rows = boxes_of(boxes);
  require_positive(height, "height");
  require_positive(width, "width");
  std::vector<std::int64_t> indices;
  {
    py::gil_scoped_release release;
    indices = croppable(rows, count_of(boxes), height, width);
  }
  return index_array(indices);
}

PlaneArray py_crop(const PySource& source, const BoxArray& boxes, std::int64_t size) {
  const Box* rows = boxes_of(boxes);
  require_side(size, "size");
  const std::size_t count = count_of(boxes);
  if (croppable(rows, count, source.get().height(), source.get().width()).size() != count) {
    throw py::value_error("boxes must be croppable: filter them with croppable() first");
  }
  PlaneArray out({boxes.shape(0), py::ssize_t{3}, static_cast<py::ssize_t>(size),
                  static_cast<py::ssize_t>(size)});
  float* values = out.mutable_data();
  {
    py::gil_scoped_release release;
    crop(source.get(), rows, count, size, values);
  }
  return out;
}

BoxArray py_clip(const BoxArray& boxes, std::int64_t height, std::int64_t width) {
  const Box* rows = boxes_of(boxes);
  require_positive(height, "height");
  require_positive(width, "width");
  BoxArray out = box_array(count_of(boxes));
  Box* clipped = boxes_in(out);
  {
    py::gil_scoped_release release;
    clip(rows, count_of(boxes), height, width, clipped);
  }
  return out;
}

PlaneArray py_project_landmarks(const BoxArray& boxes, const PlaneArray& points, double shift) {
  const Box* rows = boxes_of(boxes);
  const float* relative = rows_of(points, boxes.shape(0), 10, "points");
  PlaneArray out({boxes.shape(0), py::ssize_t{5}, py::ssize_t{2}});
  float* landmarks = out.mutable_data();
  {
    py::gil_scoped_release release;
    project_landmarks(rows, relative, count_of(boxes), shift, landmarks);
  }
  return out;
}

BoxArray py_fit_similarities(const BoxArray& points, const BoxArray& targets) {
  require(targets.ndim() == 2 && targets.shape(0) > 0 && targets.shape(1) == 2,
          "targets must be a (k, 2) array", targets);
  require(points.ndim() == 3 && points.shape(1) == targets.shape(0) && points.shape(2) == 2,
          "points must be an (n, " + std::to_string(targets.shape(0)) + ", 2) array", points);
  const auto count = static_cast<std::size_t>(targets.shape(0));
  const auto* from = reinterpret_cast<const Point*>(points.data());
  const auto* to = reinterpret_cast<const Point*>(targets.data());
  BoxArray out({points.shape(0), py::ssize_t{2}, py::ssize_t{3}});
  auto* fitted = reinterpret_cast<Affine*>(out.mutable_data());
  for (py::ssize_t i = 0; i < points.shape(0); ++i) {
    fitted[i] = fit_similarity(from + static_cast<std::size_t>(i) * count, to, count);
  }
  return out;
}

py::array_t<std::uint8_t> py_warp(const ImageArray& image, const BoxArray& transforms,
                                  std::int64_t height, std::int64_t width,
                                  const std::string& border,
                                  const std::array<std::uint8_t, 3>& fill, bool antialias) {
  const ImageView view = view_of(image);
  require(transforms.ndim() == 3 && transforms.shape(1) == 2 && transforms.shape(2) == 3,
          "transforms must be an (n, 2, 3) array", transforms);
  require_side(height, "height");
  require_side(width, "width");
  Warp how{{}, height, width, Border::kConstant, {fill[0], fill[1], fill[2]}, 1};
  how.border = one_of<Border>("border", border,
                              {{"constant", Border::kConstant},
                               {"replicate", Border::kReplicate},
                               {"reflect", Border::kReflect}});
  std::vector<Affine> to_image;
  const auto* affine = reinterpret_cast<const Affine*>(transforms.data());
  for (py::ssize_t i = 0; i < transforms.shape(0); ++i) {
    to_image.push_back(affine[i].inverse());
    const Affine& back = to_image.back();
    for (const double value : {back.xx, back.xy, back.x0, back.yx, back.yy, back.y0}) {
      if (!std::isfinite(value)) {
        throw py::value_error("transforms must be finite and invertible, number " +
                              std::to_string(i) + " is not");
      }
    }
  }
  py::array_t<std::uint8_t> out({transforms.shape(0), static_cast<py::ssize_t>(height),
                                 static_cast<py::ssize_t>(width), py::ssize_t{3}});
  std::uint8_t* bytes = out.mutable_data();
  {
    py::gil_scoped_release release;
    for (const Affine& back : to_image) {
      how.to_image = back;
      how.samples = antialias ? samples_to_cover(back) : 1;
      warp(view, how, bytes);
      bytes += 3 * height * width;
    }
  }
  return out;
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "What happens between the networks of the cascade, on numpy arrays.";
  m.attr("__version__") = FASTMTCNN_VERSION;

  m.def("pyramid_scales", &py_pyramid_scales, py::arg("height"), py::arg("width"),
        py::arg("min_face_size"), py::arg("factor"), py::arg("window"),
        py::arg("to_window") = false, py::arg("by_product") = false, kPyramidScalesDoc);
  m.def("level_size", &py_level_size, py::arg("height"), py::arg("width"), py::arg("scale"),
        py::arg("past") = false, kLevelSizeDoc);
  py::class_<PySource>(m, "Source", kSourceDoc)
      .def(py::init<ImageArray, std::string>(), py::arg("image").noconvert(),
           py::arg("resampling") = "bilinear")
      .def_property_readonly("height", [](const PySource& self) { return self.get().height(); })
      .def_property_readonly("width", [](const PySource& self) { return self.get().width(); });
  m.def("resample", &py_resample, py::arg("source"), py::arg("height"), py::arg("width"),
        py::arg("tile") = py::none(), kResampleDoc);
  m.def("boxes_from_heat_map", &py_boxes_from_heat_map, py::arg("scores").noconvert(),
        py::arg("offsets").noconvert(), py::arg("scale"), py::arg("threshold"), py::arg("window"),
        py::arg("stride"), py::arg("top") = 0, py::arg("left") = 0, py::arg("rounding") = "nearest",
        py::arg("in_single") = false, py::arg("inclusive") = false, kBoxesFromHeatMapDoc);
  m.def("nms", &py_nms, py::arg("boxes").noconvert(), py::arg("scores").noconvert(),
        py::arg("threshold"), py::arg("mode"), py::arg("extra") = 1.0, kNmsDoc);
  m.def("calibrate", &py_calibrate, py::arg("boxes").noconvert(), py::arg("offsets").noconvert(),
        py::arg("extra") = 1.0, kCalibrateDoc);
  m.def("rec2square", &py_rec2square, py::arg("boxes").noconvert(), py::arg("extra") = 1.0,
        py::arg("rounding") = "nearest", kRec2SquareDoc);
  m.def("croppable", &py_croppable, py::arg("boxes").noconvert(), py::arg("height"),
        py::arg("width"), kCroppableDoc);
  m.def("crop", &py_crop, py::arg("source"), py::arg("boxes").noconvert(), py::arg("size"),
        kCropDoc);
  m.def("clip", &py_clip, py::arg("boxes").noconvert(), py::arg("height"), py::arg("width"),
        kClipDoc);
  m.def("project_landmarks", &py_project_landmarks, py::arg("boxes").noconvert(),
        py::arg("points").noconvert(), py::arg("shift") = 0.0, kProjectLandmarksDoc);
  m.def("fit_similarities", &py_fit_similarities, py::arg("points").noconvert(),
        py::arg("targets").noconvert(), kFitSimilaritiesDoc);
  m.def("warp", &py_warp, py::arg("image").noconvert(), py::arg("transforms").noconvert(),
        py::arg("height"), py::arg("width"), py::arg("border") = "constant",
        py::arg("fill") = std::array<std::uint8_t, 3>{0, 0, 0}, py::arg("antialias") = false,
        kWarpDoc);
  m.def(
      "peak_multiply_adds",
      [](double seconds) { return peak_multiply_adds(std::min(seconds, 10.0)); },
      py::arg("seconds"), py::call_guard<py::gil_scoped_release>(), kPeakDoc);
  m.def("cpu_features", &cpu_features, kCpuFeaturesDoc);
  m.def("has_avx512f", &has_avx512f, kHasAvx512fDoc);
}
