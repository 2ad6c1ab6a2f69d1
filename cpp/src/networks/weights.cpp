#include "networks/weights.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "networks/tensors.hpp"
#include "networks/winograd.hpp"

namespace fastmtcnn {

namespace {

std::size_t index(std::int64_t value) { return static_cast<std::size_t>(value); }

// Followed by zeros.
Floats padded(std::span<const float> values, std::int64_t size) {
  Floats all(index(size));
  std::copy(values.begin(), values.end(), all.begin());
  return all;
}

bool any_steep(std::span<const float> slopes) {
  return std::any_of(slopes.begin(), slopes.end(), [](float slope) { return slope > 1.0F; });
}

// The share of a tap in the weight of a product, with 64 bits.
template <typename Rows, typename Cols>
double factor_of(std::int64_t product, std::int64_t y, std::int64_t x) {
  return Rows::kFactors[index(product / Cols::kPoints)][index(y)] *
         Cols::kFactors[index(product % Cols::kPoints)][index(x)];
}

struct ConvShape {
  int number;
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t padded_outputs;
};

struct ConvTensors {
  std::span<const float> filters;
  std::span<const float> bias;
  std::span<const float> slopes;
};

ConvTensors find_conv(const NamedTensors& tensors, const ConvShape& shape, std::int64_t taps) {
  const std::string number = std::to_string(shape.number);
  return {.filters = find_tensor(tensors, "conv" + number + ".weight",
                                 {shape.outputs, shape.inputs, taps, taps}),
          .bias = find_tensor(tensors, "conv" + number + ".bias", {shape.outputs}),
          .slopes = find_slopes(tensors, "prelu" + number + ".weight", shape.outputs)};
}

// Filters are transformed with 64 bits and rounded once.
template <typename Rows, typename Cols>
ConvWeights prepare_conv(const NamedTensors& tensors, const ConvShape& shape) {
  static_assert(Rows::kTaps == Cols::kTaps);
  constexpr std::int64_t kTaps = Rows::kTaps;
  constexpr std::int64_t kProducts = Rows::kPoints * Cols::kPoints;
  const ConvTensors from = find_conv(tensors, shape, kTaps);
  const std::int64_t width = shape.padded_outputs;
  Floats weights(index(kProducts * shape.inputs * width));
  Floats start(index(kProducts * width));
  for (std::int64_t product = 0; product < kProducts; ++product) {
    const double ones =
        Rows::kOnes[index(product / Cols::kPoints)] * Cols::kOnes[index(product % Cols::kPoints)];
    for (std::int64_t output = 0; output < shape.outputs; ++output) {
      start[index(product * width + output)] =
          static_cast<float>(ones * static_cast<double>(from.bias[index(output)]));
      for (std::int64_t input = 0; input < shape.inputs; ++input) {
        const float* filter = from.filters.data() + (output * shape.inputs + input) * kTaps * kTaps;
        double sum = 0.0;
        for (std::int64_t tap = 0; tap < kTaps * kTaps; ++tap) {
          sum += factor_of<Rows, Cols>(product, tap / kTaps, tap % kTaps) *
                 static_cast<double>(filter[tap]);
        }
        weights[index((product * shape.inputs + input) * width + output)] = static_cast<float>(sum);
      }
    }
  }
  return {.weights = std::move(weights),
          .start = std::move(start),
          .slope = padded(from.slopes, width),
          .steep = any_steep(from.slopes)};
}

// The first layer, whose columns are not transformed. Calls place_weight(output, channel, product,
// column, value) and place_start(output, product, value).
template <typename PlaceWeight, typename PlaceStart>
void transform_first(const ConvTensors& from, PlaceWeight place_weight, PlaceStart place_start) {
  const auto outputs = static_cast<std::int64_t>(from.bias.size());
  for (std::int64_t output = 0; output < outputs; ++output) {
    for (std::int64_t product = 0; product < Winograd43::kPoints; ++product) {
      const auto& factors = Winograd43::kFactors[index(product)];
      place_start(output, product,
                  static_cast<float>(Winograd43::kOnes[index(product)] *
                                     static_cast<double>(from.bias[index(output)])));
      for (std::int64_t channel = 0; channel < 3; ++channel) {
        for (std::int64_t column = 0; column < 3; ++column) {
          double sum = 0.0;
          for (std::int64_t row = 0; row < 3; ++row) {
            const std::int64_t tap = ((output * 3 + channel) * 3 + row) * 3 + column;
            sum += factors[index(row)] * static_cast<double>(from.filters[index(tap)]);
          }
          place_weight(output, channel, product, column, static_cast<float>(sum));
        }
      }
    }
  }
}

// That of R-Net and O-Net, as [product][channel][column][output].
ConvWeights prepare_first(const NamedTensors& tensors, const ConvShape& shape) {
  const ConvTensors from = find_conv(tensors, shape, 3);
  const std::int64_t width = shape.padded_outputs;
  Floats weights(index(Winograd43::kPoints * 9 * width));
  Floats start(index(Winograd43::kPoints * width));
  transform_first(
      from,
      [&](std::int64_t output, std::int64_t channel, std::int64_t product, std::int64_t column,
          float value) {
        weights[index(((product * 3 + channel) * 3 + column) * width + output)] = value;
      },
      [&](std::int64_t output, std::int64_t product, float value) {
        start[index(product * width + output)] = value;
      });
  return {.weights = std::move(weights),
          .start = std::move(start),
          .slope = padded(from.slopes, width),
          .steep = any_steep(from.slopes)};
}

// That of P-Net, as [output][channel][product][column].
ConvWeights prepare_first_of_pnet(const NamedTensors& tensors, const ConvShape& shape) {
  constexpr std::int64_t kProducts = Winograd43::kPoints;
  const ConvTensors from = find_conv(tensors, shape, 3);
  Floats weights(index(shape.outputs * kProducts * 9));
  Floats start(index(shape.outputs * kProducts));
  transform_first(
      from,
      [&](std::int64_t output, std::int64_t channel, std::int64_t product, std::int64_t column,
          float value) {
        weights[index(((output * 3 + channel) * kProducts + product) * 3 + column)] = value;
      },
      [&](std::int64_t output, std::int64_t product, float value) {
        start[index(output * kProducts + product)] = value;
      });
  return {.weights = std::move(weights),
          .start = std::move(start),
          .slope = padded(from.slopes, shape.outputs),
          .steep = any_steep(from.slopes)};
}

// Puts an output into its panel; weight(input) gives its weights.
template <typename Weight>
void place_output(DenseWeights& layer, std::int64_t panel, std::int64_t output, Weight weight) {
  for (std::int64_t input = 0; input < layer.inputs; ++input) {
    const std::int64_t row = output / panel * layer.inputs + input;
    layer.weights[index(row * panel + output % panel)] = static_cast<float>(weight(input));
  }
}

DenseWeights empty_dense(std::int64_t inputs, std::int64_t outputs) {
  return {.inputs = inputs,
          .outputs = outputs,
          .weights = Floats(index(inputs * outputs)),
          .bias = Floats(index(outputs)),
          .slope = {},
          .steep = false};
}

// The dense layer behind a map of side x side cells with some channels, whose order in the graph is
// column, row, channel, and here row, column, channel.
DenseWeights prepare_dense(const NamedTensors& tensors, int number, std::int64_t side,
                           std::int64_t channels, std::int64_t outputs) {
  const std::string name = "dense" + std::to_string(number);
  const std::int64_t inputs = side * side * channels;
  const auto values = find_tensor(tensors, name + ".weight", {outputs, inputs});
  DenseWeights layer = empty_dense(inputs, outputs);
  for (std::int64_t output = 0; output < outputs; ++output) {
    place_output(layer, kDensePanel, output, [&](std::int64_t input) {
      const std::int64_t channel = input % channels;
      const std::int64_t row = input / channels / side;
      const std::int64_t column = input / channels % side;
      return values[index(output * inputs + (column * side + row) * channels + channel)];
    });
  }
  layer.bias = padded(find_tensor(tensors, name + ".bias", {outputs}), outputs);
  layer.slope =
      padded(find_slopes(tensors, "prelu" + std::to_string(number) + ".weight", outputs), outputs);
  layer.steep = any_steep(layer.slope);
  return layer;
}

// The heads of a network side by side: of the two logits the difference, then what follows.
// place(output, weights, bias) gets the weights as a function of the input.
template <typename Place>
void prepare_heads(const NamedTensors& tensors, const std::string& name, std::int64_t inputs,
                   std::span<const std::int64_t> sizes, bool is_conv, Place place) {
  std::int64_t output = 0;
  for (std::size_t head = 0; head < sizes.size(); ++head) {
    const std::string layer = name + "_" + std::to_string(head + 1);
    const std::int64_t size = sizes[head];
    const auto weights = find_tensor(tensors, layer + ".weight",
                                     is_conv ? Shape{size, inputs, 1, 1} : Shape{size, inputs});
    const auto bias = find_tensor(tensors, layer + ".bias", {size});
    if (head == 0) {
      const auto difference = [](float background, float face) {
        return static_cast<double>(background) - static_cast<double>(face);
      };
      place(
          output++,
          [&](std::int64_t input) {
            return difference(weights[index(input)], weights[index(inputs + input)]);
          },
          difference(bias[0], bias[1]));
    } else {
      for (std::int64_t row = 0; row < size; ++row) {
        place(
            output++, [&](std::int64_t input) { return weights[index(row * inputs + input)]; },
            static_cast<double>(bias[index(row)]));
      }
    }
  }
}

DenseWeights prepare_dense_heads(const NamedTensors& tensors, const std::string& name,
                                 std::int64_t inputs, std::span<const std::int64_t> sizes) {
  DenseWeights layer = empty_dense(inputs, kHeadsPanel);
  prepare_heads(tensors, name, inputs, sizes, false,
                [&](std::int64_t output, auto weight, double bias) {
                  place_output(layer, kHeadsPanel, output, weight);
                  layer.bias[index(output)] = static_cast<float>(bias);
                });
  return layer;
}

}  // namespace

PNetWeights prepare_pnet(const NamedTensors& tensors) {
  PNetWeights net{
      .conv1 = prepare_first_of_pnet(tensors, {1, 3, 10, 10}),
      .conv2 = prepare_conv<Winograd43, Winograd23>(tensors, {2, 10, 16, 16}),
      .conv3 = prepare_conv<Winograd43, Winograd23>(tensors, {3, 16, 32, 32}),
      .heads = Floats(32 * kCellHeads),
      .heads_bias = Floats(kCellHeads),
  };
  constexpr std::array<std::int64_t, 2> kSizes = {2, 4};
  prepare_heads(
      tensors, "conv4", 32, kSizes, true, [&](std::int64_t output, auto weight, double bias) {
        for (std::int64_t input = 0; input < 32; ++input) {
          net.heads[index(input * kCellHeads + output)] = static_cast<float>(weight(input));
        }
        net.heads_bias[index(output)] = static_cast<float>(bias);
      });
  return net;
}

RNetWeights prepare_rnet(const NamedTensors& tensors) {
  constexpr std::array<std::int64_t, 2> kSizes = {2, 4};
  return {.conv1 = prepare_first(tensors, {1, 3, 28, 32}),
          .conv2 = prepare_conv<Winograd33, Winograd33>(tensors, {2, 28, 48, 48}),
          .conv3 = prepare_conv<Winograd32, Winograd32>(tensors, {3, 48, 64, 64}),
          .dense4 = prepare_dense(tensors, 4, 3, 64, 128),
          .heads = prepare_dense_heads(tensors, "dense5", 128, kSizes)};
}

ONetWeights prepare_onet(const NamedTensors& tensors) {
  constexpr std::array<std::int64_t, 3> kSizes = {2, 4, 10};
  return {.conv1 = prepare_first(tensors, {1, 3, 32, 32}),
          .conv2 = prepare_conv<Winograd33, Winograd33>(tensors, {2, 32, 64, 64}),
          .conv3 = prepare_conv<Winograd43, Winograd23>(tensors, {3, 64, 64, 64}),
          .conv4 = prepare_conv<Winograd32, Winograd32>(tensors, {4, 64, 128, 128}),
          .dense5 = prepare_dense(tensors, 5, 3, 128, 256),
          .heads = prepare_dense_heads(tensors, "dense6", 256, kSizes)};
}

}  // namespace fastmtcnn
