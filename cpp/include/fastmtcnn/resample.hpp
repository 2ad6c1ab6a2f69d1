#pragma once

#include <cstdint>
#include <vector>

#include "fastmtcnn/image.hpp"

namespace fastmtcnn {

// A rectangle of `height` x `width` pixels whose corner lies at (left, top) of an image. Its part
// outside the image is black.
struct Canvas {
  std::int64_t left;
  std::int64_t top;
  std::int64_t height;
  std::int64_t width;
};

// Integer weights with which the samples of one axis are averaged, as Pillow's BILINEAR computes
// them: a triangle, widened by the factor when shrinking, in units of 2^-22.
struct AxisWeights {
  std::int64_t count = 0;            // output samples
  std::int64_t most = 0;             // largest `taps`
  std::vector<std::int64_t> first;   // of each output sample: first input sample, from `low` on,
  std::vector<std::int64_t> taps;    // number of input samples (0: all of them black),
  std::vector<std::int64_t> offset;  // and where its weights start
  std::vector<std::int32_t> weights;
  // The same weights for kernels that multiply 16-bit integers, four taps a group: eight high
  // parts (w >> 11), one pair of taps for each of r, g, b and nothing, twice; then the low parts.
  std::vector<std::int64_t> group_offset;
  std::vector<std::int16_t> groups;

  // Weights from `size` samples to `count`, of which only [low, high) are not black.
  void assign(std::int64_t size, std::int64_t count, std::int64_t low, std::int64_t high);

 private:
  std::int64_t size_ = 0;
  std::int64_t low_ = 0;
  std::int64_t high_ = 0;
};

// Resamples canvases of images to normalised float planes, bit for bit as Pillow's
// resize(BILINEAR) does: along one axis to 8 bits, then along the other to 8 bits. Keeps its
// buffers between calls; not to be shared between threads.
class Resampler {
 public:
  // out: 3 x height x width.
  void run(const ImageView& image, const Canvas& canvas, std::int64_t height, std::int64_t width,
           float* out);

 private:
  void rows_first(const ImageView& image, const Canvas& canvas, std::int64_t height,
                  std::int64_t width, float* out);
  void columns_first(const ImageView& image, const Canvas& canvas, std::int64_t height,
                     std::int64_t width, float* out);
  const std::uint8_t* source_row(const ImageView& image, std::int64_t y, std::int64_t x);

  AxisWeights horizontal_;
  AxisWeights vertical_;
  std::vector<std::uint8_t> planes_;  // horizontally resampled rows, r, g and b apart
  std::vector<std::uint8_t> padded_;  // a row with room to read past its end
  std::vector<const std::uint8_t*> taps_;
};

}  // namespace fastmtcnn
