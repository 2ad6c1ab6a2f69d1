// P-Net over the rows of a level. Included by the file of each CPU target within its region and its
// namespace (see simd/region.hpp), so this file includes nothing; it needs <algorithm>, <array>,
// <limits>, "networks/kernels.hpp", "networks/layer_clock.hpp" and pnet_layers-inl.hpp.
//
// The layers run together down the level, and keep no more than eight rows of each map: four rows
// of cells at a time, which need as many new rows of the second convolution, these four of the
// pooled map, and these eight of the level. Tiles begin at multiples of four rows of the whole map,
// whatever part of it is wanted, so that the bits of a row are always the same.

struct PNetMaps {
  using Conv2 = CellConv<10, 16>;
  using Conv3 = CellConv<16, 32>;

  static constexpr std::int64_t kRing = 8;  // rows kept of each map

  PNetMaps(Slices& slices, std::int64_t columns)
      : lanes((columns + 1) / 2),
        // The layers before the last have two lanes more, and read one past a vector.
        pitch(spread(lanes + 2 + 2 * kVectorLanes)),
        conv2(slices),
        conv3(slices),
        level(slices.take(kRing * 12 * pitch)),
        pooled(slices.take(kRing * 20 * pitch)),
        convolved(slices.take(kRing * 32 * pitch)),
        limits(slices.take(pitch)),
        rows(slices.take(PooledConv::kBuffer)),
        cells(slices.take(32 * 8 * Conv3::kMostLanes)),
        outputs(slices.take(kCellHeads * 4 * 2 * kVectorLanes)) {}

  std::int64_t lanes;  // of a row of cells
  std::ptrdiff_t pitch;
  Conv2::Buffers conv2;
  Conv3::Buffers conv3;
  float* level;
  float* pooled;
  float* convolved;
  float* limits;
  float* rows;     // see PooledConv
  float* cells;    // see CellHeads
  float* outputs;  // see CellHeads
};

class PNetRun {
 public:
  PNetRun(const PNetWeights& net, const PNetInput& input, const PNetMaps& maps, float* scores,
          float* offsets) noexcept
      : net_(net),
        input_(input),
        maps_(maps),
        scores_(scores),
        offsets_(offsets),
        pooled_rows_((input.height - 1) / 2),
        columns_((input.width - 1) / 2 - 4) {}

  void run() noexcept {
    mark_last_column();
    const std::int64_t first = input_.begin / 4;
    next_level_row_ = 8 * first;
    next_pooled_group_ = 2 * first;
    next_tile_ = first;
    for (std::int64_t tile = first; 4 * tile < input_.end; ++tile) {
      while (next_tile_ < tile + 2) {
        add_convolved_rows(next_tile_++);
      }
      write_cells(tile);
    }
  }

 private:
  static constexpr std::ptrdiff_t kLevelPlanes = 12;
  static constexpr std::ptrdiff_t kPooledPlanes = 20;
  static constexpr std::ptrdiff_t kConvolvedPlanes = 32;

