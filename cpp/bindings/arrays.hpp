#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/targets.hpp"

// Arrays of numpy as views of the core, and the checks of arguments. Only this folder knows
// pybind11.
namespace fastmtcnn::bindings {

namespace py = pybind11;

// Arguments are taken as they are (noconvert() where they are declared): a conversion would turn a
// 0..1 float image into black without an error. The Python layer converts what may be converted.
using ImageArray = py::array_t<std::uint8_t, 0>;
using PackedImages = py::array_t<std::uint8_t, py::array::c_style>;
using FloatArray = py::array_t<float, py::array::c_style>;
using DoubleArray = py::array_t<double, py::array::c_style>;
using IndexArray = py::array_t<std::int64_t>;

// Products of two sizes and a pixel size cannot overflow.
inline constexpr std::int64_t kLargestDimension = std::int64_t{1} << 28;

// Raises ValueError with what was wanted and the shape of what came.
void require(bool condition, const std::string& wanted, const py::array& got);

// Raise ValueError with the name and what was wanted.
void require_dimension(std::int64_t value, const char* name);    // 1 to kLargestDimension
void require_output_side(std::int64_t value, const char* name);  // 1 to 4096
void require_threshold(double value);
void require_scale(double value);

// The kernels of a CPU target, of the fastest one by default.
const Kernels& kernels_from(const std::optional<std::string>& target);

// The value of that name.
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

Rounding rounding_from(const std::string& name);

// An (n, 4) array as boxes.
std::span<const Box> boxes_of(const DoubleArray& boxes);

// A (rows, columns) array of float32.
std::span<const float> rows_of(const FloatArray& array, py::ssize_t rows, py::ssize_t columns,
                               const char* name);

// A new (count, 4) array, and its rows.
DoubleArray box_array(std::size_t count);
Box* boxes_in(DoubleArray& boxes);

// A new array with these values.
template <typename T>
py::array_t<T> copied(const std::vector<T>& values, std::vector<py::ssize_t> shape) {
  py::array_t<T> array(std::move(shape));
  std::copy(values.begin(), values.end(), array.mutable_data());
  return array;
}

IndexArray index_array(const std::vector<std::int64_t>& indices);

}  // namespace fastmtcnn::bindings
