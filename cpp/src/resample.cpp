#include "fastmtcnn/resample.hpp"

#include <algorithm>
#include <vector>

#include "area.hpp"
#include "axis.hpp"
#include "kernels.hpp"
#include "weights.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int64_t kLinesPerBand = Bands::kBandRows / kGroupTaps;
constexpr std::int64_t kSlack = 64;  // bytes that kernels may read past the last line

// Weights whose groups count from `base`.
struct PlacedWeights {
  const GroupedWeights* weights;
  std::int64_t base;
};

// Weights, and those of crops from before: few of their sizes differ.
class WeightCache {
 public:
  // Valid until the call after the next.
  PlacedWeights find(const Axis& axis) {
    const bool inside = axis.origin >= 0 && axis.origin + axis.size <= axis.limit;
    if (!inside || axis.length() != axis.count || axis.size > kLargest) {
      own_turn_ = 1 - own_turn_;
      exact_.assign(axis.size, axis.count, axis.begin, axis.end);
      own_[own_turn_].assign(exact_, axis.origin, axis.limit);
      return {&own_[own_turn_], 0};
    }
    const std::int64_t shift = axis.origin % kGroupTaps;
    const std::int64_t base = axis.origin / kGroupTaps;
    Pair& pair =
        pairs_[static_cast<std::size_t>((axis.size * kGroupTaps + shift + axis.count) % kPairs)];
    for (int way = 0; way < 2; ++way) {
      const Entry& entry = pair.entries[way];
      if (entry.size == axis.size && entry.count == axis.count && entry.shift == shift) {
        pair.latest = way;
        return {&entry.grouped, base};
      }
    }
    pair.latest = 1 - pair.latest;
    Entry& entry = pair.entries[pair.latest];
    entry.size = 0;  // until all is in place
    exact_.assign(axis.size, axis.count, 0, axis.count);
    entry.grouped.assign(exact_, shift, shift + axis.size);
    entry.size = axis.size;
    entry.count = axis.count;
    entry.shift = shift;
    return {&entry.grouped, base};
  }

 private:
  static constexpr std::int64_t kPairs = 512;
  static constexpr std::int64_t kLargest = 512;  // in samples

  struct Entry {
    std::int64_t size = 0;
    std::int64_t count = 0;
    std::int64_t shift = 0;
    GroupedWeights grouped;
  };
  struct Pair {
    Entry entries[2];
    int latest = 0;
  };

  AxisWeights exact_;
  GroupedWeights own_[2];
  int own_turn_ = 0;
  std::vector<Pair> pairs_ = std::vector<Pair>(kPairs);
};

// What a thread keeps from call to call.
struct Workspace {
  WeightCache weights;
  std::vector<std::uint8_t> lines;
  std::vector<float> turned;

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }
};

// Horizontally band by band into lines of four rows each, then vertically from those.
void resample_bands(const Bands& bands, const Axis& y, const Axis& x, Workspace& work, float* out) {
  const Kernels& kernel = kernels();
  const PlacedWeights across = work.weights.find(x);
  const PlacedWeights down = work.weights.find(y);

  const std::int64_t first = (down.base + down.weights->begin) / kLinesPerBand;
  const std::int64_t last = (down.base + down.weights->end + kLinesPerBand - 1) / kLinesPerBand;
  const std::int64_t line = x.length() * kGroupTaps;
  const std::int64_t plane = std::max<std::int64_t>(last - first, 1) * kLinesPerBand * line;
  work.lines.resize(static_cast<std::size_t>(3 * plane + kSlack));
  for (std::int64_t band = first; band < last; ++band) {
    kernel.horizontal(bands.band(band) + across.base * 3 * Bands::kGroupBytes, *across.weights,
                      work.lines.data() + (band - first) * kLinesPerBand * line, line, plane);
  }
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    for (std::int64_t row = 0; row < y.length(); ++row) {
      const GroupedWeights::Sample sample = down.weights->samples[static_cast<std::size_t>(row)];
      const std::int64_t skipped =
          sample.groups > 0 ? down.base + sample.first - first * kLinesPerBand : 0;
      kernel.vertical(work.lines.data() + channel * plane + skipped * line, line,
                      down.weights->of(sample), sample.groups, x.length(),
                      out + (channel * y.length() + row) * x.length());
    }
  }
}

Axis crop_axis(double origin, double extent, std::int64_t size, std::int64_t limit) {
  return {
      static_cast<std::int64_t>(origin), static_cast<std::int64_t>(extent), size, 0, size, limit};
}

// Both passes round to 8 bits, so their order shows; this is Pillow's rule (since 13.0; before,
// rows were always resampled first).
bool columns_first(const Axis& y, const Axis& x) {
  const std::int64_t shrinks = y.size - y.count;
  return shrinks > 0 && shrinks > 2 * (x.size - x.count);
}

// Vertically, then horizontally.
void resample_columns(const Bands& columns, const Axis& y, const Axis& x, Workspace& work,
                      float* out) {
  work.turned.resize(static_cast<std::size_t>(3 * y.length() * x.length()));
  resample_bands(columns, x, y, work, work.turned.data());
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    const float* from = work.turned.data() + channel * y.length() * x.length();
    float* to = out + channel * y.length() * x.length();
    for (std::int64_t row = 0; row < y.length(); ++row) {
      for (std::int64_t column = 0; column < x.length(); ++column) {
        to[row * x.length() + column] = from[column * y.length() + row];
      }
    }
  }
}

// The columns of no more than the crop: the other crops hardly ever need theirs.
void crop_columns(const Source& source, Axis y, Axis x, Workspace& work, float* out) {
  const std::int64_t top = std::max<std::int64_t>(y.origin, 0);
  const std::int64_t left = std::max<std::int64_t>(x.origin, 0);
  y.limit = std::min(y.origin + y.size, y.limit) - top;
  x.limit = std::min(x.origin + x.size, x.limit) - left;
  y.origin -= top;
  x.origin -= left;
  const Bands columns(source.image().part(top, left, y.limit, x.limit).transposed());
  resample_columns(columns, y, x, work, out);
}

}  // namespace

void resample(const Source& source, std::int64_t height, std::int64_t width, const Tile& tile,
              float* out) {
  const Axis y{0, source.height(), height, tile.top, tile.top + tile.height, source.height()};
  const Axis x{0, source.width(), width, tile.left, tile.left + tile.width, source.width()};
  if (source.resampling() != Resampling::kBilinear) {
    average(source.image(), source.resampling(), true, y, x, out);
  } else if (columns_first(y, x)) {
    resample_columns(source.columns(), y, x, Workspace::of_this_thread(), out);
  } else {
    resample_bands(source.rows(), y, x, Workspace::of_this_thread(), out);
  }
}

void crop(const Source& source, const Box* boxes, std::size_t count, std::int64_t size,
          float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Axis y = crop_axis(boxes[i].y1, boxes[i].height(), size, source.height());
    const Axis x = crop_axis(boxes[i].x1, boxes[i].width(), size, source.width());
    if (source.resampling() != Resampling::kBilinear) {
      average(source.image(), source.resampling(), false, y, x, out);
    } else if (columns_first(y, x)) {
      crop_columns(source, y, x, Workspace::of_this_thread(), out);
    } else {
      resample_bands(source.rows(), y, x, Workspace::of_this_thread(), out);
    }
    out += 3 * size * size;
  }
}

}  // namespace fastmtcnn
