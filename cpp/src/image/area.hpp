#pragma once

#include "fastmtcnn/image.hpp"
#include "fastmtcnn/source.hpp"
#include "image/axis.hpp"

namespace fastmtcnn {

// Resamples a part of the image by kArea or kAdaptive to 3 x y.length() x x.length() normalised
// values. With `to_bytes`, kArea rounds to 8 bits before, as OpenCV does with an image of bytes.
void resample_area(const ImageView& image, Resampling resampling, bool to_bytes, const Axis& y,
                   const Axis& x, const Kernels& kernels, float* out);

}  // namespace fastmtcnn
