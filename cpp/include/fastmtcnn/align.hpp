#pragma once

#include <cstddef>
#include <cstdint>

#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

struct Point {
  double x;
  double y;
};

// Maps (x, y) to (xx x + xy y + x0, yx x + yy y + y0).
struct Affine {
  double xx;
  double xy;
  double x0;
  double yx;
  double yy;
  double y0;

  Affine inverse() const;
};

// The rotation, scale and shift that bring the points nearest to their targets by the sum of
// squared distances (Umeyama 1991, which has a closed form in the plane). Without a scale, all
// zeros but the shift, where the points coincide.
Affine fit_similarity(const Point* points, const Point* targets, std::size_t count);

// How many samples a side of an output pixel see every pixel of the image under it, at most 16.
std::int64_t samples_to_cover(const Affine& to_image);

// What lies outside an image: a colour, its nearest pixel, or its mirror image about the centres of
// its outermost pixels.
enum class Border { kConstant, kReplicate, kReflect };

struct Warp {
  Affine to_image;  // from pixel centres of the output
  std::int64_t height;
  std::int64_t width;
  Border border;
  std::uint8_t fill[3];
  std::int64_t samples;  // each output pixel is the mean of samples x samples
};

// Samples an image bilinearly, rounding halves up, into (height, width, 3) bytes.
void warp(const ImageView& image, const Warp& how, std::uint8_t* out);

}  // namespace fastmtcnn
