#pragma once

#include <string_view>

namespace fastmtcnn {

// Whether FASTMTCNN_DISABLE names the CPU target.
bool is_disabled(std::string_view target);

}  // namespace fastmtcnn
