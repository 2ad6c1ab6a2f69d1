// The first layer of P-Net with its pooling. Included by the file of each CPU target within its
// region and its namespace (see simd/region.hpp), so this file includes nothing; it needs <array>,
// <limits>, "networks/weights.hpp", winograd-inl.hpp and activations-inl.hpp.
//
// Lane n of a row of cells holds the cells 2 n and 2 n + 1, and four columns of the level, each in
// a plane of its own:
//
//   row of the level: [channel][4][lane],  of maps: [channel][2][lane]
//
// So a tile of Winograd23 has its inputs in a lane and the next one, its outputs in the lane, and
// pooling compares planes: no layer moves values between lanes.

constexpr std::ptrdiff_t kVectorLanes = F32::kLanes;

// Six rows of a map, of which four rows of outputs are made.
using SixRows = std::array<const float*, 6>;

// Conv 3 -> 10, PReLU and maximum of 2 x 2: Winograd43 on the rows; the products of a channel are
// summed in registers and never stored.
struct PooledConv {
  static constexpr int kProducts = Winograd43::kPoints;
  static constexpr int kOutputs = 10;
  static constexpr int kColumns = kNumRegisters == 32 ? 4 : 2;  // of four, summed at a time
  static constexpr std::ptrdiff_t kBuffer = 3 * kProducts * 6 * kVectorLanes;

  // Where the rows and columns end that the convolution gives.
  struct Edge {
    std::int64_t rows;  // of the four, 1 to 4
    // The lane and the phase of the last pooled column if the second column below it is outside.
    std::ptrdiff_t lane = -1;
    int phase = 0;
    const float* limits = nullptr;  // infinity, in that lane -infinity
  };

  // Two rows of a chunk of lanes from `x` on, into `to`, with planes `pitch` apart.
  static void run(const ConvWeights& layer, const SixRows& rows, std::ptrdiff_t pitch,
                  std::ptrdiff_t x, const Edge& edge, float* buffer,
                  const std::array<float*, 2>& to) noexcept {
    transform_rows(rows, pitch, x, buffer);
    for (int output = 0; output < kOutputs; ++output) {
      const float* weights = layer.weights.data() + output * 9 * kProducts;
      const float slope = layer.slope[static_cast<std::size_t>(output)];
      const float* start = layer.start.data() + output * kProducts;
      const std::array<float*, 2> places = {to[0] + output * 2 * pitch + x,
                                            to[1] + output * 2 * pitch + x};
      for (int first = 0; first < 4; first += kColumns) {
        F32 values[4][kColumns];
        convolve(weights, start, buffer + first * kVectorLanes, values);
        if (edge.rows < 4) {
          repeat_last_row(static_cast<int>(edge.rows), values);
        }
        FASTMTCNN_UNROLL
        for (int pair = 0; pair < kColumns / 2; ++pair) {
          const int phase = first / 2 + pair;
          const bool is_cut = phase == edge.phase && x <= edge.lane && edge.lane < x + kVectorLanes;
          const F32 limit = is_cut ? F32::load(edge.limits + x)
                                   : F32::broadcast(std::numeric_limits<float>::infinity());
          FASTMTCNN_UNROLL
          for (int row = 0; row < 2; ++row) {
            const F32 four[4] = {values[2 * row][2 * pair], values[2 * row][2 * pair + 1],
                                 values[2 * row + 1][2 * pair], values[2 * row + 1][2 * pair + 1]};
            const F32 pooled = slope < 0.0F ? activate_and_pool(four, slope, limit)
                                            : pool_and_activate(four, slope, limit);
            pooled.store(places[static_cast<std::size_t>(row)] + phase * pitch);
          }
        }
      }
    }
  }

