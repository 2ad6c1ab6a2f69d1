#include "fastmtcnn/resample.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "image/area.hpp"
#include "image/axis.hpp"
#include "image/weights.hpp"
#include "simd/kernels.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int64_t kLinesPerBand = Bands::kBandRows / kGroupTaps;
constexpr std::int64_t kSlack = 64;  // bytes that kernels may read past the last line

// Weights whose groups count from group `base` of the image.
struct PlacedWeights {
  const GroupedWeights* weights;
  std::int64_t base;
};

struct PlacedAxes {
  PlacedWeights across;
  PlacedWeights down;
};

// Weights of both axes. Those of crops are kept: few of their sizes differ.
class WeightCache {
 public:
  // Valid until the next call. The second axis replaces no weights of the first: a set of the cache
  // has two entries, and the one used last stays.
  PlacedAxes find(const Axis& across, const Axis& down, const Kernels& kernels) {
    const PlacedWeights first = find(across, kernels, uncached_across_);
    return {.across = first, .down = find(down, kernels, uncached_down_)};
  }

 private:
  static constexpr std::int64_t kSets = 512;
  static constexpr std::int64_t kLargest = 512;  // in samples

  struct Entry {
    const Kernels* kernels = nullptr;  // the target whose layout the weights have
    std::int64_t size = 0;
    std::int64_t count = 0;
    std::int64_t shift = 0;
    GroupedWeights grouped;
  };
  struct Set {
    Entry entries[2];
    int latest = 0;
  };

  PlacedWeights find(const Axis& axis, const Kernels& kernels, GroupedWeights& uncached) {
    const bool inside = axis.origin >= 0 && axis.origin + axis.size <= axis.limit;
    if (!inside || axis.length() != axis.count || axis.size > kLargest) {
      exact_.assign(axis.size, axis.count, axis.begin, axis.end);
      uncached.assign(exact_, axis.origin, axis.limit, kernels);
      return {.weights = &uncached, .base = 0};
    }
    const std::int64_t shift = axis.origin % kGroupTaps;
    const std::int64_t base = axis.origin / kGroupTaps;
    Set& set =
        sets_[static_cast<std::size_t>((axis.size * kGroupTaps + shift + axis.count) % kSets)];
    for (int way = 0; way < 2; ++way) {
      const Entry& entry = set.entries[way];
      if (entry.size == axis.size && entry.count == axis.count && entry.shift == shift &&
          entry.kernels == &kernels) {
        set.latest = way;
        return {.weights = &entry.grouped, .base = base};
      }
    }
    set.latest = 1 - set.latest;
    Entry& entry = set.entries[set.latest];
    entry.size = 0;  // no entry if an exception ends this call
    exact_.assign(axis.size, axis.count, 0, axis.count);
    entry.grouped.assign(exact_, shift, shift + axis.size, kernels);
    entry.kernels = &kernels;
    entry.size = axis.size;
    entry.count = axis.count;
    entry.shift = shift;
    return {.weights = &entry.grouped, .base = base};
  }

  AxisWeights exact_;
  GroupedWeights uncached_across_;
  GroupedWeights uncached_down_;
  std::vector<Set> sets_ = std::vector<Set>(kSets);
};

// Buffers that a thread keeps from call to call.
struct Workspace {
  WeightCache weights;
  std::vector<std::uint8_t> lines;
  std::vector<float> turned;

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }
};

// Horizontally, band by band, into three planes of lines; then vertically from those. A line holds
// four rows, as a vertical group has four taps; a band gives four lines of each plane:
//
//   line k of red     | x = 0             | x = 1             | ...
//                     | row 4k 4k+1 +2 +3 | row 4k 4k+1 +2 +3 |
void resample_bands(const Bands& bands, const Axis& y, const Axis& x, const Kernels& kernels,
                    Workspace& work, float* out) {
  const auto [across, down] = work.weights.find(x, y, kernels);

  const std::int64_t first = (down.base + down.weights->begin) / kLinesPerBand;
  const std::int64_t last = (down.base + down.weights->end + kLinesPerBand - 1) / kLinesPerBand;
  const std::int64_t line = x.length() * kGroupTaps;
  const std::int64_t plane = std::max<std::int64_t>(last - first, 1) * kLinesPerBand * line;
  work.lines.resize(static_cast<std::size_t>(3 * plane + kSlack));
  for (std::int64_t band = first; band < last; ++band) {
    kernels.horizontal(bands.band(band) + across.base * 3 * Bands::kGroupBytes, *across.weights,
                       work.lines.data() + (band - first) * kLinesPerBand * line, line, plane);
  }
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    for (std::int64_t row = 0; row < y.length(); ++row) {
      const GroupedWeights::Sample sample = down.weights->samples[static_cast<std::size_t>(row)];
      const std::int64_t skipped =
          sample.groups > 0 ? down.base + sample.first - first * kLinesPerBand : 0;
      kernels.vertical(
          work.lines.data() + channel * plane + skipped * line, line, down.weights->of(sample),
          sample.groups,
          {out + (channel * y.length() + row) * x.length(), static_cast<std::size_t>(x.length())});
    }
  }
}

