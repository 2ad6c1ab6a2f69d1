#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fastmtcnn {

struct BilinearRow;
struct BoxColumns;
struct GroupedWeights;

// The inner loops, compiled once for every CPU target. All targets compute the same bits, so
// results do not depend on which one is chosen.
struct Kernels {
  const char* name;

  // Size of the weights of a group of four taps in the layout of the target, and the function that
  // brings some groups into that layout.
  std::int64_t group_bytes;
  void (*pack)(std::span<const std::int32_t> weights, std::uint8_t* out) noexcept;

  // Brings `groups` groups of four pixels of sixteen rows into the layout of Bands. Reads up to
  // four bytes past the last group of each row.
  void (*to_band)(const std::uint8_t* row, std::ptrdiff_t row_stride, std::int64_t groups,
                  std::uint8_t* out) noexcept;

  // Averages the columns of a band, into four lines (see resample.cpp for their layout) `line`
  // bytes apart for each of three planes `plane` bytes apart.
  void (*horizontal)(const std::uint8_t* band, const GroupedWeights& weights, std::uint8_t* out,
                     std::int64_t line, std::int64_t plane) noexcept;

  // Averages such lines to one row of normalised values. Reads up to 64 bytes past the last line.
  void (*vertical)(const std::uint8_t* lines, std::int64_t line, const std::uint8_t* weights,
                   std::int64_t groups, std::span<float> out) noexcept;

  // Adds the weighted bytes to as many sums.
  void (*accumulate)(std::span<const std::uint8_t> bytes, float weight, float* sums) noexcept;

  // Sets drop[n] to 1 for each of the boxes [begin, end) whose overlap with box `best` exceeds the
  // threshold, else to 0; returns the number of these boxes. `over_smaller` as in Overlap::kMin.
  std::int64_t (*overlaps)(const BoxColumns& boxes, std::int64_t best, std::int64_t begin,
                           std::int64_t end, double threshold, bool over_smaller,
                           std::uint8_t* drop) noexcept;

  // Samples packed RGB pixels for the columns [begin, end) of an output row; positions count from
  // the pixel `origin` bytes from `pixels`. Reads up to one byte past each pixel. Offsets from
  // `pixels` must fit 32 bits.
  void (*bilinear)(const std::uint8_t* pixels, std::ptrdiff_t row_stride, std::ptrdiff_t origin,
                   const BilinearRow& row, std::int64_t begin, std::int64_t end,
                   std::uint8_t* out) noexcept;

  // Computes multiply-adds with all operands in registers, for some ten microseconds or more;
  // returns their number.
  std::int64_t (*multiply_adds)() noexcept;
};

}  // namespace fastmtcnn
