#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "fastmtcnn/networks.hpp"

// The weights of networks as the kernels read them: the same for all CPU targets.
namespace fastmtcnn {

// Allocates at cache lines, so that no vector lies across two.
template <typename T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  LineAllocator() noexcept = default;
  template <typename Other>
  explicit LineAllocator(const LineAllocator<Other>& /*other*/) noexcept {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kLine));
  }
  void deallocate(T* p, std::size_t /*count*/) noexcept { ::operator delete(p, kLine); }
  template <typename Other>
  bool operator==(const LineAllocator<Other>& /*other*/) const noexcept {
    return true;
  }
};

using Floats = std::vector<float, LineAllocator<float>>;

// A convolution with its PReLU. `weights` are [product][input][output], where the inputs of the
// first layer are pairs of channel and column; outputs may be padded with zeros. `start`, as
// [product][output], is what the sums of the products begin with, so that they give the bias, too.
struct ConvWeights {
  Floats weights;
  Floats start;
  Floats slope;
  bool steep = false;  // a slope is above 1
};

// A dense layer as [panel][input][output of the panel]. Without PReLU, `slope` is empty.
struct DenseWeights {
  std::ptrdiff_t inputs = 0;
  std::ptrdiff_t outputs = 0;  // a multiple of the width of a panel
  Floats weights;
  Floats bias;
  Floats slope;
  bool steep = false;
};

// Outputs in a panel of a dense layer, and of the heads, whose outputs are few.
inline constexpr std::ptrdiff_t kDensePanel = 32;
inline constexpr std::ptrdiff_t kHeadsPanel = 16;

// Output 0 of the heads is by how much the logit of the background exceeds that of the face; then
// come four offsets and, for O-Net, ten landmarks.
inline constexpr std::ptrdiff_t kCellHeads = 5;

struct PNetWeights {
  ConvWeights conv1;  // as [output][channel][product][column], `start` as [output][product]
  ConvWeights conv2;
  ConvWeights conv3;
  Floats heads;  // [input][kCellHeads]
  Floats heads_bias;
};

struct RNetWeights {
  ConvWeights conv1;
  ConvWeights conv2;
  ConvWeights conv3;
  DenseWeights dense4;
  DenseWeights heads;
};

struct ONetWeights {
  ConvWeights conv1;
  ConvWeights conv2;
  ConvWeights conv3;
  ConvWeights conv4;
  DenseWeights dense5;
  DenseWeights heads;
};

// Throw std::invalid_argument if a tensor is missing or of another shape.
PNetWeights prepare_pnet(const NamedTensors& tensors);
RNetWeights prepare_rnet(const NamedTensors& tensors);
ONetWeights prepare_onet(const NamedTensors& tensors);

}  // namespace fastmtcnn
