#pragma once

#include <string>
#include <vector>

#include "fastmtcnn/targets.hpp"
#include "input.hpp"

namespace fastmtcnn::fuzz {

inline const Kernels& scalar_target() { return *kernels_named("scalar"); }

// Those of all targets that this processor runs, the scalar ones last.
inline const std::vector<const Kernels*>& all_targets() {
  static const std::vector<const Kernels*> found = [] {
    std::vector<const Kernels*> each;
    for (const std::string& name : cpu_features()) {
      each.push_back(kernels_named(name));
    }
    return each;
  }();
  return found;
}

}  // namespace fastmtcnn::fuzz
