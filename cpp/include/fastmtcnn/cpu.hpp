#pragma once

#include <string>
#include <vector>

namespace fastmtcnn {

// The targets that this build has code for and this processor runs, fastest first, ending in
// "scalar". FASTMTCNN_DISABLE (names, separated by commas) takes some away; it is read once.
std::vector<std::string> cpu_features();

}  // namespace fastmtcnn
