#pragma once

#include <functional>
#include <vector>

#include "kernels.hpp"

namespace fastmtcnn::fuzz {

// All that this processor runs, the scalar ones first.
const std::vector<const Kernels*>& all_kernels();

// What kernels() gives in this thread.
void use(const Kernels& kernels);

// Calls the function once with each of the kernels but the scalar ones, at the same time, each in a
// thread that always has these: what a thread keeps from call to call depends on them.
void with_each(const std::function<void()>& call);

}  // namespace fastmtcnn::fuzz
