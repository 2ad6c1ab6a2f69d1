#include "networks/scratch.hpp"

#include <algorithm>
#include <limits>

namespace fastmtcnn {

namespace {

// Enough for all crops, and for levels of 4K images.
constexpr std::size_t kMostKept = std::size_t{1} << 20U;

Floats& block_of_this_thread() {
  thread_local Floats block;
  return block;
}

}  // namespace

Scratch::~Scratch() {
  Floats& block = block_of_this_thread();
  if (block.size() > kMostKept) {
    block = Floats();
  }
}

float* Scratch::block(std::ptrdiff_t floats) {
  Floats& block = block_of_this_thread();
  const auto wanted = static_cast<std::size_t>(floats);
  if (block.size() < wanted) {
    block = Floats();  // first, so that there are never two
    block.resize(wanted);
  }
  if (poison_) {
    std::fill(block.begin(), block.end(), std::numeric_limits<float>::quiet_NaN());
  }
  return block.data();
}

}  // namespace fastmtcnn
