#include "fastmtcnn/align.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "image/bilinear.hpp"
#include "simd/kernels.hpp"

namespace fastmtcnn {

namespace {

// Positions are limited to this distance from the image: beyond it, all read the border, and sums
// of such numbers stay exact enough.
constexpr double kFarthest = 1e9;

// Also a NaN, the sum of two infinities, becomes a position.
double limited(double value) noexcept { return std::min(std::max(-kFarthest, value), kFarthest); }

// One row of the output: positions in the image, relative to a pixel near the first of them, so
// that a float has the precision for fractions of a pixel however large the image is.
struct Row {
  std::int64_t origin_x;
  std::int64_t origin_y;
  BilinearRow steps;

  Row(const Affine& to_image, std::int64_t row) noexcept {
    const double y = static_cast<double>(row);
    const double first_x = limited(to_image.xy * y + to_image.x0);
    const double first_y = limited(to_image.yy * y + to_image.y0);
    origin_x = static_cast<std::int64_t>(std::floor(first_x));
    origin_y = static_cast<std::int64_t>(std::floor(first_y));
    steps = {.x = static_cast<float>(first_x - std::floor(first_x)),
             .y = static_cast<float>(first_y - std::floor(first_y)),
             .step_x = static_cast<float>(limited(to_image.xx)),
             .step_y = static_cast<float>(limited(to_image.yx))};
  }
};

// The index of the pixel that is read instead of one outside.
std::int64_t border_index(std::int64_t index, std::int64_t size, Border border) noexcept {
  if (border == Border::kReplicate || size == 1) {
    return index < 0 ? 0 : size - 1;
  }
  const std::int64_t period = 2 * (size - 1);
  const std::int64_t phase = ((index % period) + period) % period;
  return phase < size ? phase : period - phase;
}

bool is_index(std::int64_t index, std::int64_t size) noexcept { return index >= 0 && index < size; }

// Samples one pixel of the output wherever it lies.
void sample(const ImageView& image, const Warp& how, const Row& row, std::int64_t column,
            std::uint8_t* out) noexcept {
  const float rel_x = row.steps.x_at(column);
  const float rel_y = row.steps.y_at(column);
  const float left = std::floor(rel_x);
  const float top = std::floor(rel_y);
  const std::int64_t x = row.origin_x + static_cast<std::int64_t>(left);
  const std::int64_t y = row.origin_y + static_cast<std::int64_t>(top);
  const bool constant = how.border == Border::kConstant;
  if (constant && (x < -1 || y < -1 || x >= image.width || y >= image.height)) {
    std::copy_n(how.fill, 3, out);
    return;
  }
  const std::uint8_t* corners[4];
  for (int k = 0; k < 4; ++k) {
    std::int64_t at_x = x + k % 2;
    std::int64_t at_y = y + k / 2;
    const bool inside_x = is_index(at_x, image.width);
    const bool inside_y = is_index(at_y, image.height);
    if (constant && !(inside_x && inside_y)) {
      corners[k] = how.fill;
      continue;
    }
    at_x = inside_x ? at_x : border_index(at_x, image.width, how.border);
    at_y = inside_y ? at_y : border_index(at_y, image.height, how.border);
    corners[k] = image.pixel(at_y, at_x);
  }
  interpolate(corners[0], corners[1], corners[2], corners[3], rel_x - left, rel_y - top, out);
}

// Whether the kernels may sample there: inside of the image without its last column, since they
// read a byte past each pixel.
bool is_inside(const ImageView& image, const Row& row, std::int64_t column) noexcept {
  const double x = static_cast<double>(row.steps.x_at(column)) + static_cast<double>(row.origin_x);
  const double y = static_cast<double>(row.steps.y_at(column)) + static_cast<double>(row.origin_y);
  return x >= 0.0 && y >= 0.0 && x < static_cast<double>(image.width - 2) &&
         y < static_cast<double>(image.height - 1);
}

// Whether byte offsets in the image fit the 32 bits that Kernels::bilinear allows.
bool offsets_fit(const ImageView& image) noexcept {
  return image.height * std::abs(image.row_stride) < std::numeric_limits<std::int32_t>::max();
}

void sample_row(const ImageView& image, const Warp& how, std::int64_t y, const Kernels& kernels,
                std::uint8_t* out) noexcept {
  const Row row(how.to_image, y);
  // The columns inside are adjacent: positions lie on a line, and an image is convex.
  std::int64_t begin = 0;
  while (begin < how.width && !is_inside(image, row, begin)) {
    sample(image, how, row, begin, out + 3 * begin);
    ++begin;
  }
  std::int64_t end = how.width;
  while (end > begin && !is_inside(image, row, end - 1)) {
    --end;
    sample(image, how, row, end, out + 3 * end);
  }
  const auto sample_columns = offsets_fit(image) ? kernels.bilinear : bilinear_columns;
  sample_columns(image.data, image.row_stride,
                 row.origin_y * image.row_stride + row.origin_x * image.pixel_stride, row.steps,
                 begin, end, out);
}

// The transform from pixel centres of an output with `times` times the pixels a side.
Affine finer(const Affine& coarse, std::int64_t times) noexcept {
  const double step = 1.0 / static_cast<double>(times);
  const double shift = 0.5 * step - 0.5;
  return {coarse.xx * step, coarse.xy * step, coarse.x0 + (coarse.xx + coarse.xy) * shift,
          coarse.yx * step, coarse.yy * step, coarse.y0 + (coarse.yx + coarse.yy) * shift};
}

void average_rows(const std::uint8_t* rows, std::int64_t width, std::int64_t samples,
                  std::uint8_t* out) noexcept {
  const std::int64_t count = samples * samples;
  for (std::int64_t x = 0; x < width; ++x) {
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      std::int64_t sum = count / 2;
      for (std::int64_t v = 0; v < samples; ++v) {
        for (std::int64_t u = 0; u < samples; ++u) {
          sum += rows[3 * ((v * width + x) * samples + u) + channel];
        }
      }
      out[3 * x + channel] = static_cast<std::uint8_t>(sum / count);
    }
  }
}

}  // namespace

