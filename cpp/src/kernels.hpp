#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

// The inner loops that are written once for every processor and again for some. All of them
// compute the same integers, so results do not depend on which is chosen.
namespace fastmtcnn {

struct GroupedWeights;

// Boxes that still wait to be kept or dropped, column by column.
struct BoxColumns {
  double* x1;
  double* y1;
  double* x2;
  double* y2;
  double* area;
};

inline constexpr int kWeightBits = 22;  // Pillow's 32 - 8 - 2
inline constexpr int kGroupTaps = 4;

inline bool exceeds(const BoxColumns& boxes, std::int64_t a, std::int64_t b, double threshold,
                    bool over_smaller) {
  const double w = std::min(boxes.x2[a], boxes.x2[b]) - std::max(boxes.x1[a], boxes.x1[b]) + 1.0;
  const double h = std::min(boxes.y2[a], boxes.y2[b]) - std::max(boxes.y1[a], boxes.y1[b]) + 1.0;
  // A box with a NaN, whose area is one too, overlaps nothing.
  if (!(w > 0.0 && h > 0.0) || std::isnan(boxes.area[a]) || std::isnan(boxes.area[b])) {
    return false;
  }
  const double inter = w * h;
  const double whole =
      over_smaller ? std::min(boxes.area[a], boxes.area[b]) : boxes.area[a] + boxes.area[b] - inter;
  return inter / whole > threshold;
}

// Where the pixels of a row lie in an image.
struct BilinearRow {
  float x;
  float y;
  float step_x;
  float step_y;

  float x_at(std::int64_t column) const { return x + static_cast<float>(column) * step_x; }
  float y_at(std::int64_t column) const { return y + static_cast<float>(column) * step_y; }
};

// std::floor, which is a call where the processor is not known to have an instruction for it.
inline std::int32_t floor_to_int(float value) {
  const auto whole = static_cast<std::int32_t>(value);
  return whole - (value < static_cast<float>(whole) ? 1 : 0);
}

// The RGB pixel at fractions x and y of the way from the first to the second and to the third.
inline void bilinear(const std::uint8_t* p00, const std::uint8_t* p01, const std::uint8_t* p10,
                     const std::uint8_t* p11, float x, float y, std::uint8_t* out) {
  for (int channel = 0; channel < 3; ++channel) {
    const float left_top = p00[channel];
    const float left_bottom = p10[channel];
    const float top = left_top + x * (static_cast<float>(p01[channel]) - left_top);
    const float bottom = left_bottom + x * (static_cast<float>(p11[channel]) - left_bottom);
    out[channel] = static_cast<std::uint8_t>(top + y * (bottom - top) + 0.5F);
  }
}

struct Kernels {
  const char* name;

  // Size of the weights of a group as the kernels want them, and how to make those of some groups.
  std::int64_t group_bytes;
  void (*pack)(const std::int32_t* weights, std::int64_t groups, std::uint8_t* out);

  // Brings `groups` groups of four pixels of sixteen rows into the order of a band. Reads up to
  // four bytes more of each row.
  void (*to_band)(const std::uint8_t* row, std::ptrdiff_t row_stride, std::int64_t groups,
                  std::uint8_t* out);

  // Averages the columns of a band. Sample x of four rows is four bytes together at 4 * x; `out`
  // has four such lines `line` bytes apart for each of three planes `plane` bytes apart.
  void (*horizontal)(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                     std::int64_t line, std::int64_t plane);

  // Averages such lines to one row of normalised values.
  void (*vertical)(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
                   std::int64_t groups, std::int64_t count, float* out);

  // Adds the weighted bytes to the sums.
  void (*accumulate)(const std::uint8_t* bytes, float weight, std::int64_t count, float* sums);

  // Sets drop[n] to 1 for each of the boxes [begin, end) whose overlap with box `best` exceeds the
  // threshold, else to 0; returns how many these are. `over_smaller` as in Overlap::kMin.
  std::int64_t (*overlaps)(const BoxColumns& boxes, std::int64_t best, std::int64_t begin,
                           std::int64_t end, double threshold, bool over_smaller,
                           std::uint8_t* drop);

  // Samples packed RGB pixels for the columns [begin, end) of a row, `origin` bytes from where
  // positions count. Reads up to a byte more than each pixel. Offsets must fit 32 bits.
  void (*bilinear)(const std::uint8_t* pixels, std::ptrdiff_t row_stride, std::ptrdiff_t origin,
                   const BilinearRow& row, std::int64_t begin, std::int64_t end, std::uint8_t* out);
};

extern const Kernels kScalarKernels;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

// The fastest that this processor has, chosen at the first call.
const Kernels& kernels();

}  // namespace fastmtcnn
