#pragma once

#include <cstdint>
#include <span>

#include "networks/scratch.hpp"
#include "networks/weights.hpp"

namespace fastmtcnn {

// A part of a level and the rows of its map that are wanted.
struct PNetInput {
  const float* part;  // 3 x rows x width
  std::int64_t top;   // the row of the level that is the first of the part
  std::int64_t rows;
  std::int64_t height;  // of the level
  std::int64_t width;
  std::int64_t begin;
  std::int64_t end;
  float threshold;     // offsets of lower scores need not be written
  std::int64_t pitch;  // values from one row of scores or offsets to the next
  std::int64_t plane;  // values from one plane of offsets to the next
};

// The networks, compiled once for every CPU target. All targets compute the same bits.
struct NetworkKernels {
  const char* name;

  // `scores` are end - begin rows, `offsets` the same in four planes.
  void (*pnet)(const PNetWeights& net, const PNetInput& input, Scratch& scratch, float* scores,
               float* offsets);
  void (*rnet)(const RNetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
               float* scores, float* offsets);
  void (*onet)(const ONetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
               float* scores, float* offsets, float* landmarks);
};

}  // namespace fastmtcnn
