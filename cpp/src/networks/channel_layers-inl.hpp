// The other layers of R-Net and O-Net, with channels in the lanes. Included by the file of each CPU
// target within its region and its namespace (see simd/region.hpp), so this file includes nothing;
// it needs <algorithm>, "networks/scratch.hpp", winograd-inl.hpp, activations-inl.hpp and
// products-inl.hpp.
//
// Maps of some crops are [crop][row][column][channel].

// Vectors of columns in a block of a product that is `columns` wide, and its rows.
constexpr int block_vectors(std::ptrdiff_t columns) noexcept {
  constexpr auto kLanes = static_cast<std::ptrdiff_t>(F32::kLanes);
  return columns % (4 * kLanes) == 0   ? 4
         : columns % (3 * kLanes) == 0 ? 3
         : columns % (2 * kLanes) == 0 ? 2
                                       : 1;
}
constexpr int block_rows(int vectors) noexcept {
  return std::min(8, (kNumRegisters == 32 ? 24 : 12) / vectors);
}

// A convolution of maps of Side x Side with its PReLU. The tiles of all crops make the rows of the
// products, Block of them at a time.
template <typename Rows, typename Cols, int Inputs, int Outputs, int Side, int Block>
struct Convolution {
  static constexpr std::ptrdiff_t kLanes = F32::kLanes;
  static constexpr std::ptrdiff_t kPitch = (Inputs + 15) / 16 * 16;  // channels of the input maps
  static constexpr std::ptrdiff_t kOutRows = Side - Rows::kTaps + 1;
  static constexpr std::ptrdiff_t kOutCols = Side - Cols::kTaps + 1;
  static constexpr std::ptrdiff_t kTileCols = kOutCols / Cols::kOutputs;
  static constexpr std::ptrdiff_t kTiles = kOutRows / Rows::kOutputs * kTileCols;
  static constexpr std::ptrdiff_t kProducts = Rows::kPoints * Cols::kPoints;
  static constexpr std::ptrdiff_t kInStep = spread(Block * kPitch);
  static constexpr std::ptrdiff_t kOutStep = spread(Block * Outputs);
  static_assert(kOutRows % Rows::kOutputs == 0 && kOutCols % Cols::kOutputs == 0);

  static constexpr std::ptrdiff_t kOutputs = kOutRows * kOutCols * Outputs;  // of a crop

  struct Buffers {
    explicit Buffers(Slices& slices)
        : inputs(slices.take(kProducts * kInStep)), outputs(slices.take(kProducts * kOutStep)) {}

    float* inputs;   // [product][tile][channel]
    float* outputs;  // [product][tile][channel]
  };

  static void run(const ConvWeights& layer, const float* maps, std::ptrdiff_t crops,
                  const Buffers& buffers, float* out) noexcept {
    const std::ptrdiff_t total = crops * kTiles;
    for (std::ptrdiff_t first = 0; first < total; first += Block) {
      const std::ptrdiff_t count = std::min<std::ptrdiff_t>(Block, total - first);
      for (std::ptrdiff_t n = 0; n < count; ++n) {
        gather(maps, first + n, buffers.inputs + n * kPitch);
      }
      multiply(layer, count, buffers);
      for (std::ptrdiff_t n = 0; n < count; ++n) {
        if (layer.steep) {
          scatter<true>(layer, buffers.outputs + n * Outputs, first + n, out);
        } else {
          scatter<false>(layer, buffers.outputs + n * Outputs, first + n, out);
        }
      }
    }
  }

 private:
  // The place of a tile's first value in maps of a number of columns, and of its step.
  static constexpr std::ptrdiff_t place(std::ptrdiff_t tile, std::ptrdiff_t rows,
                                        std::ptrdiff_t cols) noexcept {
    const std::ptrdiff_t within = tile % kTiles;
    const std::ptrdiff_t row = within / kTileCols * Rows::kOutputs;
    const std::ptrdiff_t col = within % kTileCols * Cols::kOutputs;
    return (tile / kTiles * rows + row) * cols + col;
  }

  static void gather(const float* maps, std::ptrdiff_t tile, float* to) noexcept {
    const float* from = maps + place(tile, Side, Side) * kPitch;
    for (std::ptrdiff_t channel = 0; channel < kPitch; channel += kLanes) {
      F32 inputs[Rows::kPoints][Cols::kPoints];
      F32 transformed[Rows::kPoints][Cols::kPoints];
      FASTMTCNN_UNROLL
      for (int i = 0; i < Rows::kPoints; ++i) {
        FASTMTCNN_UNROLL
        for (int j = 0; j < Cols::kPoints; ++j) {
          inputs[i][j] = F32::load(from + (i * Side + j) * kPitch + channel);
        }
      }
      transform_input(Rows{}, Cols{}, inputs, transformed);
      FASTMTCNN_UNROLL
      for (int i = 0; i < Rows::kPoints; ++i) {
        FASTMTCNN_UNROLL
        for (int j = 0; j < Cols::kPoints; ++j) {
          transformed[i][j].store(to + (i * Cols::kPoints + j) * kInStep + channel);
        }
      }
    }
  }

  static void multiply(const ConvWeights& layer, std::ptrdiff_t count,
                       const Buffers& buffers) noexcept {
    constexpr int kVectors = block_vectors(Outputs);
    for (std::ptrdiff_t product = 0; product < kProducts; ++product) {
      for (std::ptrdiff_t column = 0; column < Outputs; column += kVectors * kLanes) {
        multiply_rows<block_rows(kVectors), kVectors, Start::kOfColumn>(
            count, buffers.inputs + product * kInStep, kPitch,
            layer.weights.data() + product * Inputs * Outputs + column, Outputs, Inputs,
            layer.start.data() + product * Outputs + column,
            buffers.outputs + product * kOutStep + column, Outputs);
      }
    }
  }

