#include "networks/layer_clock.hpp"

#ifdef FASTMTCNN_LAYER_CLOCK

#include <map>
#include <string>
#include <utility>

namespace fastmtcnn {

namespace {

thread_local std::map<std::string, double> seconds;

}  // namespace

LayerClock::LayerClock(const char* layer) noexcept
    : layer_(layer), start_(std::chrono::steady_clock::now()) {}

LayerClock::~LayerClock() {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  seconds[layer_] += passed.count();
}

std::map<std::string, double> take_layer_seconds() { return std::exchange(seconds, {}); }

}  // namespace fastmtcnn

#endif