  float* row_of(float* ring, std::ptrdiff_t planes, std::int64_t row) const noexcept {
    return ring + row % PNetMaps::kRing * planes * maps_.pitch;
  }
  void clear_row(float* ring, std::ptrdiff_t planes, std::int64_t row) const noexcept {
    std::fill_n(row_of(ring, planes, row), planes * maps_.pitch, 0.0F);
  }
  SixRows six_rows(float* ring, std::ptrdiff_t planes, std::int64_t row) const noexcept {
    SixRows rows;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      rows[n] = row_of(ring, planes, row + static_cast<std::int64_t>(n));
    }
    return rows;
  }

  // The window of the last pooled column has no second column if the convolution's are odd.
  void mark_last_column() noexcept {
    const std::int64_t convolved = input_.width - 2;
    std::fill_n(maps_.limits, maps_.pitch, std::numeric_limits<float>::infinity());
    if (convolved % 2 == 1) {
      edge_.lane = convolved / 4;
      edge_.phase = static_cast<int>(convolved / 2 % 2);
      edge_.limits = maps_.limits;
      maps_.limits[edge_.lane] = -std::numeric_limits<float>::infinity();
    }
  }

  // The next row of the level, its columns dealt out to four planes; zeros below the level.
  void add_level_row() noexcept {
    const std::int64_t row = next_level_row_++;
    if (row >= input_.height) {
      clear_row(maps_.level, kLevelPlanes, row);
      return;
    }
    const LayerClock clock("pnet.input");
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const float* from = input_.part + (channel * input_.rows + row - input_.top) * input_.width;
      float* to = row_of(maps_.level, kLevelPlanes, row) + channel * 4 * maps_.pitch;
      constexpr std::int64_t kStep = 4 * kVectorLanes;
      std::int64_t column = 0;
      for (; column + kStep <= input_.width; column += kStep) {
        deal_out(from + column, to + column / 4);
      }
      if (column < input_.width) {
        float rest[kStep] = {};
        std::copy(from + column, from + input_.width, rest);
        deal_out(rest, to + column / 4);
      }
    }
  }

  void deal_out(const float* from, float* to) const noexcept {
    F32 even[2];
    F32 odd[2];
    for (int half = 0; half < 2; ++half) {
      const float* two = from + half * 2 * kVectorLanes;
      separate(F32::load(two), F32::load(two + kVectorLanes), even[half], odd[half]);
    }
    F32 planes[4];
    separate(even[0], even[1], planes[0], planes[2]);
    separate(odd[0], odd[1], planes[1], planes[3]);
    for (int n = 0; n < 4; ++n) {
      planes[n].store(to + n * maps_.pitch);
    }
  }

  // Rows 2 group and 2 group + 1 of the pooled map; zeros below it.
  void add_pooled_rows(std::int64_t group) noexcept {
    while (next_level_row_ < 4 * group + 6) {
      add_level_row();
    }
    const std::array<float*, 2> to = {row_of(maps_.pooled, kPooledPlanes, 2 * group),
                                      row_of(maps_.pooled, kPooledPlanes, 2 * group + 1)};
    edge_.rows = std::min<std::int64_t>(4, input_.height - 2 - 4 * group);
    if (edge_.rows > 0) {
      const LayerClock clock("pnet.conv1");
      const SixRows rows = six_rows(maps_.level, kLevelPlanes, 4 * group);
      for (std::ptrdiff_t x = 0; x < maps_.lanes + 2; x += kVectorLanes) {
        PooledConv::run(net_.conv1, rows, maps_.pitch, x, edge_, maps_.rows, to);
      }
    }
    for (std::int64_t row = 2 * group; row < 2 * group + 2; ++row) {
      if (row >= pooled_rows_) {
        clear_row(maps_.pooled, kPooledPlanes, row);
      }
    }
  }

  // Rows 4 tile to 4 tile + 3 of the second convolution; zeros below it.
  void add_convolved_rows(std::int64_t tile) noexcept {
    while (2 * next_pooled_group_ < 4 * tile + 6) {
      add_pooled_rows(next_pooled_group_++);
    }
    const std::int64_t end = pooled_rows_ - 2;
    if (4 * tile < end) {
      const LayerClock clock("pnet.conv2");
      const SixRows rows = six_rows(maps_.pooled, kPooledPlanes, 4 * tile);
      PNetMaps::Conv2::Destination destination{
          .to = {}, .channel_step = 2 * maps_.pitch, .plane_step = maps_.pitch};
      for (std::size_t n = 0; n < 4; ++n) {
        destination.to[n] =
            row_of(maps_.convolved, kConvolvedPlanes, 4 * tile + static_cast<std::int64_t>(n));
      }
      for (std::ptrdiff_t x = 0; x < maps_.lanes + 1; x += PNetMaps::Conv2::kMostLanes) {
        run_chunk<kMostVectors, PNetMaps::Conv2>(net_.conv2, maps_.conv2, rows, x,
                                                 maps_.lanes + 1 - x, destination);
        for (float*& to : destination.to) {
          to += PNetMaps::Conv2::kMostLanes;
        }
      }
    }
    for (std::int64_t row = 4 * tile; row < 4 * tile + 4; ++row) {
      if (row >= end) {
        clear_row(maps_.convolved, kConvolvedPlanes, row);
      }
    }
  }

  // Runs a layer on at most Vectors vectors of `left` lanes; returns how many it took.
  template <int Vectors, typename Layer>
  int run_chunk(const ConvWeights& layer, const typename Layer::Buffers& buffers,
                const SixRows& rows, std::ptrdiff_t x, std::ptrdiff_t left,
                const typename Layer::Destination& destination) const noexcept {
    if constexpr (Vectors > 1) {
      if (left <= (Vectors - 1) * kVectorLanes) {
        return run_chunk<Vectors - 1, Layer>(layer, buffers, rows, x, left, destination);
      }
    }
    const float* const from[6] = {rows[0] + x, rows[1] + x, rows[2] + x,
                                  rows[3] + x, rows[4] + x, rows[5] + x};
    Layer::template run<Vectors>(layer, from, maps_.pitch, buffers, destination);
    return Vectors;
  }

  // Rows 4 tile to 4 tile + 3 of the output, as far as they are wanted.
  void write_cells(std::int64_t tile) const noexcept {
    const SixRows rows = six_rows(maps_.convolved, kConvolvedPlanes, 4 * tile);
    for (std::ptrdiff_t x = 0; x < maps_.lanes; x += PNetMaps::Conv3::kMostLanes) {
      const std::ptrdiff_t left = maps_.lanes - x;
      const int wanted = static_cast<int>((left + kVectorLanes - 1) / kVectorLanes);
      const std::ptrdiff_t lanes = std::min(wanted, kMostVectors) * kVectorLanes;
      float* cells = maps_.cells;
      const PNetMaps::Conv3::Destination destination{
          .to = {cells, cells + 2 * lanes, cells + 4 * lanes, cells + 6 * lanes},
          .channel_step = 8 * lanes,
          .plane_step = lanes};
      {
        const LayerClock clock("pnet.conv3");
        run_chunk<kMostVectors, PNetMaps::Conv3>(net_.conv3, maps_.conv3, rows, x, left,
                                                 destination);
      }
      const LayerClock clock("pnet.heads");
      for (std::ptrdiff_t lane = 0; lane < lanes; lane += kVectorLanes) {
        const std::int64_t heads =
            CellHeads::run(net_, cells + lane, lanes, input_.threshold, maps_.outputs);
        copy_out(heads, 4 * tile, 2 * (x + lane));
      }
    }
  }

  // Copies what the first heads gave for four rows and some columns.
  void copy_out(std::int64_t heads, std::int64_t first_row, std::int64_t column) const noexcept {
    const std::int64_t count = std::min<std::int64_t>(2 * kVectorLanes, columns_ - column);
    for (std::int64_t head = 0; head < heads; ++head) {
      float* out = head == 0 ? scores_ : offsets_ + (head - 1) * input_.plane;
      for (std::int64_t n = 0; n < 4; ++n) {
        const std::int64_t row = first_row + n;
        if (row >= input_.begin && row < input_.end) {
          std::copy_n(maps_.outputs + (head * 4 + n) * 2 * kVectorLanes, count,
                      out + (row - input_.begin) * input_.pitch + column);
        }
      }
    }
  }

  const PNetWeights& net_;
  const PNetInput& input_;
  const PNetMaps& maps_;
  float* scores_;
  float* offsets_;
  std::int64_t pooled_rows_;
  std::int64_t columns_;
  PooledConv::Edge edge_{};
  std::int64_t next_level_row_ = 0;
  std::int64_t next_pooled_group_ = 0;
  std::int64_t next_tile_ = 0;
};

// See NetworkKernels::pnet.
inline void pnet(const PNetWeights& net, const PNetInput& input, Scratch& scratch, float* scores,
                 float* offsets) {
  const auto maps = scratch.arrange<PNetMaps>((input.width - 1) / 2 - 4);
  PNetRun(net, input, maps, scores, offsets).run();
}
