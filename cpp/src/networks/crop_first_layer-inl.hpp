// The first layer of R-Net and O-Net with its pooling. Included by the file of each CPU target
// within its region and its namespace (see simd/region.hpp), so this file includes nothing; it
// needs <algorithm>, <limits>, "networks/weights.hpp", winograd-inl.hpp and activations-inl.hpp.
//
// Convolution 3 -> 32 channels (R-Net: 28 and four of zeros), PReLU and maximum of 3 x 3 values at
// every second place. Four rows of outputs at a time are made by Winograd43 from six of inputs;
// with three channels an algorithm for the columns, too, would cost more in transforms than it
// saves. All products of two neighbouring columns are summed in registers, so that they, and what
// follows from them, are never stored: only the maxima of columns that wait for the next rows are.

template <int Side>
struct FirstLayer {
  static constexpr std::ptrdiff_t kSide = Side;
  static constexpr std::ptrdiff_t kChannels = 32;
  static constexpr std::ptrdiff_t kConvolved = kSide - 2;
  static constexpr std::ptrdiff_t kPooled = kConvolved / 2;
  static constexpr std::ptrdiff_t kGroups = (kConvolved + 2) / 4;  // the last is of two rows
  static constexpr std::ptrdiff_t kLanes = F32::kLanes;
  static constexpr int kProducts = Winograd43::kPoints;
  static constexpr int kVectors = kNumRegisters == 32 ? 2 : 1;
  static_assert(kConvolved % 4 == 2 && kSide % 8 == 0);

  static constexpr std::ptrdiff_t kOutputs = kPooled * kPooled * kChannels;  // of a crop

  struct Buffers {
    explicit Buffers(Slices& slices)
        : rows(slices.take(3 * kProducts * kSide)), waiting(slices.take(kConvolved * kChannels)) {}

    float* rows;     // [channel][product][column]
    float* waiting;  // [column][channel]: maxima of the last two rows
  };

  // Takes a crop as [channel][row][column]; gives [row][column][channel].
  static void run(const ConvWeights& layer, const float* crop, const Buffers& buffers,
                  float* out) noexcept {
    if (layer.steep) {
      run_groups<true>(layer, crop, buffers, out);
    } else {
      run_groups<false>(layer, crop, buffers, out);
    }
  }

 private:
  template <bool Steep>
  static void run_groups(const ConvWeights& layer, const float* crop, const Buffers& buffers,
                         float* out) noexcept {
    std::fill_n(buffers.waiting, kConvolved * kChannels, std::numeric_limits<float>::lowest());
    for (std::ptrdiff_t group = 0; group < kGroups; ++group) {
      transform_rows(crop, group, buffers.rows);
      for (std::ptrdiff_t channel = 0; channel < kChannels; channel += kVectors * kLanes) {
        run_row<Steep>(layer, group, channel, buffers, out);
      }
    }
  }

  static void transform_rows(const float* crop, std::ptrdiff_t group, float* rows) noexcept {
    const F32 zero = F32::broadcast(0.0F);
    const bool is_last = group + 1 == kGroups;
    for (std::ptrdiff_t channel = 0; channel < 3; ++channel) {
      const float* from = crop + (channel * kSide + 4 * group) * kSide;
      float* to = rows + channel * kProducts * kSide;
      for (std::ptrdiff_t column = 0; column < kSide; column += kLanes) {
        const std::ptrdiff_t x = std::min(column, kSide - kLanes);  // some twice
        F32 inputs[6];
        F32 transformed[6];
        FASTMTCNN_UNROLL
        for (int i = 0; i < 6; ++i) {
          // Rows beyond the crop have no part in its outputs, but their rounding has.
          inputs[i] = i >= 4 && is_last ? zero : F32::load(from + i * kSide + x);
        }
        transform_input(Winograd43{}, inputs, transformed);
        FASTMTCNN_UNROLL
        for (int i = 0; i < 6; ++i) {
          transformed[i].store(to + i * kSide + x);
        }
      }
    }
  }

