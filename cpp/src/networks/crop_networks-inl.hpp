// R-Net and O-Net. Included by the file of each CPU target within its region and its namespace (see
// simd/region.hpp), so this file includes nothing; it needs <algorithm>, "networks/kernels.hpp",
// "networks/layer_clock.hpp", crop_first_layer-inl.hpp and channel_layers-inl.hpp.
//
// The dense layers, whose weights are most of a network's, take a chunk of crops at a time; the
// layers before them smaller groups, whose maps stay in the second-level cache.

struct RNetLayers {
  using Conv1 = FirstLayer<24>;
  using Conv2 = Convolution<Winograd33, Winograd33, 28, 48, 11, 24>;
  using Pool2 = MaxPool<48, 3, 9>;
  using Conv3 = Convolution<Winograd32, Winograd32, 48, 64, 4, 24>;

  static constexpr std::ptrdiff_t kChunk = RNet::kAtOnce;
  static constexpr std::ptrdiff_t kGroup = 8;

  explicit RNetLayers(Slices& slices)
      : conv1(slices),
        conv2(slices),
        conv3(slices),
        convolved1(slices.take(kGroup * Conv1::kOutputs)),
        convolved2(slices.take(kGroup * Conv2::kOutputs)),
        pooled2(slices.take(kChunk * Pool2::kOutputs)),
        convolved3(slices.take(kChunk * Conv3::kOutputs)),
        dense4(slices.take(kChunk * 128)),
        heads(slices.take(kChunk * kHeadsPanel)) {}

  Conv1::Buffers conv1;
  Conv2::Buffers conv2;
  Conv3::Buffers conv3;
  float* convolved1;
  float* convolved2;
  float* pooled2;
  float* convolved3;
  float* dense4;
  float* heads;

  void run(const RNetWeights& net, const float* crops, std::ptrdiff_t count) const noexcept {
    constexpr std::ptrdiff_t kCrop = 3 * Conv1::kSide * Conv1::kSide;
    for (std::ptrdiff_t first = 0; first < count; first += kGroup) {
      const std::ptrdiff_t size = std::min(kGroup, count - first);
      for (std::ptrdiff_t n = 0; n < size; ++n) {
        const LayerClock clock("rnet.conv1");
        Conv1::run(net.conv1, crops + (first + n) * kCrop, conv1, convolved1 + n * Conv1::kOutputs);
      }
      {
        const LayerClock clock("rnet.conv2");
        Conv2::run(net.conv2, convolved1, size, conv2, convolved2);
      }
      const LayerClock clock("rnet.pool2");
      Pool2::run(convolved2, size, pooled2 + first * Pool2::kOutputs);
    }
    {
      const LayerClock clock("rnet.conv3");
      Conv3::run(net.conv3, pooled2, count, conv3, convolved3);
    }
    {
      const LayerClock clock("rnet.dense4");
      run_dense<kDensePanel, 128>(net.dense4, convolved3, count, dense4);
    }
    const LayerClock clock("rnet.heads");
    run_dense<kHeadsPanel, 32>(net.heads, dense4, count, heads);
  }
};

// See NetworkKernels::rnet.
inline void rnet(const RNetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
                 float* scores, float* offsets) {
  constexpr std::ptrdiff_t kCrop = 3 * RNetLayers::Conv1::kSide * RNetLayers::Conv1::kSide;
  const auto layers = scratch.arrange<RNetLayers>();
  for (std::ptrdiff_t first = 0; first < count; first += RNetLayers::kChunk) {
    const std::ptrdiff_t size = std::min<std::ptrdiff_t>(RNetLayers::kChunk, count - first);
    layers.run(net, crops + first * kCrop, size);
    write_outputs(layers.heads, size, scores + first, offsets + first * 4, nullptr);
  }
}