 private:
  // [channel][product][four columns and the next two][lane]
  static void transform_rows(const SixRows& rows, std::ptrdiff_t pitch, std::ptrdiff_t x,
                             float* buffer) noexcept {
    for (std::ptrdiff_t channel = 0; channel < 3; ++channel) {
      for (std::ptrdiff_t column = 0; column < 6; ++column) {
        const std::ptrdiff_t at = (channel * 4 + column % 4) * pitch + x + column / 4;
        F32 inputs[6];
        F32 transformed[6];
        FASTMTCNN_UNROLL
        for (std::size_t i = 0; i < 6; ++i) {
          inputs[i] = F32::load(rows[i] + at);
        }
        transform_input(Winograd43{}, inputs, transformed);
        FASTMTCNN_UNROLL
        for (int i = 0; i < 6; ++i) {
          transformed[i].store(buffer + ((channel * 6 + i) * 6 + column) * kVectorLanes);
        }
      }
    }
  }

  static FASTMTCNN_INLINE void convolve(const float* weights, const float* start,
                                        const float* buffer, F32 (&values)[4][kColumns]) noexcept {
    F32 sums[kProducts][kColumns];
    FASTMTCNN_UNROLL
    for (int i = 0; i < kProducts; ++i) {
      FASTMTCNN_UNROLL
      for (F32& sum : sums[i]) {
        sum = F32::broadcast(start[i]);
      }
    }
    for (int channel = 0; channel < 3; ++channel) {
      FASTMTCNN_UNROLL
      for (int i = 0; i < kProducts; ++i) {
        const float* inputs = buffer + (channel * kProducts + i) * 6 * kVectorLanes;
        const float* factors = weights + (channel * kProducts + i) * 3;
        const F32 factor[3] = {F32::broadcast(factors[0]), F32::broadcast(factors[1]),
                               F32::broadcast(factors[2])};
        FASTMTCNN_UNROLL
        for (int n = 0; n < kColumns + 2; ++n) {
          const F32 input = in_register(F32::load(inputs + n * kVectorLanes));
          FASTMTCNN_UNROLL
          for (int column = 0; column < kColumns; ++column) {
            const int tap = n - column;
            if (tap >= 0 && tap < 3) {
              sums[i][column] = fma(factor[tap], input, sums[i][column]);
            }
          }
        }
      }
    }
    FASTMTCNN_UNROLL
    for (int column = 0; column < kColumns; ++column) {
      F32 products[kProducts];
      F32 outputs[4];
      FASTMTCNN_UNROLL
      for (int i = 0; i < kProducts; ++i) {
        products[i] = sums[i][column];
      }
      transform_output(Winograd43{}, products, outputs);
      FASTMTCNN_UNROLL
      for (int row = 0; row < 4; ++row) {
        values[row][column] = outputs[row];
      }
    }
  }

  // The second row of a window that reaches over the edge gives what the first one gives.
  static FASTMTCNN_INLINE void repeat_last_row(int rows, F32 (&values)[4][kColumns]) noexcept {
    FASTMTCNN_UNROLL
    for (int column = 0; column < kColumns; ++column) {
      if (rows == 1) {
        values[1][column] = values[0][column];
      } else if (rows == 3) {
        values[3][column] = values[2][column];
      }
    }
  }

  // Both give the same where both may be used. Pooling first is cheaper, but PReLU with a negative
  // slope does not keep the order of values.
  static FASTMTCNN_INLINE F32 pool_and_activate(const F32 (&four)[4], float slope,
                                                F32 limit) noexcept {
    const F32 largest = max(max(four[0], four[2]), min(max(four[1], four[3]), limit));
    return prelu<true>(largest, F32::broadcast(slope));
  }
  static FASTMTCNN_INLINE F32 activate_and_pool(const F32 (&four)[4], float slope,
                                                F32 limit) noexcept {
    F32 active[4];
    FASTMTCNN_UNROLL
    for (int n = 0; n < 4; ++n) {
      active[n] = prelu<false>(four[n], F32::broadcast(slope));
    }
    return max(max(active[0], active[2]), min(max(active[1], active[3]), limit));
  }
};
