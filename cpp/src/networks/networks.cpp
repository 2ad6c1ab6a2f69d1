#include "fastmtcnn/networks.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "networks/kernels.hpp"
#include "networks/scratch.hpp"
#include "networks/target_list.hpp"
#include "networks/weights.hpp"
#include "simd/disabled.hpp"

namespace fastmtcnn {

namespace {

std::vector<const NetworkKernels*> find_kernels() {
  std::vector<const NetworkKernels*> found;
  for (const FindNetworkKernels find : kNetworkTargets) {
    const NetworkKernels* kernels = find();
    const bool last_resort = kernels == scalar_networks();
    if (kernels != nullptr && (last_resort || !is_disabled(kernels->name))) {
      found.push_back(kernels);
    }
  }
  return found;
}

const std::vector<const NetworkKernels*>& all_kernels() {
  static const std::vector<const NetworkKernels*> found = find_kernels();
  return found;
}

}  // namespace

std::vector<std::string> network_targets() {
  std::vector<std::string> names;
  for (const NetworkKernels* kernels : all_kernels()) {
    names.emplace_back(kernels->name);
  }
  return names;
}

const NetworkKernels& fastest_network_kernels() { return *all_kernels().front(); }

const NetworkKernels* network_kernels_named(std::string_view name) {
  for (const NetworkKernels* kernels : all_kernels()) {
    if (kernels->name == name) {
      return kernels;
    }
  }
  return nullptr;
}

PNet::PNet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison)
    : weights_(std::make_unique<const PNetWeights>(prepare_pnet(tensors))),
      kernels_(kernels),
      poison_(poison) {}
PNet::PNet(PNet&&) noexcept = default;
PNet::~PNet() = default;

const char* PNet::target() const noexcept { return kernels_.name; }

void PNet::run(std::span<const float> level, std::int64_t height, std::int64_t width,
               std::int64_t begin, std::int64_t end, std::span<float> scores,
               std::span<float> offsets) const {
  run({.part = level.data(),
       .top = 0,
       .rows = height,
       .height = height,
       .width = width,
       .begin = begin,
       .end = end,
       .threshold = -std::numeric_limits<float>::infinity(),
       .pitch = pnet_cells(width),
       .plane = (end - begin) * pnet_cells(width)},
      scores, offsets);
}

PNet::Rows PNet::rows_for(std::int64_t height, std::int64_t begin, std::int64_t end) noexcept {
  // Tiles of four rows need 8 rows of the level each, and the last one 14 more.
  return {.begin = begin / 4 * 8, .end = std::min((end + 3) / 4 * 8 + 14, height)};
}

void PNet::run_part(std::span<const float> part, std::int64_t height, std::int64_t width,
                    std::int64_t begin, std::int64_t end, float threshold, std::span<float> scores,
                    std::span<float> offsets, std::int64_t pitch, std::int64_t plane) const {
  const Rows rows = rows_for(height, begin, end);
  run({.part = part.data(),
       .top = rows.begin,
       .rows = rows.end - rows.begin,
       .height = height,
       .width = width,
       .begin = begin,
       .end = end,
       .threshold = threshold,
       .pitch = pitch,
       .plane = plane},
      scores, offsets);
}

void PNet::run(const PNetInput& input, std::span<float> scores, std::span<float> offsets) const {
  if (input.begin < input.end && pnet_cells(input.width) >= 1) {
    Scratch scratch(poison_);
    kernels_.pnet(*weights_, input, scratch, scores.data(), offsets.data());
  }
}

RNet::RNet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison)
    : weights_(std::make_unique<const RNetWeights>(prepare_rnet(tensors))),
      kernels_(kernels),
      poison_(poison) {}
RNet::RNet(RNet&&) noexcept = default;
RNet::~RNet() = default;

const char* RNet::target() const noexcept { return kernels_.name; }

void RNet::run(std::span<const float> crops, std::span<float> scores,
               std::span<float> offsets) const {
  Scratch scratch(poison_);
  kernels_.rnet(*weights_, crops.data(), static_cast<std::int64_t>(scores.size()), scratch,
                scores.data(), offsets.data());
}

ONet::ONet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison)
    : weights_(std::make_unique<const ONetWeights>(prepare_onet(tensors))),
      kernels_(kernels),
      poison_(poison) {}
ONet::ONet(ONet&&) noexcept = default;
ONet::~ONet() = default;

const char* ONet::target() const noexcept { return kernels_.name; }

void ONet::run(std::span<const float> crops, std::span<float> scores, std::span<float> offsets,
               std::span<float> landmarks) const {
  Scratch scratch(poison_);
  kernels_.onet(*weights_, crops.data(), static_cast<std::int64_t>(scores.size()), scratch,
                scores.data(), offsets.data(), landmarks.data());
}

}  // namespace fastmtcnn
