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
#include "simd/vec_avx512.hpp"

// GCC 12 takes the deliberately undefined operands inside its own AVX-512 intrinsics for mistakes.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

FASTMTCNN_BEGIN_TARGET(FASTMTCNN_AVX512)
namespace fastmtcnn::avx512 {

namespace {

constexpr int kNumRegisters = 32;
constexpr int kMostVectors = 2;

#include "networks/networks-inl.hpp"

}  // namespace

}  // namespace fastmtcnn::avx512
FASTMTCNN_END_TARGET

namespace fastmtcnn {

const NetworkKernels* avx512_networks() noexcept {
  static constexpr NetworkKernels kernels{
      .name = "avx512", .pnet = avx512::pnet, .rnet = avx512::rnet, .onet = avx512::onet};
  return x86_features().avx512 ? &kernels : nullptr;
}

}  // namespace fastmtcnn

#else

const fastmtcnn::NetworkKernels* fastmtcnn::avx512_networks() noexcept { return nullptr; }

#endif
