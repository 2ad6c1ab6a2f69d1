#pragma once

#include <cstdint>
#include <span>

#include "networks/scratch.hpp"
#include "networks/weights.hpp"

namespace fastmtcnn {

// A level and the rows of its map that are wanted.
struct PNetInput {
  const float* level;  // 3 x height x width
  std::int64_t height;
  std::int64_t width;
  std::int64_t begin;
  std::int64_t end;
};

// The networks, compiled once for every CPU target. All targets compute the same bits.
struct NetworkKernels {
  const char* name;

  // `scores` are (end - begin) x columns, `offsets` four such planes.
  void (*pnet)(const PNetWeights& net, const PNetInput& input, Scratch& scratch, float* scores,
               float* offsets);
  void (*rnet)(const RNetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
               float* scores, float* offsets);
  void (*onet)(const ONetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
               float* scores, float* offsets, float* landmarks);
};

}  // namespace fastmtcnn
