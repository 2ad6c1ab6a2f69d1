#include <pybind11/stl.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "fastmtcnn/align.hpp"
#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/image.hpp"
#include "fastmtcnn/resample.hpp"
#include "register.hpp"
#include "source.hpp"

namespace fastmtcnn::bindings {

namespace {

constexpr const char* kSourceDoc =
    "A (height, width, 3) uint8 RGB image, repacked for resampling by 'bilinear' (as Pillow),\n"
    "'area' (OpenCV's INTER_AREA) or 'adaptive' (torch's adaptive average), and shared by all\n"
    "calls that resample it. Keeps a reference to the array, which must not change meanwhile.\n"
    "`target`, a name in cpu_features(), chooses the code; all give the same bits.";
constexpr const char* kResampleDoc =
    "Resample to float32 values (p - 127.5) / 128 of shape (3, height, width), or to a tile\n"
    "(top, left, height, width) of that. 'bilinear' and 'area' round to 8 bits before.";
constexpr const char* kCropDoc =
    "Cut n boxes with whole coordinates (black outside the image) and resample each to\n"
    "(n, 3, size, size) float32 values (p - 127.5) / 128. Only 'bilinear' rounds to 8 bits\n"
    "before.";
constexpr const char* kFitSimilaritiesDoc =
    "The (n, 2, 3) similarity transforms that bring each of n sets of points (n, k, 2) nearest to\n"
    "the targets (k, 2) by least squares (Umeyama 1991).";
constexpr const char* kApplyTableDoc =
    "The entries of a table (256,) for each byte of images (n, height, width, 3), or with planes "
    "as\n"
    "(n, 3, height, width).";
constexpr const char* kWarpDoc =
    "An image under each of n transforms (n, 2, 3) from its pixel centres to those of the output,\n"
    "as (n, height, width, 3) bytes, bilinear. Outside of it: 'constant' (the fill colour),\n"
    "'replicate' or 'reflect'. With antialias, where it shrinks, means of several samples a "
    "pixel.\n"
    "`target`, a name in cpu_features(), chooses the code; all give the same bits.";

FloatArray py_resample(const PySource& source, std::int64_t height, std::int64_t width,
                       const std::optional<std::array<std::int64_t, 4>>& tile) {
  require_dimension(height, "height");
  require_dimension(width, "width");
  const auto [top, left, rows, columns] =
      tile.value_or(std::array<std::int64_t, 4>{0, 0, height, width});
  if (top < 0 || left < 0 || rows < 1 || columns < 1 || rows > height - top ||
      columns > width - left) {
    throw py::value_error("tile must be (top, left, height, width) inside the level of " +
                          std::to_string(height) + "x" + std::to_string(width) + ", got (" +
                          std::to_string(top) + ", " + std::to_string(left) + ", " +
                          std::to_string(rows) + ", " + std::to_string(columns) + ")");
  }
  FloatArray out(
      {py::ssize_t{3}, static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(columns)});
  float* values = out.mutable_data();
  const Tile part{.top = top, .left = left, .height = rows, .width = columns};
  {
    py::gil_scoped_release release;
    resample(source.get(), height, width, part, values);
  }
  return out;
}

FloatArray py_crop(const PySource& source, const DoubleArray& boxes, std::int64_t size) {
  require_output_side(size, "size");
  const ResampleSource& pixels = source.get();
  const std::span<const Box> rows = croppable(boxes, pixels);
  FloatArray out({boxes.shape(0), py::ssize_t{3}, static_cast<py::ssize_t>(size),
                  static_cast<py::ssize_t>(size)});
  float* values = out.mutable_data();
  {
    py::gil_scoped_release release;
    crop(pixels, rows, size, values);
  }
  return out;
}

DoubleArray py_fit_similarities(const DoubleArray& points, const DoubleArray& targets) {
  require(targets.ndim() == 2 && targets.shape(0) > 0 && targets.shape(1) == 2,
          "targets must be a (k, 2) array", targets);
  require(points.ndim() == 3 && points.shape(1) == targets.shape(0) && points.shape(2) == 2,
          "points must be an (n, " + std::to_string(targets.shape(0)) + ", 2) array", points);
  const auto count = static_cast<std::size_t>(targets.shape(0));
  const std::span from(reinterpret_cast<const Point*>(points.data()),
                       static_cast<std::size_t>(points.shape(0)) * count);
  const std::span to(reinterpret_cast<const Point*>(targets.data()), count);
  DoubleArray out({points.shape(0), py::ssize_t{2}, py::ssize_t{3}});
  auto* fitted = reinterpret_cast<Affine*>(out.mutable_data());
  for (std::size_t first = 0; first < from.size(); first += count) {
    *fitted++ = fit_similarity(from.subspan(first, count), to);
  }
  return out;
}

py::array_t<std::uint8_t> py_warp(const ImageArray& image, const DoubleArray& transforms,
                                  std::int64_t height, std::int64_t width,
                                  const std::string& border,
                                  const std::array<std::uint8_t, 3>& fill, bool antialias,
                                  const std::optional<std::string>& target) {
  const ImageView view = view_of(image);
  require(transforms.ndim() == 3 && transforms.shape(1) == 2 && transforms.shape(2) == 3,
          "transforms must be an (n, 2, 3) array", transforms);
  require_output_side(height, "height");
  require_output_side(width, "width");
  Warp how{.height = height,
           .width = width,
           .border = one_of<Border>("border", border,
                                    {{"constant", Border::kConstant},
                                     {"replicate", Border::kReplicate},
                                     {"reflect", Border::kReflect}}),
           .fill = {fill[0], fill[1], fill[2]}};
  const Kernels& kernels = kernels_from(target);
  std::vector<Affine> to_image;
  const std::span affine(reinterpret_cast<const Affine*>(transforms.data()),
                         static_cast<std::size_t>(transforms.shape(0)));
  for (const Affine& transform : affine) {
    to_image.push_back(transform.inverse());
    const Affine& back = to_image.back();
    for (const double value : {back.xx, back.xy, back.x0, back.yx, back.yy, back.y0}) {
      if (!std::isfinite(value)) {
        throw py::value_error("transforms must be finite and invertible, number " +
                              std::to_string(to_image.size() - 1) + " is not");
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
      warp(view, how, kernels, bytes);
      bytes += 3 * height * width;
    }
  }
  return out;
}

py::array_t<float> py_apply_table(const PackedImages& images, const FloatArray& table,
                                  bool planes) {
  require(images.ndim() == 4 && images.shape(3) == 3,
          "images must be an (n, height, width, 3) array", images);
  require(table.ndim() == 1 && table.shape(0) == 256, "table must be a (256,) array", table);
  const py::ssize_t count = images.shape(0);
  const py::ssize_t height = images.shape(1);
  const py::ssize_t width = images.shape(2);
  py::array_t<float> out(planes ? std::vector<py::ssize_t>{count, 3, height, width}
                                : std::vector<py::ssize_t>{count, height, width, 3});
  const std::span<const float, 256> entries(table.data(), 256);
  const std::uint8_t* pixels = images.data();
  float* values = out.mutable_data();
  const auto size = static_cast<std::size_t>(3 * height * width);
  {
    py::gil_scoped_release release;
    for (py::ssize_t k = 0; k < count; ++k, pixels += size, values += size) {
      apply_table({pixels, size}, entries, planes, values);
    }
  }
  return out;
}

}  // namespace

void register_image(py::module_& m) {
  py::class_<PySource>(m, "ResampleSource", kSourceDoc)
      .def(py::init<ImageArray, std::string, std::optional<std::string>>(),
           py::arg("image").noconvert(), py::arg("resampling") = "bilinear",
           py::arg("target") = py::none())
      .def_property_readonly("height", [](const PySource& self) { return self.get().height(); })
      .def_property_readonly("width", [](const PySource& self) { return self.get().width(); })
      .def_property_readonly("target",
                             [](const PySource& self) { return name_of(self.get().kernels()); });
  m.def("resample", &py_resample, py::arg("source"), py::arg("height"), py::arg("width"),
        py::arg("tile") = py::none(), kResampleDoc);
  m.def("crop", &py_crop, py::arg("source"), py::arg("boxes").noconvert(), py::arg("size"),
        kCropDoc);
  m.def("fit_similarities", &py_fit_similarities, py::arg("points").noconvert(),
        py::arg("targets").noconvert(), kFitSimilaritiesDoc);
  m.def("warp", &py_warp, py::arg("image").noconvert(), py::arg("transforms").noconvert(),
        py::arg("height"), py::arg("width"), py::arg("border") = "constant",
        py::arg("fill") = std::array<std::uint8_t, 3>{0, 0, 0}, py::arg("antialias") = false,
        py::arg("target") = py::none(), kWarpDoc);
  m.def("apply_table", &py_apply_table, py::arg("images").noconvert(), py::arg("table").noconvert(),
        py::arg("planes"), kApplyTableDoc);
}

}  // namespace fastmtcnn::bindings