Affine Affine::inverse() const noexcept {
  const double determinant = xx * yy - xy * yx;
  const double a = yy / determinant;
  const double b = -xy / determinant;
  const double c = -yx / determinant;
  const double d = xx / determinant;
  return {a, b, -(a * x0 + b * y0), c, d, -(c * x0 + d * y0)};
}

Affine fit_similarity(std::span<const Point> points, std::span<const Point> targets) noexcept {
  const std::size_t count = points.size();
  const double share = 1.0 / static_cast<double>(count);
  Point from{0.0, 0.0};
  Point to{0.0, 0.0};
  for (std::size_t i = 0; i < count; ++i) {
    from = {from.x + share * points[i].x, from.y + share * points[i].y};
    to = {to.x + share * targets[i].x, to.y + share * targets[i].y};
  }
  double spread = 0.0;
  double along = 0.0;
  double across = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    const Point p{points[i].x - from.x, points[i].y - from.y};
    const Point q{targets[i].x - to.x, targets[i].y - to.y};
    spread += p.x * p.x + p.y * p.y;
    along += p.x * q.x + p.y * q.y;
    across += p.x * q.y - p.y * q.x;
  }
  const double a = spread > 0.0 ? along / spread : 0.0;
  const double b = spread > 0.0 ? across / spread : 0.0;
  return {a, -b, to.x - a * from.x + b * from.y, b, a, to.y - b * from.x - a * from.y};
}

std::int64_t samples_to_cover(const Affine& to_image) noexcept {
  const double side = std::sqrt(std::abs(to_image.xx * to_image.yy - to_image.xy * to_image.yx));
  // A bilinear sample covers the pixels beside it; a tenth more loses little.
  const double samples = side < 16.0 ? std::ceil(side - 0.1) : 16.0;  // 16 for NaN too
  return static_cast<std::int64_t>(std::max(samples, 1.0));
}

void warp(const ImageView& image, const Warp& how, const Kernels& kernels, std::uint8_t* out) {
  if (how.samples == 1) {
    for (std::int64_t y = 0; y < how.height; ++y) {
      sample_row(image, how, y, kernels, out + 3 * y * how.width);
    }
    return;
  }
  Warp fine = how;
  fine.to_image = finer(how.to_image, how.samples);
  fine.width = how.width * how.samples;
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(3 * fine.width * how.samples));
  for (std::int64_t y = 0; y < how.height; ++y) {
    for (std::int64_t v = 0; v < how.samples; ++v) {
      sample_row(image, fine, y * how.samples + v, kernels, rows.data() + 3 * fine.width * v);
    }
    average_rows(rows.data(), how.width, how.samples, out + 3 * y * how.width);
  }
}

void apply_table(std::span<const std::uint8_t> pixels, std::span<const float, 256> table,
                 bool planes, float* out) noexcept {
  if (!planes) {
    std::transform(pixels.begin(), pixels.end(), out,
                   [&](std::uint8_t value) { return table[value]; });
    return;
  }
  const std::size_t count = pixels.size() / 3;
  const std::uint8_t* in = pixels.data();
  for (std::size_t i = 0; i < count; ++i, in += 3) {
    out[i] = table[in[0]];
    out[count + i] = table[in[1]];
    out[2 * count + i] = table[in[2]];
  }
}

}  // namespace fastmtcnn
