// Resampling an image to a level of the pyramid, and tiles of it.
#include "fastmtcnn/resample.hpp"

#include <cmath>
#include <vector>

#include "input.hpp"
#include "kernels.hpp"
#include "picture.hpp"
#include "reference.hpp"

namespace fastmtcnn::fuzz {

namespace {

std::vector<float> resampled(const ImageView& image, Resampling resampling, std::int64_t height,
                             std::int64_t width, const Tile& tile, const Kernels& kernels) {
  const ResampleSource source(image, resampling, kernels);
  std::vector<float> out(static_cast<std::size_t>(3 * tile.height * tile.width));
  resample(source, height, width, tile, out.data());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto resampling = static_cast<Resampling>(input.between(0, 2));
  const std::int64_t kind = input.between(0, 15);
  const bool is_large = kind == 0;
  const std::int64_t height = input.between(1, is_large ? 70 : 14);
  const std::int64_t width = input.between(1, is_large ? 70 : 14);
  Tile tile{};
  tile.top = input.between(0, height - 1);
  tile.left = input.between(0, width - 1);
  tile.height = input.between(1, height - tile.top);
  tile.width = input.between(1, width - tile.left);
  const Picture picture(input);
  const ImageView& image = picture.view();

  const Tile all{0, 0, height, width};
  const std::vector<float> whole =
      resampled(image, resampling, height, width, all, scalar_target());
  const std::vector<float> part =
      resampled(image, resampling, height, width, tile, scalar_target());
  const ImageView other = kind % 2 == 0 ? picture.packed() : image;
  for (const Kernels* kernels : all_targets()) {
    CHECK(resampled(other, resampling, height, width, all, *kernels) == whole);
    CHECK(resampled(other, resampling, height, width, tile, *kernels) == part);
  }
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(part.size()); ++n) {
    const std::int64_t channel = n / (tile.height * tile.width);
    const std::int64_t row = tile.top + n / tile.width % tile.height;
    const std::int64_t column = tile.left + n % tile.width;
    CHECK(part[static_cast<std::size_t>(n)] ==
          whole[static_cast<std::size_t>((channel * height + row) * width + column)]);
  }

  const Region region{0, 0, image.height, image.width};
  const Reference reference(picture, region, resampling, height, width);
  // Of some of the pixels only: the reference is slow.
  const auto step = static_cast<std::int64_t>(1 + whole.size() / 60);
  const double darkest = picture.darkest();
  const double brightest = picture.brightest();
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(whole.size()); ++n) {
    const double value = to_pixel(whole[static_cast<std::size_t>(n)]);
    CHECK(value >= darkest - 0.01 && value <= brightest + 0.01);
    if (resampling != Resampling::kAdaptive) {
      CHECK(value == std::nearbyint(value));
    }
    if (n % step != 0) {
      continue;
    }
    const auto channel = static_cast<std::size_t>(n / (height * width));
    const double expected = reference.at(channel, n / width % height, n % width);
    CHECK(std::abs(value - expected) <= tolerance(resampling));
  }
  return 0;
}

}  // namespace fastmtcnn::fuzz
