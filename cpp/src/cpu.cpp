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
bool has_avx2() {
#if defined(_MSC_VER)
  int info[4];
  __cpuid(info, 1);
  const bool saves_registers = (info[2] & (1 << 27)) != 0 && (_xgetbv(0) & 6) == 6;
  __cpuidex(info, 7, 0);
  return saves_registers && (info[1] & (1 << 5)) != 0;
#else
  return __builtin_cpu_supports("avx2") != 0;
#endif
}
#endif

bool disabled(const std::string& target) {
  const char* list = std::getenv("FASTMTCNN_DISABLE");
  std::istringstream names(list == nullptr ? "" : list);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == target) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> find_targets() {
  std::vector<std::string> targets;
#if defined(__x86_64__) || defined(_M_X64)
  if (has_avx2() && !disabled("avx2")) {
    targets.emplace_back("avx2");
  }
#endif
  targets.emplace_back("scalar");
  return targets;
}

}  // namespace

const std::vector<std::string>& cpu_targets() {
  static const std::vector<std::string> targets = find_targets();
  return targets;
}

const Kernels& kernels() {
#if defined(__x86_64__) || defined(_M_X64)
  static const Kernels& chosen = cpu_targets().front() == "avx2" ? kAvx2Kernels : kScalarKernels;
  return chosen;
#else
  return kScalarKernels;
#endif
}

}  // namespace fastmtcnn
