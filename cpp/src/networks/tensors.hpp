#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fastmtcnn/networks.hpp"

// Tensors by name, with their shapes checked.
namespace fastmtcnn {

using Shape = std::vector<std::int64_t>;

// The values of a tensor. Throws std::invalid_argument if it is missing or of another shape.
std::span<const float> find_tensor(const NamedTensors& tensors, const std::string& name,
                                   const Shape& shape);

// The slopes of a PReLU likewise, which graphs have as (count) or as (count, 1, 1).
std::span<const float> find_slopes(const NamedTensors& tensors, const std::string& name,
                                   std::int64_t count);

}  // namespace fastmtcnn
