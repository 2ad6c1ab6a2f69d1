#include "arrays.hpp"

#include <cmath>

namespace fastmtcnn::bindings {

void require(bool condition, const std::string& wanted, const py::array& got) {
  if (!condition) {
    const auto shape = py::str(got.attr("shape")).cast<std::string>();
    throw py::value_error(wanted + ", got shape " + shape);
  }
}

void require_dimension(std::int64_t value, const char* name) {
  if (value < 1 || value > kLargestDimension) {
    throw py::value_error(std::string(name) + " must be between 1 and 2**28, got " +
                          std::to_string(value));
  }
}

void require_output_side(std::int64_t value, const char* name) {
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

const Kernels& kernels_from(const std::optional<std::string>& target) {
  if (!target) {
    return fastest_kernels();
  }
  const Kernels* kernels = kernels_named(*target);
  if (kernels == nullptr) {
    throw py::value_error("target must be one of cpu_features(), got '" + *target + "'");
  }
  return *kernels;
}

Rounding rounding_from(const std::string& name) {
  return one_of<Rounding>("rounding", name,
                          {{"nearest", Rounding::kNearest},
                           {"towards zero", Rounding::kTowardsZero},
                           {"down", Rounding::kDown},
                           {"none", Rounding::kNone}});
}

std::span<const Box> boxes_of(const DoubleArray& boxes) {
  require(boxes.ndim() == 2 && boxes.shape(1) == 4, "boxes must be an (n, 4) array", boxes);
  return {reinterpret_cast<const Box*>(boxes.data()), static_cast<std::size_t>(boxes.shape(0))};
}

std::span<const float> rows_of(const FloatArray& array, py::ssize_t rows, py::ssize_t columns,
                               const char* name) {
  require(array.ndim() == 2 && array.shape(0) == rows && array.shape(1) == columns,
          std::string(name) + " must be a (" + std::to_string(rows) + ", " +
              std::to_string(columns) + ") array",
          array);
  return {array.data(), static_cast<std::size_t>(array.size())};
}

DoubleArray box_array(std::size_t count) {
  return DoubleArray({static_cast<py::ssize_t>(count), py::ssize_t{4}});
}

Box* boxes_in(DoubleArray& boxes) { return reinterpret_cast<Box*>(boxes.mutable_data()); }

IndexArray index_array(const std::vector<std::int64_t>& indices) {
  return copied(indices, {static_cast<py::ssize_t>(indices.size())});
}

}  // namespace fastmtcnn::bindings
