#pragma once

#include <cstdint>

namespace fastmtcnn {

// A stretch of the output along one axis, and where its input lies in the image.
struct Axis {
  std::int64_t origin;  // in the image, of the input
  std::int64_t size;    // of the input
  std::int64_t count;   // of the output
  std::int64_t begin;   // of the stretch
  std::int64_t end;
  std::int64_t limit;  // size of the image; what lies outside is black

  std::int64_t length() const { return end - begin; }
};

}  // namespace fastmtcnn