  // The outputs of two columns: [row][column][vector].
  static FASTMTCNN_INLINE void convolve(const float* weights, const float* start, const float* rows,
                                        F32 (&outputs)[4][2][kVectors]) noexcept {
    F32 sums[kProducts][2][kVectors];
    FASTMTCNN_UNROLL
    for (int i = 0; i < kProducts; ++i) {
      FASTMTCNN_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        sums[i][0][v] = F32::load(start + i * kChannels + v * kLanes);
        sums[i][1][v] = sums[i][0][v];
      }
    }
    for (int channel = 0; channel < 3; ++channel) {
      FASTMTCNN_UNROLL
      for (int i = 0; i < kProducts; ++i) {
        const float* weight = weights + (i * 3 + channel) * 3 * kChannels;
        const float* pixels = rows + (channel * kProducts + i) * kSide;
        F32 factors[3][kVectors];
        FASTMTCNN_UNROLL
        for (int tap = 0; tap < 3; ++tap) {
          FASTMTCNN_UNROLL
          for (int v = 0; v < kVectors; ++v) {
            factors[tap][v] = in_register(F32::load(weight + tap * kChannels + v * kLanes));
          }
        }
        FASTMTCNN_UNROLL
        for (int n = 0; n < 4; ++n) {
          const F32 pixel = F32::broadcast(pixels[n]);
          FASTMTCNN_UNROLL
          for (int column = 0; column < 2; ++column) {
            const int tap = n - column;
            if (tap >= 0 && tap < 3) {
              FASTMTCNN_UNROLL
              for (int v = 0; v < kVectors; ++v) {
                sums[i][column][v] = fma(pixel, factors[tap][v], sums[i][column][v]);
              }
            }
          }
        }
      }
    }
    FASTMTCNN_UNROLL
    for (int column = 0; column < 2; ++column) {
      FASTMTCNN_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        F32 products[kProducts];
        F32 four[4];
        FASTMTCNN_UNROLL
        for (int i = 0; i < kProducts; ++i) {
          products[i] = sums[i][column][v];
        }
        transform_output(Winograd43{}, products, four);
        FASTMTCNN_UNROLL
        for (int row = 0; row < 4; ++row) {
          outputs[row][column][v] = four[row];
        }
      }
    }
  }

  // Rows 2 group - 1 and 2 group of the pooled map, for some channels.
  template <bool Steep>
  static void run_row(const ConvWeights& layer, std::ptrdiff_t group, std::ptrdiff_t channel,
                      const Buffers& buffers, float* out) noexcept {
    const bool is_last = group + 1 == kGroups;
    constexpr std::ptrdiff_t kRow = kPooled * kChannels;
    float* upper = out + (2 * group - 1) * kRow + channel;
    float* lower = upper + kRow;
    F32 begun[2][kVectors];  // maxima of the windows that the next columns complete
    FASTMTCNN_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      begun[0][v] = F32::broadcast(std::numeric_limits<float>::lowest());
      begun[1][v] = begun[0][v];
    }
    for (std::ptrdiff_t x = 0; x < kPooled; ++x) {
      F32 outputs[4][2][kVectors];
      convolve(layer.weights.data() + channel, layer.start.data() + channel, buffers.rows + 2 * x,
               outputs);
      FASTMTCNN_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const F32 slope = F32::load(layer.slope.data() + channel + v * kLanes);
        F32 completed[2];  // the row above
        F32 whole[2];      // the row of this group
        FASTMTCNN_UNROLL
        for (int column = 0; column < 2; ++column) {
          F32 values[4];
          FASTMTCNN_UNROLL
          for (int row = 0; row < 4; ++row) {
            values[row] = prelu<Steep>(outputs[row][column][v], slope);
          }
          float* waiting = buffers.waiting + (2 * x + column) * kChannels + channel + v * kLanes;
          completed[column] = max(F32::load(waiting), values[0]);
          max(values[2], values[3]).store(waiting);
          const F32 two = max(values[0], values[1]);
          whole[column] = is_last ? two : max(two, values[2]);
        }
        if (x > 0) {
          float* above = upper + (x - 1) * kChannels + v * kLanes;
          float* here = lower + (x - 1) * kChannels + v * kLanes;
          if (group > 0) {
            max(begun[0][v], completed[0]).store(above);
          }
          max(begun[1][v], whole[0]).store(here);
        }
        begun[0][v] = max(completed[0], completed[1]);
        begun[1][v] = max(whole[0], whole[1]);
      }
    }
    FASTMTCNN_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const std::ptrdiff_t at = (kPooled - 1) * kChannels + v * kLanes;
      if (group > 0) {
        begun[0][v].store(upper + at);
      }
      begun[1][v].store(lower + at);
    }
  }
};