struct ONetLayers {
  using Conv1 = FirstLayer<48>;
  using Conv2 = Convolution<Winograd33, Winograd33, 32, 64, 23, 25>;
  using Pool2 = MaxPool<64, 3, 21>;
  using Conv3 = Convolution<Winograd43, Winograd23, 64, 64, 10, 24>;
  using Pool3 = MaxPool<64, 2, 8>;
  using Conv4 = Convolution<Winograd32, Winograd32, 64, 128, 4, 24>;

  static constexpr std::ptrdiff_t kChunk = ONet::kAtOnce;
  static constexpr std::ptrdiff_t kGroup = 6;

  explicit ONetLayers(Slices& slices)
      : conv1(slices),
        conv2(slices),
        conv3(slices),
        conv4(slices),
        convolved1(slices.take(Conv1::kOutputs)),
        convolved2(slices.take(Conv2::kOutputs)),
        pooled2(slices.take(kGroup * Pool2::kOutputs)),
        convolved3(slices.take(kGroup * Conv3::kOutputs)),
        pooled3(slices.take(kChunk * Pool3::kOutputs)),
        convolved4(slices.take(kChunk * Conv4::kOutputs)),
        dense5(slices.take(kChunk * 256)),
        heads(slices.take(kChunk * kHeadsPanel)) {}

  Conv1::Buffers conv1;
  Conv2::Buffers conv2;
  Conv3::Buffers conv3;
  Conv4::Buffers conv4;
  float* convolved1;
  float* convolved2;
  float* pooled2;
  float* convolved3;
  float* pooled3;
  float* convolved4;
  float* dense5;
  float* heads;

  void run(const ONetWeights& net, const float* crops, std::ptrdiff_t count) const noexcept {
    constexpr std::ptrdiff_t kCrop = 3 * Conv1::kSide * Conv1::kSide;
    for (std::ptrdiff_t first = 0; first < count; first += kGroup) {
      const std::ptrdiff_t size = std::min(kGroup, count - first);
      for (std::ptrdiff_t n = 0; n < size; ++n) {
        {
          const LayerClock clock("onet.conv1");
          Conv1::run(net.conv1, crops + (first + n) * kCrop, conv1, convolved1);
        }
        {
          const LayerClock clock("onet.conv2");
          Conv2::run(net.conv2, convolved1, 1, conv2, convolved2);
        }
        const LayerClock clock("onet.pool2");
        Pool2::run(convolved2, 1, pooled2 + n * Pool2::kOutputs);
      }
      {
        const LayerClock clock("onet.conv3");
        Conv3::run(net.conv3, pooled2, size, conv3, convolved3);
      }
      const LayerClock clock("onet.pool3");
      Pool3::run(convolved3, size, pooled3 + first * Pool3::kOutputs);
    }
    {
      const LayerClock clock("onet.conv4");
      Conv4::run(net.conv4, pooled3, count, conv4, convolved4);
    }
    {
      const LayerClock clock("onet.dense5");
      run_dense<kDensePanel, 128>(net.dense5, convolved4, count, dense5);
    }
    const LayerClock clock("onet.heads");
    run_dense<kHeadsPanel, 32>(net.heads, dense5, count, heads);
  }
};

// See NetworkKernels::onet.
inline void onet(const ONetWeights& net, const float* crops, std::int64_t count, Scratch& scratch,
                 float* scores, float* offsets, float* points) {
  constexpr std::ptrdiff_t kCrop = 3 * ONetLayers::Conv1::kSide * ONetLayers::Conv1::kSide;
  const auto layers = scratch.arrange<ONetLayers>();
  for (std::ptrdiff_t first = 0; first < count; first += ONetLayers::kChunk) {
    const std::ptrdiff_t size = std::min<std::ptrdiff_t>(ONetLayers::kChunk, count - first);
    layers.run(net, crops + first * kCrop, size);
    write_outputs(layers.heads, size, scores + first, offsets + first * 4, points + first * 10);
  }
}
