#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

struct Kernels;

struct Point {
  double x;
  double y;
};
static_assert(std::is_standard_layout_v<Point> && sizeof(Point) == 2 * sizeof(double),
              "a Point is a row of an (n, 2) float64 array");

// Maps (x, y) to (xx x + xy y + x0, yx x + yy y + y0).
struct Affine {
  double xx;
  double xy;
  double x0;
  double yx;
  double yy;
  double y0;

  Affine inverse() const noexcept;
};
static_assert(std::is_standard_layout_v<Affine> && sizeof(Affine) == 6 * sizeof(double),
              "an Affine is a (2, 3) float64 array");

// The rotation, scale and translation with the least sum of squared distances between the moved
// points and as many targets (Umeyama 1991, in closed form for the plane). If all points coincide,
// the scale is 0.
Affine fit_similarity(std::span<const Point> points, std::span<const Point> targets) noexcept;

// The number of samples per side of an output pixel that reaches every image pixel under it, at
// most 16.
std::int64_t samples_to_cover(const Affine& to_image) noexcept;

// What is read outside of an image: a colour, the nearest pixel, or the pixel mirrored at the
// centres of the outermost pixels.
enum class Border { kConstant, kReplicate, kReflect };

struct Warp {
  Affine to_image{};  // from pixel centres of the output
  std::int64_t height = 0;
  std::int64_t width = 0;
  Border border = Border::kConstant;
  std::uint8_t fill[3] = {0, 0, 0};
  std::int64_t samples = 1;  // each output pixel is the mean of samples x samples
};

// Samples an image bilinearly, rounding halves up, into (height, width, 3) bytes.
void warp(const ImageView& image, const Warp& how, const Kernels& kernels, std::uint8_t* out);

// Replaces each of the bytes of RGB pixels by its entry of a table, in the order of the pixels or
// as three planes, red, green and blue.
void apply_table(std::span<const std::uint8_t> pixels, std::span<const float, 256> table,
                 bool planes, float* out) noexcept;

}  // namespace fastmtcnn
