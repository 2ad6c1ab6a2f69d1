#pragma once

#include "networks/kernels.hpp"

// How to add a CPU target: F32 of simd/vec_NAME.hpp with the operations that the -inl.hpp files
// use; NAME.cpp here like the others, which ends in NAME_networks() and gives nullptr where the
// compiler or the processor lacks the target; a line in this file, and one in CMakeLists.txt. The
// tests find it by themselves and demand the bits of "scalar".
namespace fastmtcnn {

// Each returns the kernels of its target, nullptr if this build or this processor lacks it.
const NetworkKernels* avx512_networks() noexcept;
const NetworkKernels* avx2_networks() noexcept;
const NetworkKernels* neon_networks() noexcept;
const NetworkKernels* scalar_networks() noexcept;  // never nullptr

using FindNetworkKernels = const NetworkKernels* (*)() noexcept;

// Fastest first.
inline constexpr FindNetworkKernels kNetworkTargets[] = {avx512_networks, avx2_networks,
                                                         neon_networks, scalar_networks};

}  // namespace fastmtcnn
