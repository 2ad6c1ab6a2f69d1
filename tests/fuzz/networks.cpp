// The networks: with any weights, sizes and pixels, all CPU targets give the bits of the scalar
// code, and nothing outside of the arguments is touched.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "fastmtcnn/networks.hpp"
#include "input.hpp"
#include "support/tensors.hpp"

namespace fastmtcnn::fuzz {

namespace {

// Numbers of a kind, from a state: an input has too few bytes for a network.
class Numbers {
 public:
  enum Kind { kUsual, kSparse, kExtreme, kAnyBits };

  Numbers(Kind kind, std::uint32_t state) : kind_(kind), state_(state) {}

  float next(float scale) {
    const float usual = scale * (static_cast<float>(bits() >> 8U) / 8388608.0F - 1.0F);
    switch (kind_) {
      case kUsual:
        return usual;
      case kSparse:
        return bits() % 8 == 0 ? usual : 0.0F;
      case kExtreme: {
        constexpr float kMany[] = {0.0F,   -0.0F, 1.0F,   -1.0F, 1e-45F, -1e-38F,
                                   1e-20F, 1e20F, -1e20F, 3e38F, -3e38F};
        return bits() % 64 == 0 ? kMany[bits() % std::size(kMany)] : usual;
      }
      case kAnyBits:
        break;
    }
    const std::uint32_t any = bits();
    float value;
    std::memcpy(&value, &any, sizeof(value));
    return value;
  }

 private:
  std::uint32_t bits() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    state_ ^= state_ << 5U;
    return state_;
  }

  Kind kind_;
  std::uint32_t state_;
};

Numbers numbers_of(Input& input) {
  constexpr Numbers::Kind kKinds[] = {Numbers::kUsual, Numbers::kSparse, Numbers::kExtreme,
                                      Numbers::kAnyBits};
  const Numbers::Kind kind = kKinds[input.between(0, 3)];
  return {kind, input.take<std::uint32_t>() | 1U};
}

tests::Fill weights_of(Input& input) {
  const auto slope = static_cast<float>(input.between(0, 8)) / 4.0F;
  return [numbers = numbers_of(input), slope](const std::string& name,
                                              std::vector<float>& values) mutable {
    const bool is_slope = name.starts_with("prelu");
    for (float& value : values) {
      value = numbers.next(is_slope ? slope : 0.2F);
    }
  };
}

std::vector<float> pixels_of(Input& input, std::int64_t count) {
  Numbers numbers = numbers_of(input);
  std::vector<float> pixels(static_cast<std::size_t>(count));
  std::generate(pixels.begin(), pixels.end(), [&] { return numbers.next(1.0F); });
  return pixels;
}

// Outputs in allocations of their own size, filled with what must be overwritten.
using Outputs = std::vector<std::vector<float>>;

Outputs empty_outputs(std::initializer_list<std::int64_t> sizes) {
  Outputs outputs;
  for (const std::int64_t size : sizes) {
    outputs.emplace_back(static_cast<std::size_t>(size), 12345.0F);
  }
  return outputs;
}

// The same bits, or both NaN: which of its two NaN an operation returns, no target promises.
void check_same(const Outputs& got, const Outputs& wanted) {
  for (std::size_t n = 0; n < got.size(); ++n) {
    for (std::size_t k = 0; k < got[n].size(); ++k) {
      const float one = got[n][k];
      const float other = wanted[n][k];
      CHECK(std::memcmp(&one, &other, sizeof(float)) == 0 ||
            (std::isnan(one) && std::isnan(other)));
    }
  }
}

// run(network) gives the outputs of a network made from the tensors.
template <typename Network, typename Run>
void check_targets(const tests::Tensors& tensors, Run run) {
  const auto outputs = [&](const NetworkKernels& kernels, bool poison) {
    return run(Network(tensors.named(), kernels, poison));
  };
  const Outputs wanted = outputs(*network_kernels_named("scalar"), false);
  for (const float score : wanted[0]) {
    CHECK(score >= 0.0F && score <= 1.0F);
  }
  for (const std::string& name : network_targets()) {
    check_same(outputs(*network_kernels_named(name), true), wanted);
  }
}

void check_pnet(Input& input) {
  const tests::Tensors tensors = tests::pnet_tensors(weights_of(input));
  const std::int64_t height = input.between(12, 60);
  const std::int64_t width = input.between(12, 90);
  const std::int64_t rows = pnet_cells(height);
  const std::int64_t begin = input.between(0, rows - 1);
  const std::int64_t end = input.between(begin + 1, rows);
  const std::vector<float> level = pixels_of(input, 3 * height * width);
  const std::int64_t cells = (end - begin) * pnet_cells(width);
  check_targets<PNet>(tensors, [&](const PNet& network) {
    Outputs outputs = empty_outputs({cells, 4 * cells});
    network.run(level, height, width, begin, end, outputs[0], outputs[1]);
    return outputs;
  });
}

void check_rnet(Input& input) {
  const tests::Tensors tensors = tests::rnet_tensors(weights_of(input));
  const std::int64_t count = input.between(0, 9);
  const std::vector<float> crops = pixels_of(input, count * 3 * RNet::kSide * RNet::kSide);
  check_targets<RNet>(tensors, [&](const RNet& network) {
    Outputs outputs = empty_outputs({count, 4 * count});
    network.run(crops, outputs[0], outputs[1]);
    return outputs;
  });
}

void check_onet(Input& input) {
  const tests::Tensors tensors = tests::onet_tensors(weights_of(input));
  const std::int64_t count = input.between(0, 3);
  const std::vector<float> crops = pixels_of(input, count * 3 * ONet::kSide * ONet::kSide);
  check_targets<ONet>(tensors, [&](const ONet& network) {
    Outputs outputs = empty_outputs({count, 4 * count, 10 * count});
    network.run(crops, outputs[0], outputs[1], outputs[2]);
    return outputs;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto kind = input.take<std::uint8_t>();
  if (kind % 8 == 7) {
    check_onet(input);
  } else if (kind % 8 >= 5) {
    check_rnet(input);
  } else {
    check_pnet(input);
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
