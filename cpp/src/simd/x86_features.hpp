#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define FASTMTCNN_X86 1
#else
#define FASTMTCNN_X86 0
#endif

#if FASTMTCNN_X86 && defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace fastmtcnn {

// What the processor has and the operating system saves the registers of.
struct X86Features {
  bool avx2 = false;    // with FMA
  bool avx512 = false;  // F, BW, VL and VNNI
  bool avx512f = false;
};

inline X86Features x86_features() noexcept {
#if !FASTMTCNN_X86
  return {};
#elif defined(_MSC_VER)
  int one[4];
  int seven[4];
  __cpuid(one, 1);
  __cpuidex(seven, 7, 0);
  const unsigned long long saved = (one[2] & (1 << 27)) != 0 ? _xgetbv(0) : 0;
  const bool avx2 = (saved & 0x6) == 0x6 && (one[2] & (1 << 12)) != 0 && (seven[1] & (1 << 5)) != 0;
  const bool avx512f = avx2 && (saved & 0xE6) == 0xE6 && (seven[1] & (1 << 16)) != 0;
  const bool bw_vl = (seven[1] & (1 << 30)) != 0 && (static_cast<unsigned>(seven[1]) >> 31) != 0;
  const bool vnni = (seven[2] & (1 << 11)) != 0;
  return {.avx2 = avx2, .avx512 = avx512f && bw_vl && vnni, .avx512f = avx512f};
#else
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  const bool avx512f = __builtin_cpu_supports("avx512f") != 0;
  return {.avx2 = avx2,
          .avx512 = avx2 && avx512f && __builtin_cpu_supports("avx512bw") != 0 &&
                    __builtin_cpu_supports("avx512vl") != 0 &&
                    __builtin_cpu_supports("avx512vnni") != 0,
          .avx512f = avx512f};
#endif
}

}  // namespace fastmtcnn
