#include <algorithm>
#include <chrono>

#include "fastmtcnn/targets.hpp"
#include "simd/kernels.hpp"

namespace fastmtcnn {

double measure_peak_macs(const Kernels& kernels, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  double best = 0.0;
  do {
    const auto start = Clock::now();
    const auto done = static_cast<double>(kernels.multiply_adds());
    const std::chrono::duration<double> taken = Clock::now() - start;
    best = std::max(best, done / std::max(taken.count(), 1e-9));
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  return best;
}

}  // namespace fastmtcnn
