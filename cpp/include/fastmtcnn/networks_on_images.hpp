#pragma once

#include <cstdint>
#include <span>

#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/networks.hpp"
#include "fastmtcnn/source.hpp"

// The networks on parts of an image, whose pixels are resampled piece by piece into a buffer that
// the current thread keeps: some 4 MB at most.
namespace fastmtcnn {

// The rows [begin, end) of P-Net's map of the image resampled to `height` x `width`, as
// PNet::run_part() gives them. The bits are those of the whole level.
void run_on_level(const PNet& network, const ResampleSource& source, std::int64_t height,
                  std::int64_t width, std::int64_t begin, std::int64_t end, float threshold,
                  std::span<float> scores, std::span<float> offsets);

// R-Net and O-Net on boxes that pass croppable_indices(), cut out as by crop().
void run_on_crops(const RNet& network, const ResampleSource& source, std::span<const Box> boxes,
                  std::span<float> scores, std::span<float> offsets);
void run_on_crops(const ONet& network, const ResampleSource& source, std::span<const Box> boxes,
                  std::span<float> scores, std::span<float> offsets, std::span<float> landmarks);

}  // namespace fastmtcnn
