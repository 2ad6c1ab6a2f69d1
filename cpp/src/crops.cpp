#include "fastmtcnn/crops.hpp"

#include "fastmtcnn/resample.hpp"

namespace fastmtcnn {

void crop(const ImageView& image, const Box* boxes, std::size_t count, std::int64_t size,
          float* out) {
  Resampler resampler;
  for (std::size_t i = 0; i < count; ++i) {
    const Box& b = boxes[i];
    const Canvas canvas{static_cast<std::int64_t>(b.x1), static_cast<std::int64_t>(b.y1),
                        static_cast<std::int64_t>(b.height()),
                        static_cast<std::int64_t>(b.width())};
    resampler.run(image, canvas, size, size, out + i * static_cast<std::size_t>(3 * size * size));
  }
}

}  // namespace fastmtcnn
