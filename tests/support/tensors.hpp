#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fastmtcnn/networks.hpp"

// Tensors for networks of the original architectures.
namespace fastmtcnn::tests {

// What the values of a tensor are: they get its name, and a vector to fill.
using Fill = std::function<void(const std::string& name, std::vector<float>& values)>;

// Tensors, and the map that refers to their values.
class Tensors {
 public:
  explicit Tensors(Fill fill) : fill_(std::move(fill)) {}

  const NamedTensors& named() const { return named_; }

  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::size_t size = 1;
    for (const std::int64_t side : shape) {
      size *= static_cast<std::size_t>(side);
    }
    std::vector<float>& values = values_.emplace_back(size);
    fill_(name, values);
    named_[name] = Tensor{.shape = shape, .values = values};
  }
  void add_conv(int number, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel) {
    const std::string text = std::to_string(number);
    add("conv" + text + ".weight", {outputs, inputs, kernel, kernel});
    add("conv" + text + ".bias", {outputs});
    add("prelu" + text + ".weight", {outputs});
  }
  void add_dense(int number, std::int64_t inputs, std::int64_t outputs) {
    const std::string text = std::to_string(number);
    add("dense" + text + ".weight", {outputs, inputs});
    add("dense" + text + ".bias", {outputs});
    add("prelu" + text + ".weight", {outputs});
  }
  void add_heads(const std::string& layer, std::vector<std::int64_t> row,
                 const std::vector<std::int64_t>& sizes) {
    for (std::size_t head = 0; head < sizes.size(); ++head) {
      const std::string name = layer + "_" + std::to_string(head + 1);
      std::vector<std::int64_t> shape{sizes[head]};
      shape.insert(shape.end(), row.begin(), row.end());
      add(name + ".weight", shape);
      add(name + ".bias", {sizes[head]});
    }
  }

 private:
  Fill fill_;
  std::deque<std::vector<float>> values_;
  NamedTensors named_;
};

inline Tensors pnet_tensors(Fill fill) {
  Tensors tensors(std::move(fill));
  tensors.add_conv(1, 3, 10, 3);
  tensors.add_conv(2, 10, 16, 3);
  tensors.add_conv(3, 16, 32, 3);
  tensors.add_heads("conv4", {32, 1, 1}, {2, 4});
  return tensors;
}

inline Tensors rnet_tensors(Fill fill) {
  Tensors tensors(std::move(fill));
  tensors.add_conv(1, 3, 28, 3);
  tensors.add_conv(2, 28, 48, 3);
  tensors.add_conv(3, 48, 64, 2);
  tensors.add_dense(4, 576, 128);
  tensors.add_heads("dense5", {128}, {2, 4});
  return tensors;
}

inline Tensors onet_tensors(Fill fill) {
  Tensors tensors(std::move(fill));
  tensors.add_conv(1, 3, 32, 3);
  tensors.add_conv(2, 32, 64, 3);
  tensors.add_conv(3, 64, 64, 3);
  tensors.add_conv(4, 64, 128, 2);
  tensors.add_dense(5, 1152, 256);
  tensors.add_heads("dense6", {256}, {2, 4, 10});
  return tensors;
}

}  // namespace fastmtcnn::tests
