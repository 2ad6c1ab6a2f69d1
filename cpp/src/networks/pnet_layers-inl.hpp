// The other layers of P-Net, with cells in the lanes. Included by the file of each CPU target
// within its region and its namespace (see simd/region.hpp), so this file includes nothing; it
// needs <algorithm>, <array>, "networks/scratch.hpp", products-inl.hpp and
// pnet_first_layer-inl.hpp.

// Channels whose products are summed at a time, with some vectors of lanes.
constexpr int channels_at_once(int vectors) noexcept {
  constexpr int kSums = kNumRegisters / 2;
  return vectors == 1 ? kSums : vectors == 2 ? kSums / 2 : 4;
}

// A convolution with its PReLU: Winograd43 on the rows, Winograd23 on the columns.
template <int Inputs, int Outputs>
struct CellConv {
  static constexpr int kProducts = Winograd43::kPoints * Winograd23::kPoints;
  static constexpr std::ptrdiff_t kMostLanes = kMostVectors * kVectorLanes;
  static constexpr std::ptrdiff_t kInStep = spread(Inputs * kMostLanes);
  static constexpr std::ptrdiff_t kOutStep =
      spread(std::max(kNumRegisters / 2, 4 * kMostVectors) * kVectorLanes);

  struct Buffers {
    explicit Buffers(Slices& slices)
        : inputs(slices.take(kProducts * kInStep)), outputs(slices.take(kProducts * kOutStep)) {}

    float* inputs;   // [product][channel][lane]
    float* outputs;  // [product][channel of some][lane]
  };

  // Where four rows of outputs go: those of a channel are at to[row] + channel * channel_step, the
  // odd columns at plane_step from there.
  struct Destination {
    std::array<float*, 4> to;
    std::ptrdiff_t channel_step;
    std::ptrdiff_t plane_step;
  };

  // A chunk of Vectors vectors of lanes.
  template <int Vectors>
  static void run(const ConvWeights& layer, const float* const (&rows)[6], std::ptrdiff_t pitch,
                  const Buffers& buffers, const Destination& destination) noexcept {
    constexpr std::ptrdiff_t kLanes = Vectors * kVectorLanes;
    constexpr int kChannels = channels_at_once(Vectors);
    static_assert(Outputs % kChannels == 0 && kChannels * kLanes <= kOutStep);
    gather<Vectors>(rows, pitch, buffers.inputs);
    for (std::ptrdiff_t first = 0; first < Outputs; first += kChannels) {
      for (std::ptrdiff_t product = 0; product < kProducts; ++product) {
        multiply_block<kChannels, Vectors, Start::kOfRow>(
            layer.weights.data() + product * Inputs * Outputs + first, 1, Outputs,
            buffers.inputs + product * kInStep, kLanes, Inputs,
            layer.start.data() + product * Outputs + first, buffers.outputs + product * kOutStep,
            kLanes);
      }
      for (std::ptrdiff_t n = 0; n < kChannels; ++n) {
        if (layer.steep) {
          scatter<Vectors, true>(layer, first + n, buffers.outputs + n * kLanes, destination);
        } else {
          scatter<Vectors, false>(layer, first + n, buffers.outputs + n * kLanes, destination);
        }
      }
    }
  }

 private:
  template <int Vectors>
  static void gather(const float* const (&rows)[6], std::ptrdiff_t pitch, float* inputs) noexcept {
    constexpr std::ptrdiff_t kLanes = Vectors * kVectorLanes;
    for (std::ptrdiff_t channel = 0; channel < Inputs; ++channel) {
      for (std::ptrdiff_t lane = 0; lane < kLanes; lane += kVectorLanes) {
        const std::ptrdiff_t at = channel * 2 * pitch + lane;
        F32 values[6][4];
        F32 transformed[6][4];
        FASTMTCNN_UNROLL
        for (int i = 0; i < 6; ++i) {
          values[i][0] = F32::load(rows[i] + at);
          values[i][1] = F32::load(rows[i] + at + pitch);
          values[i][2] = F32::load(rows[i] + at + 1);
          values[i][3] = F32::load(rows[i] + at + pitch + 1);
        }
        transform_input(Winograd43{}, Winograd23{}, values, transformed);
        float* to = inputs + channel * kLanes + lane;
        FASTMTCNN_UNROLL
        for (int i = 0; i < 6; ++i) {
          FASTMTCNN_UNROLL
          for (int j = 0; j < 4; ++j) {
            transformed[i][j].store(to + (i * 4 + j) * kInStep);
          }
        }
      }
    }
  }

