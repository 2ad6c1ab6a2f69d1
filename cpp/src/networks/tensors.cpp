#include "networks/tensors.hpp"

#include <stdexcept>

namespace fastmtcnn {

namespace {

std::string text_of(const Shape& shape) {
  std::string text;
  for (const std::int64_t side : shape) {
    text += (text.empty() ? "" : ", ") + std::to_string(side);
  }
  return "(" + text + ")";
}

std::int64_t size_of(const Shape& shape) {
  std::int64_t size = 1;
  for (const std::int64_t side : shape) {
    size *= side;
  }
  return size;
}

}  // namespace

std::span<const float> find_tensor(const NamedTensors& tensors, const std::string& name,
                                   const Shape& shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw std::invalid_argument("the weights must have a tensor " + name);
  }
  const Tensor& tensor = found->second;
  if (tensor.shape != shape || static_cast<std::int64_t>(tensor.values.size()) != size_of(shape)) {
    throw std::invalid_argument(name + " must have the shape " + text_of(shape) + ", got " +
                                text_of(tensor.shape));
  }
  return tensor.values;
}

std::span<const float> find_slopes(const NamedTensors& tensors, const std::string& name,
                                   std::int64_t count) {
  const auto found = tensors.find(name);
  const bool is_column = found != tensors.end() && found->second.shape.size() == 3;
  return find_tensor(tensors, name, is_column ? Shape{count, 1, 1} : Shape{count});
}

}  // namespace fastmtcnn
