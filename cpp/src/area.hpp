#pragma once

#include "axis.hpp"
#include "fastmtcnn/bands.hpp"
#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

// Resamples a part of the image by kArea or kAdaptive to 3 x y.length() x x.length() normalised
// values; by kArea to 8 bits first if `to_bytes`, as OpenCV does with an image of bytes.
void average(const ImageView& image, Resampling resampling, bool to_bytes, const Axis& y,
             const Axis& x, float* out);

}  // namespace fastmtcnn