Axis crop_axis(double origin, double extent, std::int64_t size, std::int64_t limit) noexcept {
  return {.origin = static_cast<std::int64_t>(origin),
          .size = static_cast<std::int64_t>(extent),
          .count = size,
          .begin = 0,
          .end = size,
          .limit = limit};
}

// Both passes round to 8 bits, so their order changes the result. This is Pillow's rule since 13.0;
// before, Pillow always resampled rows first.
bool columns_first(const Axis& y, const Axis& x) noexcept {
  const std::int64_t shrinks = y.size - y.count;
  return shrinks > 0 && shrinks > 2 * (x.size - x.count);
}

// Vertically, then horizontally.
void resample_columns(const Bands& columns, const Axis& y, const Axis& x, const Kernels& kernels,
                      Workspace& work, float* out) {
  work.turned.resize(static_cast<std::size_t>(3 * y.length() * x.length()));
  resample_bands(columns, x, y, kernels, work, work.turned.data());
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

// Image samples [begin, end) that hold all that a stretch of the output is made of, and perhaps
// some more.
struct Inputs {
  std::int64_t begin;
  std::int64_t end;
};

Inputs inputs_of(const Axis& axis) noexcept {
  const double scale = static_cast<double>(axis.size) / static_cast<double>(axis.count);
  const auto reach = static_cast<std::int64_t>(std::ceil(std::max(scale, 1.0))) + 1;
  const auto first = static_cast<std::int64_t>(static_cast<double>(axis.begin) * scale) - reach;
  const auto last = static_cast<std::int64_t>(static_cast<double>(axis.end) * scale) + reach;
  return {.begin = std::clamp<std::int64_t>(axis.origin + std::max<std::int64_t>(first, 0), 0,
                                            axis.limit),
          .end = std::clamp<std::int64_t>(axis.origin + std::min(last, axis.size), 0, axis.limit)};
}

// Makes bands of that part of the image alone from which the output is made.
void resample_part(const ResampleSource& source, Axis y, Axis x, Workspace& work, float* out) {
  const Inputs rows = inputs_of(y);
  const Inputs columns = inputs_of(x);
  y.limit = rows.end - rows.begin;
  x.limit = columns.end - columns.begin;
  y.origin -= rows.begin;
  x.origin -= columns.begin;
  const ImageView part = source.image().part(rows.begin, columns.begin, y.limit, x.limit);
  const Kernels& kernels = source.kernels();
  if (columns_first(y, x)) {
    resample_columns(Bands(part.transposed(), kernels), y, x, kernels, work, out);
  } else {
    resample_bands(Bands(part, kernels), y, x, kernels, work, out);
  }
}

// Bands of the whole image would be many times as large as the image.
bool is_narrow(const ResampleSource& source) noexcept {
  constexpr std::int64_t kSmall = std::int64_t{1} << 16;  // pixels
  return std::min(source.height(), source.width()) < Bands::kBandRows &&
         source.height() * source.width() > kSmall;
}

}  // namespace

void resample(const ResampleSource& source, std::int64_t height, std::int64_t width,
              const Tile& tile, float* out) {
  const Kernels& kernels = source.kernels();
  const Axis y{.origin = 0,
               .size = source.height(),
               .count = height,
               .begin = tile.top,
               .end = tile.top + tile.height,
               .limit = source.height()};
  const Axis x{.origin = 0,
               .size = source.width(),
               .count = width,
               .begin = tile.left,
               .end = tile.left + tile.width,
               .limit = source.width()};
  if (source.resampling() != Resampling::kBilinear) {
    resample_area(source.image(), source.resampling(), true, y, x, kernels, out);
  } else if (is_narrow(source)) {
    resample_part(source, y, x, Workspace::of_this_thread(), out);
  } else if (columns_first(y, x)) {
    resample_columns(source.columns(), y, x, kernels, Workspace::of_this_thread(), out);
  } else {
    resample_bands(source.rows(), y, x, kernels, Workspace::of_this_thread(), out);
  }
}

void crop(const ResampleSource& source, std::span<const Box> boxes, std::int64_t size, float* out) {
  const Kernels& kernels = source.kernels();
  for (const Box& box : boxes) {
    const Axis y = crop_axis(box.y1, box.height(), size, source.height());
    const Axis x = crop_axis(box.x1, box.width(), size, source.width());
    if (source.resampling() != Resampling::kBilinear) {
      resample_area(source.image(), source.resampling(), false, y, x, kernels, out);
    } else if (columns_first(y, x) || is_narrow(source)) {
      // Few crops of an image need columns.
      resample_part(source, y, x, Workspace::of_this_thread(), out);
    } else {
      resample_bands(source.rows(), y, x, kernels, Workspace::of_this_thread(), out);
    }
    out += 3 * size * size;
  }
}

}  // namespace fastmtcnn
