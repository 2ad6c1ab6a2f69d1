#pragma once

#include <cstdint>

// The inner loops that are written once for every processor and again for some. All of them
// compute the same integers, so results do not depend on which is chosen.
namespace fastmtcnn {

struct AxisWeights;

inline constexpr int kWeightBits = 22;   // Pillow's 32 - 8 - 2
inline constexpr int kLowBits = 11;      // of the two 16-bit parts of a weight
inline constexpr int kGroupTaps = 4;     // taps a group of 16-bit weights
inline constexpr int kGroupLength = 32;  // 16-bit numbers a group
inline constexpr int kGroupBytes = 16;   // bytes a kernel may read of a group's 12

struct Kernels {
  // `row`: the pixel that tap 0 counts from, RGB; readable up to kGroupBytes past the last tap.
  // `out`: three planes of 8-bit samples, `plane` bytes apart.
  void (*horizontal)(const std::uint8_t* row, const AxisWeights& weights, std::uint8_t* out,
                     std::int64_t plane);
  // The weighted sum of `taps` rows of `count` samples, rounded to 8 bits,
  void (*vertical)(const std::uint8_t* const* rows, const std::int32_t* weights, std::int64_t taps,
                   std::int64_t count, std::uint8_t* out);
  // and the same normalised.
  void (*vertical_normalised)(const std::uint8_t* const* rows, const std::int32_t* weights,
                              std::int64_t taps, std::int64_t count, float* out);
};

extern const Kernels kScalarKernels;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels kAvx2Kernels;
#endif

// The fastest that this processor has, chosen at the first call.
const Kernels& kernels();

}  // namespace fastmtcnn