  template <bool Steep>
  static void scatter(const ConvWeights& layer, const float* from, std::ptrdiff_t tile,
                      float* out) noexcept {
    float* to = out + place(tile, kOutRows, kOutCols) * Outputs;
    for (std::ptrdiff_t channel = 0; channel < Outputs; channel += kLanes) {
      F32 outputs[Rows::kOutputs][Cols::kOutputs];
      transform_output(Rows{}, Cols{}, from + channel, kOutStep, outputs);
      const F32 slope = F32::load(layer.slope.data() + channel);
      FASTMTCNN_UNROLL
      for (int i = 0; i < Rows::kOutputs; ++i) {
        FASTMTCNN_UNROLL
        for (int j = 0; j < Cols::kOutputs; ++j) {
          prelu<Steep>(outputs[i][j], slope).store(to + (i * kOutCols + j) * Outputs + channel);
        }
      }
    }
  }
};

// The maximum of Kernel x Kernel values at every second place of maps of Side x Side.
template <int Channels, int Kernel, int Side>
struct MaxPool {
  static constexpr std::ptrdiff_t kOutSide = (Side - Kernel) / 2 + 1;
  static constexpr std::ptrdiff_t kOutputs = kOutSide * kOutSide * Channels;  // of a crop
  // No window reaches over the edge, as it might with ceil_mode.
  static_assert((Side - Kernel) % 2 == 0);

  static void run(const float* maps, std::ptrdiff_t crops, float* out) noexcept {
    constexpr auto kLanes = static_cast<std::ptrdiff_t>(F32::kLanes);
    for (std::ptrdiff_t n = 0; n < crops * kOutSide * kOutSide; ++n) {
      const std::ptrdiff_t row = n / kOutSide % kOutSide;
      const std::ptrdiff_t col = n % kOutSide;
      const std::ptrdiff_t crop = n / (kOutSide * kOutSide);
      const float* from = maps + ((crop * Side + 2 * row) * Side + 2 * col) * Channels;
      for (std::ptrdiff_t channel = 0; channel < Channels; channel += kLanes) {
        F32 largest = F32::load(from + channel);
        FASTMTCNN_UNROLL
        for (int k = 1; k < Kernel * Kernel; ++k) {
          const std::ptrdiff_t place = k / Kernel * Side + k % Kernel;
          largest = max(largest, F32::load(from + place * Channels + channel));
        }
        largest.store(out + n * Channels + channel);
      }
    }
  }
};

// A dense layer with its PReLU, if any, of [crop][input] to [crop][output]. Sums are of at most
// Block terms, which are then added: long sums lose digits.
template <std::ptrdiff_t Panel, std::ptrdiff_t Block>
void run_dense(const DenseWeights& layer, const float* in, std::ptrdiff_t crops,
               float* out) noexcept {
  constexpr auto kLanes = static_cast<std::ptrdiff_t>(F32::kLanes);
  constexpr int kVectors = block_vectors(Panel);
  constexpr int kRows = block_rows(kVectors);
  for (std::ptrdiff_t column = 0; column < layer.outputs; column += kVectors * kLanes) {
    const float* weights =
        layer.weights.data() + column / Panel * layer.inputs * Panel + column % Panel;
    for (std::ptrdiff_t first = 0; first < layer.inputs; first += Block) {
      const std::ptrdiff_t terms = std::min(Block, layer.inputs - first);
      if (first == 0) {
        multiply_rows<kRows, kVectors, Start::kOfColumn>(crops, in, layer.inputs, weights, Panel,
                                                         terms, layer.bias.data() + column,
                                                         out + column, layer.outputs);
      } else {
        multiply_rows<kRows, kVectors, Start::kSum>(crops, in + first, layer.inputs,
                                                    weights + first * Panel, Panel, terms, nullptr,
                                                    out + column, layer.outputs);
      }
    }
  }
  if (layer.slope.empty()) {
    return;
  }
  for (std::ptrdiff_t crop = 0; crop < crops; ++crop) {
    for (std::ptrdiff_t column = 0; column < layer.outputs; column += kLanes) {
      float* value = out + crop * layer.outputs + column;
      const F32 slope = F32::load(layer.slope.data() + column);
      prelu<true>(F32::load(value), slope).store(value);
    }
  }
}

// Splits what the heads give, [crop][kHeadsPanel] with the difference of the logits in front.
// `points` may be null.
inline void write_outputs(const float* heads, std::ptrdiff_t crops, float* scores, float* offsets,
                          float* points) noexcept {
  constexpr std::ptrdiff_t kMostLanes = 16;
  constexpr auto kLanes = static_cast<std::ptrdiff_t>(F32::kLanes);
  for (std::ptrdiff_t first = 0; first < crops; first += kMostLanes) {
    const std::ptrdiff_t count = std::min(kMostLanes, crops - first);
    float values[kMostLanes] = {};
    for (std::ptrdiff_t n = 0; n < count; ++n) {
      const float* from = heads + (first + n) * kHeadsPanel;
      values[n] = from[0];
      std::copy_n(from + 1, 4, offsets + (first + n) * 4);
      if (points != nullptr) {
        std::copy_n(from + 5, 10, points + (first + n) * 10);
      }
    }
    for (std::ptrdiff_t n = 0; n < kMostLanes; n += kLanes) {
      face_probability(F32::load(values + n)).store(values + n);
    }
    std::copy_n(values, count, scores + first);
  }
}
