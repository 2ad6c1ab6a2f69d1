#include "source.hpp"

namespace fastmtcnn::bindings {

ImageView view_of(const ImageArray& image) {
  require(image.ndim() == 3 && image.shape(2) == 3 && image.size() > 0,
          "image must be a (height, width, 3) array with at least one pixel", image);
  require_dimension(image.shape(0), "image height");
  require_dimension(image.shape(1), "image width");
  const bool packed = image.strides(2) == 1 && (image.strides(1) == 3 || image.shape(1) == 1);
  if (!packed) {
    throw py::value_error("image rows must hold packed RGB pixels, got strides " +
                          py::str(image.attr("strides")).cast<std::string>());
  }
  return {.data = image.data(),
          .height = image.shape(0),
          .width = image.shape(1),
          .row_stride = image.strides(0),
          .pixel_stride = 3};
}

PySource::PySource(const ImageArray& image, const std::string& resampling,
                   const std::optional<std::string>& target)
    : image_(image) {
  const ImageView view = view_of(image);
  const Resampling chosen = one_of<Resampling>("resampling", resampling,
                                               {{"bilinear", Resampling::kBilinear},
                                                {"area", Resampling::kArea},
                                                {"adaptive", Resampling::kAdaptive}});
  const Kernels& kernels = kernels_from(target);
  // Pure C++ on memory that `image_` keeps alive.
  py::gil_scoped_release release;
  source_ = std::make_unique<ResampleSource>(view, chosen, kernels);
}

const ResampleSource& PySource::get() const {
  if (source_ == nullptr) {
    throw py::type_error("ResampleSource.__init__() was not called");
  }
  return *source_;
}

std::span<const Box> croppable(const DoubleArray& boxes, const ResampleSource& source) {
  const std::span<const Box> rows = boxes_of(boxes);
  if (croppable_indices(rows, source.height(), source.width()).size() != rows.size()) {
    throw py::value_error("boxes must be croppable: filter them with croppable_indices() first");
  }
  return rows;
}

}  // namespace fastmtcnn::bindings
