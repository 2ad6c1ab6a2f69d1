#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The three networks of the cascade in their original architectures, by kernels of our own.
namespace fastmtcnn {

// A tensor of the plain graph of a network.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

// By name: "conv1.weight", "conv1.bias", "prelu1.weight" and so on.
using NamedTensors = std::map<std::string, Tensor, std::less<>>;

// Names of the CPU targets that this build has network kernels for and this processor runs, fastest
// first; the last is "scalar", which is for tests: it is slow. Targets named in FASTMTCNN_DISABLE
// are left out, as in cpu_features().
std::vector<std::string> network_targets();

// The inner loops for one CPU target. All targets give the same bits.
struct NetworkKernels;

const NetworkKernels& fastest_network_kernels();
const NetworkKernels* network_kernels_named(std::string_view name);  // nullptr if there is none

struct PNetInput;
struct PNetWeights;
struct RNetWeights;
struct ONetWeights;

// All values are normalised: (p - 127.5) / 128. The networks may be run by many threads at a time.
// A thread keeps its buffers of intermediate values from call to call, up to a few MB. `poison`
// fills them with NaN before each call, so that a test sees what is read before it is written.

// Number of cells of P-Net's map along a side of a level; less than 1 if the level is too small.
constexpr std::int64_t pnet_cells(std::int64_t side) noexcept { return (side - 1) / 2 - 4; }

class PNet {
 public:
  static constexpr std::int64_t kWindow = 12;

  // Throws std::invalid_argument if a tensor is missing or of another shape.
  PNet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison = false);
  PNet(PNet&&) noexcept;
  ~PNet();

  const char* target() const noexcept;  // name of the CPU target

  // The rows [begin, end) of the map of a level of 3 x height x width values: face probabilities as
  // (end - begin) x columns, and offsets as 4 such planes. A row's bits do not depend on the others
  // that are asked for.
  void run(std::span<const float> level, std::int64_t height, std::int64_t width,
           std::int64_t begin, std::int64_t end, std::span<float> scores,
           std::span<float> offsets) const;

  // The rows of a level that its part holds from which run_part() makes the rows [begin, end).
  struct Rows {
    std::int64_t begin;
    std::int64_t end;
  };
  static Rows rows_for(std::int64_t height, std::int64_t begin, std::int64_t end) noexcept;

  // Columns of a level that hold `cells` columns of the map. Some that begin at a multiple of
  // 2 * kCellsTogether columns give the bits that they give as a part of the whole level.
  static constexpr std::int64_t columns_for(std::int64_t cells) noexcept { return 2 * cells + 10; }
  static constexpr std::int64_t kCellsTogether = 2;

  // As run(), from 3 x rows x width values, the rows of rows_for(). Offsets are written where a
  // score is at least `threshold`, and perhaps elsewhere: few windows pass, and the offsets of the
  // others take time. Rows are `pitch` values apart, planes `plane`.
  void run_part(std::span<const float> part, std::int64_t height, std::int64_t width,
                std::int64_t begin, std::int64_t end, float threshold, std::span<float> scores,
                std::span<float> offsets, std::int64_t pitch, std::int64_t plane) const;

 private:
  void run(const PNetInput& input, std::span<float> scores, std::span<float> offsets) const;

  std::unique_ptr<const PNetWeights> weights_;
  const NetworkKernels& kernels_;
  bool poison_;
};

class RNet {
 public:
  static constexpr std::int64_t kSide = 24;
  static constexpr std::size_t kAtOnce = 32;  // crops that go through the layers together

  RNet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison = false);
  RNet(RNet&&) noexcept;
  ~RNet();

  const char* target() const noexcept;  // name of the CPU target

  // n crops of 3 x kSide x kSide to n face probabilities and n x 4 offsets. The bits of a crop's
  // outputs do not depend on the other crops.
  void run(std::span<const float> crops, std::span<float> scores, std::span<float> offsets) const;

 private:
  std::unique_ptr<const RNetWeights> weights_;
  const NetworkKernels& kernels_;
  bool poison_;
};

class ONet {
 public:
  static constexpr std::int64_t kSide = 48;
  static constexpr std::size_t kAtOnce = 24;

  ONet(const NamedTensors& tensors, const NetworkKernels& kernels, bool poison = false);
  ONet(ONet&&) noexcept;
  ~ONet();

  const char* target() const noexcept;  // name of the CPU target

  // As RNet, with n x 10 landmarks.
  void run(std::span<const float> crops, std::span<float> scores, std::span<float> offsets,
           std::span<float> landmarks) const;

 private:
  std::unique_ptr<const ONetWeights> weights_;
  const NetworkKernels& kernels_;
  bool poison_;
};

}  // namespace fastmtcnn
