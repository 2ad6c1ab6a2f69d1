#include "fastmtcnn/cpu.hpp"

#include <cstdlib>
#include <sstream>

#include "kernels.hpp"

#if defined(_MSC_VER) && defined(_M_X64)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace fastmtcnn {

namespace {

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
struct Features {
  bool avx2;
  bool avx512f;
  bool avx512;
};

Features features() {
  int one[4];
  int seven[4];
  __cpuid(one, 1);
  __cpuidex(seven, 7, 0);
  const unsigned long long saved = (one[2] & (1 << 27)) != 0 ? _xgetbv(0) : 0;
  const bool avx2 = (saved & 0x6) == 0x6 && (one[2] & (1 << 12)) != 0 && (seven[1] & (1 << 5)) != 0;
  const bool avx512f = avx2 && (saved & 0xE6) == 0xE6 && (seven[1] & (1 << 16)) != 0;
  const bool bw_vl = (seven[1] & (1 << 30)) != 0 && (static_cast<unsigned>(seven[1]) >> 31) != 0;
  return {avx2, avx512f, avx512f && bw_vl && (seven[2] & (1 << 11)) != 0};
}

bool has_avx2() { return features().avx2; }
bool has_avx512() { return features().avx512; }
#else
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}
#endif
#endif

[[maybe_unused]] bool disabled(const std::string& target) {
  const char* list = std::getenv("FASTMTCNN_DISABLE");
  std::istringstream names(list == nullptr ? "" : list);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == target) {
      return true;
    }
  }
  return false;
}

std::vector<const Kernels*> find_kernels() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__) || defined(_M_X64)
  if (has_avx512() && !disabled(kAvx512Kernels.name)) {
    found.push_back(&kAvx512Kernels);
  }
  if (has_avx2() && !disabled(kAvx2Kernels.name)) {
    found.push_back(&kAvx2Kernels);
  }
#endif
  found.push_back(&kScalarKernels);
  return found;
}

const std::vector<const Kernels*>& all_kernels() {
  static const std::vector<const Kernels*> found = find_kernels();
  return found;
}

}  // namespace

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
  for (const Kernels* kernel : all_kernels()) {
    names.emplace_back(kernel->name);
  }
  return names;
}

bool has_avx512f() {
#if defined(_MSC_VER) && defined(_M_X64)
  return features().avx512f;
#elif defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

const Kernels& kernels() {
  static const Kernels& chosen = *all_kernels().front();
  return chosen;
}

}  // namespace fastmtcnn
