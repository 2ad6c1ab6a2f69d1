#pragma once

// Time by layer, for benchmarks/layers.py: only in builds with FASTMTCNN_LAYER_CLOCK, since reading
// the clock costs P-Net's short layers a percent. In others a LayerClock is nothing.
#ifdef FASTMTCNN_LAYER_CLOCK
#include <chrono>
#include <map>
#include <string>
#endif

namespace fastmtcnn {

#ifdef FASTMTCNN_LAYER_CLOCK

// Adds the time that it lives to a layer's.
class LayerClock {
 public:
  explicit LayerClock(const char* layer) noexcept;
  LayerClock(const LayerClock&) = delete;
  LayerClock& operator=(const LayerClock&) = delete;
  ~LayerClock();

 private:
  const char* layer_;
  std::chrono::steady_clock::time_point start_;
};

// Seconds by layer, such as "pnet.conv1", of the current thread since the last call.
std::map<std::string, double> take_layer_seconds();

#else

class LayerClock {
 public:
  explicit LayerClock(const char*) noexcept {}
};

#endif

}  // namespace fastmtcnn
