#pragma once

#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "arrays.hpp"
#include "fastmtcnn/image.hpp"
#include "fastmtcnn/source.hpp"

// Images, and what is cut out of them, as arguments.
namespace fastmtcnn::bindings {

// A (height, width, 3) array of packed RGB pixels.
ImageView view_of(const ImageArray& image);

// A ResampleSource together with the array whose pixels it refers to.
class PySource {
 public:
  PySource(const ImageArray& image, const std::string& resampling,
           const std::optional<std::string>& target);

  const ResampleSource& get() const;

  // ResampleSource.__new__(ResampleSource) makes a Python object without calling __init__. pybind11
  // gives a function that takes it memory from here, in which no constructor was called; so there
  // must be an object without a source in it. (It owns nothing, so constructors may replace it.)
  static void* operator new(std::size_t size) { return ::new (::operator new(size)) PySource; }
  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  PySource() noexcept = default;

  py::object image_;  // no ImageArray: one that is empty owns memory
  std::unique_ptr<ResampleSource> source_;
};

// Boxes that can be cut out of an image, an (n, 4) array. Raises ValueError if one cannot.
std::span<const Box> croppable(const DoubleArray& boxes, const ResampleSource& source);

}  // namespace fastmtcnn::bindings
