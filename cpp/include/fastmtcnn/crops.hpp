#pragma once

#include <cstddef>
#include <cstdint>

#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

// Cuts boxes with whole coordinates out of the image, black where they reach outside, and
// resamples each to 3 x size x size normalised values. The boxes must be croppable.
void crop(const ImageView& image, const Box* boxes, std::size_t count, std::int64_t size,
          float* out);

}  // namespace fastmtcnn
