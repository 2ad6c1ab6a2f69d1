// The vectors of each CPU target: every lane as by plain floats, whatever the numbers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "fastmtcnn/targets.hpp"
#include "input.hpp"
#include "simd/region.hpp"
#include "simd/vec_avx2.hpp"
#include "simd/vec_avx512.hpp"
#include "simd/vec_scalar.hpp"

namespace fastmtcnn::fuzz {

namespace {

constexpr std::int64_t kMostLanes = 16;

// The same bits, or both NaN.
template <typename Float>
bool same(Float got, Float wanted) {
  return std::memcmp(&got, &wanted, sizeof(Float)) == 0 || (std::isnan(got) && std::isnan(wanted));
}

// What the operations are checked with and against, lane by lane.
template <typename Float>
struct Lanes {
  Float a[kMostLanes];
  Float b[kMostLanes];
  Float c[kMostLanes];
  std::uint8_t bytes[kMostLanes];

  explicit Lanes(Input& input) {
    for (std::int64_t n = 0; n < kMostLanes; ++n) {
      const bool is_float = sizeof(Float) == sizeof(float);
      for (Float* number : {&a[n], &b[n], &c[n]}) {
        *number =
            static_cast<Float>(is_float ? static_cast<double>(input.score()) : input.coordinate());
      }
      bytes[n] = input.take<std::uint8_t>();
    }
  }
};

// What a target made of them.
template <typename Float>
struct Results {
  Float loaded[kMostLanes];
  Float broadcast[kMostLanes];
  Float sum[kMostLanes];
  Float difference[kMostLanes];
  Float product[kMostLanes];
  Float quotient[kMostLanes];
  Float fused[kMostLanes];
  Float least[kMostLanes];
  Float largest[kMostLanes];
  std::uint8_t greater[kMostLanes];
  std::uint8_t ordered[kMostLanes];
  std::uint8_t both[kMostLanes];
  std::int64_t num_greater;
  bool any_greater;
};

template <typename Float>
void check(const Lanes<Float>& with, const Results<Float>& got, std::int64_t lanes) {
  std::int64_t num_greater = 0;
  for (std::int64_t n = 0; n < lanes; ++n) {
    const Float a = with.a[n];
    const Float b = with.b[n];
    CHECK(same(got.loaded[n], a));
    CHECK(same(got.broadcast[n], with.a[0]));
    CHECK(same(got.sum[n], a + b));
    CHECK(same(got.difference[n], a - b));
    CHECK(same(got.product[n], a * b));
    CHECK(same(got.quotient[n], a / b));
    CHECK(same(got.fused[n], std::fma(a, b, with.c[n])));
    CHECK(same(got.least[n], a < b ? a : b));
    CHECK(same(got.largest[n], a > b ? a : b));
    const bool greater = a > b;
    const bool ordered = !std::isnan(a) && !std::isnan(b);
    CHECK(got.greater[n] == (greater ? 1 : 0));
    CHECK(got.ordered[n] == (ordered ? 1 : 0));
    CHECK(got.both[n] == (ordered && with.c[n] > b ? 1 : 0));
    num_greater += greater ? 1 : 0;
  }
  CHECK(got.num_greater == num_greater);
  CHECK(got.any_greater == (num_greater > 0));
}

// What the F32 of a target made of bytes, and of the first `count` elements.
struct PartResults {
  float bytes[kMostLanes];
  float first_bytes[kMostLanes];
  float first_loaded[kMostLanes];
  float first_stored[kMostLanes + 1];
};

void check_bytes(const Lanes<float>& with, const PartResults& got, std::int64_t lanes) {
  for (std::int64_t n = 0; n < lanes; ++n) {
    CHECK(got.bytes[n] == static_cast<float>(with.bytes[n]));
  }
}

// What the F32 of a target made with the operations for networks.
struct NetworkResults {
  float replaced[kMostLanes];
  float powers[kMostLanes];
  float even[kMostLanes];
  float odd[kMostLanes];
  float low[kMostLanes];
  float high[kMostLanes];
};

// A whole number from -126 to 127.
float exponent_of(std::uint8_t byte) { return static_cast<float>(byte % 254) - 126.0F; }

void check_network_operations(const Lanes<float>& with, const NetworkResults& got,
                              std::int64_t lanes) {
  for (std::int64_t n = 0; n < lanes; ++n) {
    CHECK(same(got.replaced[n], std::signbit(with.a[n]) ? with.b[n] : with.a[n]));
    CHECK(got.powers[n] == std::ldexp(1.0F, static_cast<int>(exponent_of(with.bytes[n]))));
    const auto dealt = [&](std::int64_t place) {
      return place < lanes ? with.a[place] : with.b[place - lanes];
    };
    CHECK(same(got.even[n], dealt(2 * n)));
    CHECK(same(got.odd[n], dealt(2 * n + 1)));
    CHECK(same(got.low[n], n % 2 == 0 ? with.a[n / 2] : with.b[n / 2]));
    const std::int64_t place = lanes + n;
    CHECK(same(got.high[n], place % 2 == 0 ? with.a[place / 2] : with.b[place / 2]));
  }
}

void check_parts(const Lanes<float>& with, const PartResults& got, std::int64_t lanes,
                 std::int64_t count) {
  for (std::int64_t n = 0; n < lanes; ++n) {
    CHECK(same(got.first_bytes[n], n < count ? static_cast<float>(with.bytes[n]) : 0.0F));
    CHECK(same(got.first_loaded[n], n < count ? with.a[n] : 0.0F));
    CHECK(same(got.first_stored[n], n < count ? with.a[n] : -1.0F));
  }
}

}  // namespace

}  // namespace fastmtcnn::fuzz

namespace fastmtcnn::scalar {
#include "vectors-inl.hpp"
}  // namespace fastmtcnn::scalar

#if FASTMTCNN_X86
FASTMTCNN_BEGIN_TARGET("avx2,fma")
namespace fastmtcnn::avx2 {
#include "vectors-inl.hpp"
}  // namespace fastmtcnn::avx2
FASTMTCNN_END_TARGET

FASTMTCNN_BEGIN_TARGET(FASTMTCNN_AVX512)
namespace fastmtcnn::avx512 {
#include "vectors-inl.hpp"
}  // namespace fastmtcnn::avx512
FASTMTCNN_END_TARGET
#endif

namespace fastmtcnn::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Lanes<float> singles(input);
  const Lanes<double> doubles(input);
  const auto part = input.take<std::uint8_t>();
  scalar::try_vectors(singles, doubles, part);
#if FASTMTCNN_X86
  if (kernels_named("avx2") != nullptr) {
    avx2::try_vectors(singles, doubles, part);
  }
  if (kernels_named("avx512") != nullptr) {
    avx512::try_vectors(singles, doubles, part);
  }
#endif
  return 0;
}

}  // namespace fastmtcnn::fuzz
