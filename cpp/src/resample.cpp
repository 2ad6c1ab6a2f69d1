#include "fastmtcnn/resample.hpp"

#include <algorithm>
#include <vector>

#include "kernels.hpp"
#include "weights.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int64_t kLinesPerBand = Bands::kBandRows / kGroupTaps;
constexpr std::int64_t kSlack = 64;  // bytes that kernels may read past the last line

// A stretch of the output along one axis, and where its input lies in the image.
struct Axis {
  std::int64_t origin;  // in the image, of the input
  std::int64_t size;    // of the input
  std::int64_t count;   // of the output
  std::int64_t begin;   // of the stretch
  std::int64_t end;
  std::int64_t limit;  // size of the image; what lies outside is black

  std::int64_t length() const { return end - begin; }
};

// Weights whose groups count from `base`.
struct PlacedWeights {
  const GroupedWeights* weights;
  std::int64_t base;
};

// The weights of one axis, and those of crops from before: few of their sizes differ.
class WeightCache {
 public:
  // Valid until the next call.
  PlacedWeights find(const Axis& axis) {
    const bool inside = axis.origin >= 0 && axis.origin + axis.size <= axis.limit;
    if (!inside || axis.length() != axis.count || axis.size > kLargest) {
      exact_.assign(axis.size, axis.count, axis.begin, axis.end);
      own_.assign(exact_, axis.origin, axis.limit);
      return {&own_, 0};
    }
    const std::int64_t shift = axis.origin % kGroupTaps;
    const std::int64_t slot = (axis.size * kGroupTaps + shift + axis.count) % kEntries;
    Entry& entry = entries_[static_cast<std::size_t>(slot)];
    if (entry.size != axis.size || entry.count != axis.count || entry.shift != shift) {
      exact_.assign(axis.size, axis.count, 0, axis.count);
      entry.grouped.assign(exact_, shift, shift + axis.size);
      entry.size = axis.size;
      entry.count = axis.count;
      entry.shift = shift;
    }
    return {&entry.grouped, axis.origin / kGroupTaps};
  }

 private:
  static constexpr std::int64_t kEntries = 512;
  static constexpr std::int64_t kLargest = 512;  // in samples

  struct Entry {
    std::int64_t size = 0;
    std::int64_t count = 0;
    std::int64_t shift = 0;
    GroupedWeights grouped;
  };

  AxisWeights exact_;
  GroupedWeights own_;
  std::vector<Entry> entries_ = std::vector<Entry>(kEntries);
};

// What a thread keeps from call to call.
struct Workspace {
  WeightCache across;
  WeightCache down;
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
  const PlacedWeights across = work.across.find(x);
  const PlacedWeights down = work.down.find(y);

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
      const auto at = static_cast<std::size_t>(row);
      const std::int64_t groups = down.weights->groups[at];
      const std::int64_t skipped =
          groups > 0 ? down.base + down.weights->first[at] - first * kLinesPerBand : 0;
      kernel.vertical(work.lines.data() + channel * plane + skipped * line, line,
                      down.weights->packed.data() + down.weights->offset[at], groups, x.length(),
                      out + (channel * y.length() + row) * x.length());
    }
  }
}

void resample_axes(const Source& source, const Axis& y, const Axis& x, float* out) {
  Workspace& work = Workspace::of_this_thread();
  // Both passes round to 8 bits, so their order shows; this is Pillow's rule (since 13.0; before,
  // rows were always resampled first).
  const std::int64_t shrinks = y.size - y.count;
  if (shrinks <= 0 || shrinks <= 2 * (x.size - x.count)) {
    resample_bands(source.rows(), y, x, work, out);
    return;
  }
  work.turned.resize(static_cast<std::size_t>(3 * y.length() * x.length()));
  resample_bands(source.columns(), x, y, work, work.turned.data());
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

}  // namespace

void resample(const Source& source, std::int64_t height, std::int64_t width, const Tile& tile,
              float* out) {
  resample_axes(source,
                {0, source.height(), height, tile.top, tile.top + tile.height, source.height()},
                {0, source.width(), width, tile.left, tile.left + tile.width, source.width()}, out);
}

void crop(const Source& source, const Box* boxes, std::size_t count, std::int64_t size,
          float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Box& b = boxes[i];
    resample_axes(source,
                  {static_cast<std::int64_t>(b.y1), static_cast<std::int64_t>(b.height()), size, 0,
                   size, source.height()},
                  {static_cast<std::int64_t>(b.x1), static_cast<std::int64_t>(b.width()), size, 0,
                   size, source.width()},
                  out + i * static_cast<std::size_t>(3 * size * size));
  }
}

}  // namespace fastmtcnn
