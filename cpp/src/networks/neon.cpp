#include "networks/kernels.hpp"
#include "networks/target_list.hpp"
#include "simd/vec_neon.hpp"

#if FASTMTCNN_NEON

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

namespace fastmtcnn::neon {

namespace {

constexpr int kNumRegisters = 32;
constexpr int kMostVectors = 4;

#include "networks/networks-inl.hpp"

}  // namespace

}  // namespace fastmtcnn::neon

namespace fastmtcnn {

const NetworkKernels* neon_networks() noexcept {
  static constexpr NetworkKernels kernels{
      .name = "neon", .pnet = neon::pnet, .rnet = neon::rnet, .onet = neon::onet};
  return &kernels;
}

}  // namespace fastmtcnn

#else

const fastmtcnn::NetworkKernels* fastmtcnn::neon_networks() noexcept { return nullptr; }

#endif
