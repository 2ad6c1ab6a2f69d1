#pragma once

#include "simd/kernels.hpp"

// How to add a CPU target, say `neon`:
//
// 1. simd/vec_neon.hpp: the vectors F32 and F64 of the target, with the operations of
//    vec_scalar.hpp, which defines them.
// 2. simd/neon.cpp: the kernels. float_kernels-inl.hpp has those of floating-point numbers, written
//    over the vectors; the integer kernels are written for each target. It ends in neon_kernels(),
//    which returns nullptr where the compiler or the processor lacks the target; so the file is
//    compiled on all platforms.
// 3. This file: declare neon_kernels() and list it. CMakeLists.txt: name neon.cpp.
// 4. tests/fuzz/vectors.cpp: include vec_neon.hpp, define its region and call it.
// 5. Only for a target of x86: tests/scripts/wheel.sh, the namespaces that may use AVX.
//
// All other tests take the names of the targets from cpu_features() and demand the bits of
// "scalar".
namespace fastmtcnn {

// Each returns the kernels of its target, nullptr if this build or this processor lacks it.
const Kernels* avx512_kernels() noexcept;
const Kernels* avx2_kernels() noexcept;
const Kernels* scalar_kernels() noexcept;  // never nullptr

using FindKernels = const Kernels* (*)() noexcept;

// Fastest first.
inline constexpr FindKernels kTargets[] = {avx512_kernels, avx2_kernels, scalar_kernels};

}  // namespace fastmtcnn
