#pragma once

// FASTMTCNN_BEGIN_TARGET("avx2,fma") ... FASTMTCNN_END_TARGET enclose functions that may use the
// instructions of these names. MSVC needs no such permission.
//
// Rules for what lies between them, since the processor need not have these instructions:
//
// - Everything lies in a namespace of the target (fastmtcnn::avx2), also inline functions and
//   templates. Otherwise the linker may take an AVX2 copy of a function for the code that runs
//   everywhere; for the same reason no file is compiled with -mavx2. tests/scripts/wheel.sh checks
//   that only functions of these namespaces have AVX instructions.
// - No #include of other libraries: their inline functions would become such functions. Headers are
//   included before the region. (Files named -inl.hpp are meant to be included within.)
// - No lambdas: GCC and clang do not give them the target of the function around them. Templates
//   must be defined within the region; an instance of one from outside is compiled without.
// - Multiply-adds are fused only by fma(): the build has -ffp-contract=off, so that a * b + c gives
//   the same bits on all targets.
#define FASTMTCNN_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define FASTMTCNN_BEGIN_TARGET(names) \
  FASTMTCNN_PRAGMA(clang attribute push(__attribute__((target(names))), apply_to = function))
#define FASTMTCNN_END_TARGET FASTMTCNN_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define FASTMTCNN_BEGIN_TARGET(names) \
  FASTMTCNN_PRAGMA(GCC push_options)  \
  FASTMTCNN_PRAGMA(GCC target(names))
#define FASTMTCNN_END_TARGET FASTMTCNN_PRAGMA(GCC pop_options)
#else
#define FASTMTCNN_BEGIN_TARGET(names)
#define FASTMTCNN_END_TARGET
#endif