  template <int Vectors, bool Steep>
  static void scatter(const ConvWeights& layer, std::ptrdiff_t channel, const float* products,
                      const Destination& destination) noexcept {
    const F32 slope = F32::broadcast(layer.slope[static_cast<std::size_t>(channel)]);
    for (std::ptrdiff_t lane = 0; lane < Vectors * kVectorLanes; lane += kVectorLanes) {
      F32 outputs[4][2];
      transform_output(Winograd43{}, Winograd23{}, products + lane, kOutStep, outputs);
      FASTMTCNN_UNROLL
      for (std::size_t row = 0; row < 4; ++row) {
        float* to = destination.to[row] + channel * destination.channel_step + lane;
        prelu<Steep>(outputs[row][0], slope).store(to);
        prelu<Steep>(outputs[row][1], slope).store(to + destination.plane_step);
      }
    }
  }
};

// The heads: from [channel][row][plane][lane], four rows of cells. Score and offsets of a row and
// of a vector of lanes, as even and odd cells.
struct CellHeads {
  // Writes [head][row][cell], 2 * kVectorLanes cells a row; returns how many heads: the score
  // alone if all scores are below the threshold.
  static std::int64_t run(const PNetWeights& net, const float* cells, std::ptrdiff_t lanes,
                          float threshold, float* out) noexcept {
    write<0, 1>(net, cells, lanes, out);
    bool passes = false;
    for (std::ptrdiff_t n = 0; n < 8 * kVectorLanes; ++n) {
      passes |= out[n] >= threshold;  // no score is NaN: see face_probability()
    }
    if (!passes) {
      return 1;
    }
    write<1, kCellHeads>(net, cells, lanes, out);
    return kCellHeads;
  }

 private:
  template <int First, int End>
  static void write(const PNetWeights& net, const float* cells, std::ptrdiff_t lanes,
                    float* out) noexcept {
    constexpr int kHeads = End - First;
    constexpr int kCells = std::min(8, kNumRegisters / 2 / kHeads);  // rows times planes at once
    static_assert(kCells % 2 == 0 && 8 % kCells == 0);
    for (std::ptrdiff_t first = 0; first < 8; first += kCells) {
      F32 sums[kHeads][kCells];
      FASTMTCNN_UNROLL
      for (int head = 0; head < kHeads; ++head) {
        FASTMTCNN_UNROLL
        for (int n = 0; n < kCells; ++n) {
          sums[head][n] = F32::broadcast(net.heads_bias.data()[First + head]);
        }
      }
      for (std::ptrdiff_t channel = 0; channel < 32; ++channel) {
        F32 values[kCells];
        FASTMTCNN_UNROLL
        for (int n = 0; n < kCells; ++n) {
          values[n] = F32::load(cells + (channel * 8 + first + n) * lanes);
        }
        FASTMTCNN_UNROLL
        for (int head = 0; head < kHeads; ++head) {
          const F32 factor = F32::broadcast(net.heads.data()[channel * kCellHeads + First + head]);
          FASTMTCNN_UNROLL
          for (int n = 0; n < kCells; ++n) {
            sums[head][n] = fma(factor, values[n], sums[head][n]);
          }
        }
      }
      FASTMTCNN_UNROLL
      for (int head = 0; head < kHeads; ++head) {
        FASTMTCNN_UNROLL
        for (int pair = 0; pair < kCells / 2; ++pair) {
          F32 even = sums[head][2 * pair];
          F32 odd = sums[head][2 * pair + 1];
          if constexpr (First == 0) {
            even = face_probability(even);
            odd = face_probability(odd);
          }
          F32 low;
          F32 high;
          interleave(even, odd, low, high);
          float* to = out + ((First + head) * 4 + first / 2 + pair) * 2 * kVectorLanes;
          low.store(to);
          high.store(to + kVectorLanes);
        }
      }
    }
  }
};
