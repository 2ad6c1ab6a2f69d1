#include "fastmtcnn/peak.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "kernels.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#if defined(__GNUC__) || defined(__clang__)
#define FASTMTCNN_TARGET(names) __attribute__((target(names)))
#else
#define FASTMTCNN_TARGET(names)
#endif
#endif

namespace fastmtcnn {

namespace {

constexpr int kChains = 12;  // independent sums, more than latency times throughput asks for
constexpr std::int64_t kRounds = 20000;

// The compiler cannot do without what this is given.
void keep(float value) {
  volatile float kept = value;
  static_cast<void>(kept);
}

// Each does kRounds * kChains multiply-adds of a vector and returns the length of the vector.

std::int64_t rounds_scalar() {
  constexpr int kLanes = 4;
  float sums[kChains * kLanes] = {};
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (float& sum : sums) {
      sum = sum * 0.999F + 0.001F;
    }
  }
  for (const float sum : sums) {
    keep(sum);
  }
  return kLanes;
}

#if defined(__x86_64__) || defined(_M_X64)
FASTMTCNN_TARGET("avx2,fma") std::int64_t rounds_avx2() {
  const __m256 factor = _mm256_set1_ps(0.999F);
  const __m256 term = _mm256_set1_ps(0.001F);
  __m256 sums[kChains];
  std::fill_n(sums, kChains, term);
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (__m256& sum : sums) {
      sum = _mm256_fmadd_ps(sum, factor, term);
    }
  }
  for (const __m256& sum : sums) {
    keep(_mm256_cvtss_f32(sum));
  }
  return 8;
}

FASTMTCNN_TARGET("avx512f") std::int64_t rounds_avx512() {
  const __m512 factor = _mm512_set1_ps(0.999F);
  const __m512 term = _mm512_set1_ps(0.001F);
  __m512 sums[kChains];
  std::fill_n(sums, kChains, term);
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (__m512& sum : sums) {
      sum = _mm512_fmadd_ps(sum, factor, term);
    }
  }
  for (const __m512& sum : sums) {
    keep(_mm512_cvtss_f32(sum));
  }
  return 16;
}
#endif

std::int64_t rounds() {
#if defined(__x86_64__) || defined(_M_X64)
  if (&kernels() == &kAvx512Kernels) {
    return rounds_avx512();
  }
  if (&kernels() == &kAvx2Kernels) {
    return rounds_avx2();
  }
#endif
  return rounds_scalar();
}

}  // namespace

double peak_multiply_adds(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  double best = 0.0;
  do {
    const auto start = Clock::now();
    const auto done = static_cast<double>(rounds() * kRounds * kChains);
    const std::chrono::duration<double> taken = Clock::now() - start;
    best = std::max(best, done / std::max(taken.count(), 1e-9));
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  return best;
}

}  // namespace fastmtcnn
