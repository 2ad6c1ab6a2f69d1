#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fastmtcnn/networks_on_images.hpp"
#include "fastmtcnn/resample.hpp"

namespace fastmtcnn {

namespace {

constexpr std::int64_t kMostFloats = std::int64_t{1} << 20;
// Of a row of P-Net's map at a time: the buffers of wider levels would be large.
constexpr std::int64_t kMostCells = 4096;
static_assert(kMostCells % PNet::kCellsTogether == 0);

// The buffer of the current thread.
std::span<float> pixels_of_this_thread(std::int64_t floats) {
  thread_local std::vector<float> pixels;
  const auto count = static_cast<std::size_t>(floats);
  if (pixels.size() < count) {
    pixels.resize(count);
  }
  return std::span(pixels).first(count);
}

// Cuts boxes out and passes them on, some at a time, with the number of those before.
template <typename Run>
void in_chunks(const ResampleSource& source, std::span<const Box> boxes, std::int64_t side,
               std::size_t most, Run run) {
  for (std::size_t first = 0; first < boxes.size(); first += most) {
    const std::span<const Box> some = boxes.subspan(first, std::min(most, boxes.size() - first));
    const auto count = static_cast<std::int64_t>(some.size());
    const std::span<float> crops = pixels_of_this_thread(count * 3 * side * side);
    crop(source, some, side, crops.data());
    run(crops, first, some.size());
  }
}

}  // namespace

void run_on_level(const PNet& network, const ResampleSource& source, std::int64_t height,
                  std::int64_t width, std::int64_t begin, std::int64_t end, float threshold,
                  std::span<float> scores, std::span<float> offsets) {
  // Strips repeat 14 rows of the level, so they should not be low.
  constexpr std::int64_t kFewest = 16;
  const std::int64_t widest = std::min(width, PNet::columns_for(kMostCells));
  const std::int64_t most = std::max(kFewest, (kMostFloats / (3 * widest) - 14) / 8 * 4);
  const std::int64_t cells = pnet_cells(width);
  for (std::int64_t from = begin; from < end;) {
    const std::int64_t to = std::min(end, from / 4 * 4 + most);
    const PNet::Rows rows = PNet::rows_for(height, from, to);
    for (std::int64_t left = 0; left < cells; left += kMostCells) {
      const bool is_last = cells - left <= kMostCells;
      const Tile strip{.top = rows.begin,
                       .left = 2 * left,
                       .height = rows.end - rows.begin,
                       .width = is_last ? width - 2 * left : widest};
      const std::span<float> part = pixels_of_this_thread(3 * strip.height * strip.width);
      resample(source, height, width, strip, part.data());
      const auto skipped = static_cast<std::size_t>((from - begin) * cells + left);
      network.run_part(part, height, strip.width, from, to, threshold, scores.subspan(skipped),
                       offsets.subspan(skipped), cells, (end - begin) * cells);
    }
    from = to;
  }
}

void run_on_crops(const RNet& network, const ResampleSource& source, std::span<const Box> boxes,
                  std::span<float> scores, std::span<float> offsets) {
  in_chunks(source, boxes, RNet::kSide, RNet::kAtOnce,
            [&](std::span<const float> crops, std::size_t first, std::size_t count) {
              network.run(crops, scores.subspan(first, count),
                          offsets.subspan(first * 4, count * 4));
            });
}

void run_on_crops(const ONet& network, const ResampleSource& source, std::span<const Box> boxes,
                  std::span<float> scores, std::span<float> offsets, std::span<float> landmarks) {
  in_chunks(source, boxes, ONet::kSide, ONet::kAtOnce,
            [&](std::span<const float> crops, std::size_t first, std::size_t count) {
              network.run(crops, scores.subspan(first, count),
                          offsets.subspan(first * 4, count * 4),
                          landmarks.subspan(first * 10, count * 10));
            });
}

}  // namespace fastmtcnn
