#pragma once

// FASTMTCNN_UNROLL before a loop over registers: an array of vectors is in registers only if all
// indices are constants. FASTMTCNN_INLINE for functions that take or return such arrays.
#if defined(__clang__)
#define FASTMTCNN_UNROLL _Pragma("clang loop unroll(full)")
#define FASTMTCNN_INLINE inline __attribute__((always_inline))
#elif defined(__GNUC__)
#define FASTMTCNN_UNROLL _Pragma("GCC unroll 64")
#define FASTMTCNN_INLINE inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define FASTMTCNN_UNROLL
#define FASTMTCNN_INLINE __forceinline
#else
#define FASTMTCNN_UNROLL
#define FASTMTCNN_INLINE inline
#endif
