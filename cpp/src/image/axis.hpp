#pragma once

#include <cstdint>

namespace fastmtcnn {

// A stretch [begin, end) of the output along one axis, and where its input lies in the image:
//
//   image     0 .......................... limit        black outside of it
//   input          origin ..... origin + size           may reach outside of the image
//   output         0 ...................count           all of the input, resampled
//   stretch             begin .... end                  the part of the output that is wanted
struct Axis {
  std::int64_t origin = 0;
  std::int64_t size = 0;
  std::int64_t count = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t limit = 0;

  std::int64_t length() const noexcept { return end - begin; }
};

}  // namespace fastmtcnn
