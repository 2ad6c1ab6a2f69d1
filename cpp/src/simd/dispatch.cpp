#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fastmtcnn/targets.hpp"
#include "simd/disabled.hpp"
#include "simd/kernels.hpp"
#include "simd/target_list.hpp"
#include "simd/x86_features.hpp"

// The choice of a CPU target at run time. How to add one: see target_list.hpp.
namespace fastmtcnn {

bool is_disabled(std::string_view target) {
  const char* list = std::getenv("FASTMTCNN_DISABLE");
  std::istringstream names(list == nullptr ? "" : list);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == target) {
      return true;
    }
  }
  return false;
}

namespace {

std::vector<const Kernels*> find_kernels() {
  std::vector<const Kernels*> found;
  for (const FindKernels find : kTargets) {
    const Kernels* kernels = find();
    const bool last_resort = kernels == scalar_kernels();
    if (kernels != nullptr && (last_resort || !is_disabled(kernels->name))) {
      found.push_back(kernels);
    }
  }
  return found;
}

const std::vector<const Kernels*>& all_kernels() {
  static const std::vector<const Kernels*> found = find_kernels();
  return found;
}

}  // namespace

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
  for (const Kernels* kernels : all_kernels()) {
    names.emplace_back(kernels->name);
  }
  return names;
}

const Kernels& fastest_kernels() {
  static const Kernels& chosen = *all_kernels().front();
  return chosen;
}

const Kernels* kernels_named(std::string_view name) {
  for (const Kernels* kernels : all_kernels()) {
    if (kernels->name == name) {
      return kernels;
    }
  }
  return nullptr;
}

const char* name_of(const Kernels& kernels) noexcept { return kernels.name; }

bool has_avx512f() noexcept { return x86_features().avx512f; }

}  // namespace fastmtcnn
