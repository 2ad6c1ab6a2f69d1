#pragma once

#include <string>
#include <vector>

namespace fastmtcnn {

// The targets that this build has code for and this processor runs, fastest first, ending in
// "scalar". FASTMTCNN_DISABLE (names, separated by commas) takes some away; it is read once.
std::vector<std::string> cpu_features();

// Whether the processor has AVX-512 enough for onnxruntime to use it, whatever is disabled here.
bool has_avx512f();

}  // namespace fastmtcnn
