// Cutting boxes out of an image, black where they reach outside.
#include <algorithm>
#include <cmath>
#include <vector>

#include "fastmtcnn/resample.hpp"
#include "input.hpp"
#include "kernels.hpp"
#include "picture.hpp"
#include "reference.hpp"

namespace fastmtcnn::fuzz {

namespace {

std::vector<float> cropped(const ImageView& image, Resampling resampling,
                           const std::vector<Box>& boxes, std::int64_t size,
                           const Kernels& kernels) {
  const ResampleSource source(image, resampling, kernels);
  std::vector<float> out(boxes.size() * static_cast<std::size_t>(3 * size * size));
  crop(source, boxes, size, out.data());
  return out;
}

// Croppable ones, by the function that callers must ask.
std::vector<Box> take_boxes(Input& input, const ImageView& image, bool whole) {
  std::vector<Box> boxes;
  while (input.left() > 0 && boxes.size() < 3) {
    Box box{input.coordinate(), input.coordinate(), input.coordinate(), input.coordinate()};
    if (input.flag()) {
      box.x2 += box.x1;
      box.y2 += box.y1;
    }
    if (whole) {
      box = {std::trunc(box.x1), std::trunc(box.y1), std::trunc(box.x2), std::trunc(box.y2)};
    }
    boxes.push_back(box);
  }
  std::vector<Box> usable;
  for (const std::int64_t n : croppable_indices(boxes, image.height, image.width)) {
    usable.push_back(boxes[static_cast<std::size_t>(n)]);
  }
  return usable;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto resampling = static_cast<Resampling>(input.between(0, 2));
  const std::int64_t kind = input.between(0, 15);
  const std::int64_t side = kind == 0 ? 48 : kind == 1 ? 24 : input.between(1, 16);
  const bool whole = input.between(0, 7) != 0;
  const Picture picture(input);
  const ImageView& image = picture.view();
  const std::vector<Box> boxes = take_boxes(input, image, whole);

  const std::vector<float> crops = cropped(image, resampling, boxes, side, scalar_target());
  const ImageView other = kind % 2 == 0 ? picture.packed() : image;
  for (const Kernels* kernels : all_targets()) {
    CHECK(cropped(other, resampling, boxes, side, *kernels) == crops);
  }
  if (boxes.size() > 1) {
    // The last alone gives what it gave after others.
    const std::vector<float> alone =
        cropped(image, resampling, {boxes.back()}, side, scalar_target());
    CHECK(std::equal(alone.rbegin(), alone.rend(), crops.rbegin()));
  }

  const auto pixels = static_cast<std::size_t>(3 * side * side);
  for (std::size_t n = 0; n < boxes.size(); ++n) {
    const float* values = crops.data() + n * pixels;
    const double brightest = picture.brightest();
    for (std::size_t k = 0; k < pixels; ++k) {
      CHECK(to_pixel(values[k]) >= -0.01 && to_pixel(values[k]) <= brightest + 0.01);
    }
    if (!whole) {
      continue;
    }
    const Box& box = boxes[n];
    const Region region{static_cast<std::int64_t>(box.y1), static_cast<std::int64_t>(box.x1),
                        static_cast<std::int64_t>(box.height()),
                        static_cast<std::int64_t>(box.width())};
    const Reference reference(picture, region, resampling, side, side);
    // Some of the pixels: the reference is slow.
    const auto step = static_cast<std::int64_t>(1 + pixels / 40);
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(pixels); k += step) {
      const double value = to_pixel(values[k]);
      const auto channel = static_cast<std::size_t>(k / (side * side));
      const double expected = reference.at(channel, k / side % side, k % side);
      CHECK(std::abs(value - expected) <= tolerance(resampling));
    }
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
