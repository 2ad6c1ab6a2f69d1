#include "networks/kernels.hpp"
#include "networks/target_list.hpp"
#include "simd/x86_features.hpp"

#if FASTMTCNN_X86

#include <immintrin.h>

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
#include "simd/region.hpp"
#include "simd/vec_avx2.hpp"

FASTMTCNN_BEGIN_TARGET("avx2,fma")
namespace fastmtcnn::avx2 {

namespace {

constexpr int kNumRegisters = 16;
constexpr int kMostVectors = 2;

#include "networks/networks-inl.hpp"

}  // namespace

}  // namespace fastmtcnn::avx2
FASTMTCNN_END_TARGET

namespace fastmtcnn {

const NetworkKernels* avx2_networks() noexcept {
  static constexpr NetworkKernels kernels{
      .name = "avx2", .pnet = avx2::pnet, .rnet = avx2::rnet, .onet = avx2::onet};
  return x86_features().avx2 ? &kernels : nullptr;
}

}  // namespace fastmtcnn

#else

const fastmtcnn::NetworkKernels* fastmtcnn::avx2_networks() noexcept { return nullptr; }

#endif
