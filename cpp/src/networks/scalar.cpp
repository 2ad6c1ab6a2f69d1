#include "networks/kernels.hpp"
#include "networks/target_list.hpp"
#include "simd/vec_scalar.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "networks/inlining.hpp"
#include "networks/layer_clock.hpp"
#include "networks/scratch.hpp"
#include "networks/weights.hpp"
#include "networks/winograd.hpp"

// The networks for every processor: what the others are tested against.
namespace fastmtcnn::scalar {

namespace {

constexpr int kNumRegisters = 16;
constexpr int kMostVectors = 2;

#include "networks/networks-inl.hpp"

}  // namespace

}  // namespace fastmtcnn::scalar

namespace fastmtcnn {

const NetworkKernels* scalar_networks() noexcept {
  static constexpr NetworkKernels kernels{
      .name = "scalar", .pnet = scalar::pnet, .rnet = scalar::rnet, .onet = scalar::onet};
  return &kernels;
}

}  // namespace fastmtcnn
