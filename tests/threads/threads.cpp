// The core from many threads at a time: what they share must be made once, and their results must
// be those of one thread. To be run on a build with -fsanitize=thread.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fastmtcnn/boxes.hpp"
#include "fastmtcnn/networks.hpp"
#include "fastmtcnn/resample.hpp"
#include "fastmtcnn/source.hpp"
#include "fastmtcnn/targets.hpp"
#include "support/tensors.hpp"

namespace {

using namespace fastmtcnn;

constexpr int kThreads = 8;
constexpr Resampling kKinds[] = {Resampling::kBilinear, Resampling::kArea, Resampling::kAdaptive};

// Calls the function with 0, 1, ... in as many new threads, all at the same time.
void in_threads(const std::function<void(int)>& call) {
  std::atomic<int> waiting{kThreads};
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; ++n) {
    threads.emplace_back([&call, &waiting, n] {
      --waiting;
      while (waiting > 0) {
        std::this_thread::yield();
      }
      call(n);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

struct Picture {
  std::int64_t height;
  std::int64_t width;
  std::vector<std::uint8_t> bytes;

  Picture(std::int64_t rows, std::int64_t columns, std::uint32_t state)
      : height(rows), width(columns), bytes(static_cast<std::size_t>(3 * rows * columns)) {
    for (std::uint8_t& byte : bytes) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<std::uint8_t>(state >> 24);
    }
  }
  ImageView view() const { return {bytes.data(), height, width, 3 * width, 3}; }
};

// What a thread makes of a picture: levels of the pyramid, of which some go by columns, and crops
// of many sizes, whose weights are kept. The number says with which of them it begins.
std::vector<float> results(const ResampleSource& source, int number) {
  std::vector<std::vector<float>> parts;
  constexpr int kLevels = 6;
  constexpr int kCrops = 40;
  parts.resize(kLevels + kCrops);
  for (int step = 0; step < kLevels + kCrops; ++step) {
    const int k = (step + 7 * number) % (kLevels + kCrops);
    std::vector<float>& out = parts[static_cast<std::size_t>(k)];
    if (k < kLevels) {
      const std::int64_t height = 1 + source.height() * (k + 1) / 7;
      const std::int64_t width = 1 + source.width() * (k % 3 + 1) / 3;
      out.resize(static_cast<std::size_t>(3 * height * width));
      resample(source, height, width, {0, 0, height, width}, out.data());
      continue;
    }
    const double at = 5 * (k - kLevels) % 17 - 8;
    const double side = 3 + 29 * k % 90;
    const Box box{at, at + 1.0, at + side, at + (k % 2 == 0 ? side : 2.5 * side)};
    const Box whole{box.x1, box.y1, box.x2, static_cast<double>(static_cast<int>(box.y2))};
    const std::int64_t size = k % 2 == 0 ? 24 : 48;
    out.resize(static_cast<std::size_t>(3 * size * size));
    crop(source, {&whole, 1}, size, out.data());
  }
  std::vector<float> all;
  for (const std::vector<float>& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<std::int64_t> kept(int number) {
  std::vector<Box> boxes;
  std::vector<float> scores;
  for (int n = 0; n < 300; ++n) {
    const double x = (n * 37 + number) % 101;
    const double y = (n * 53) % 97;
    boxes.push_back({x, y, x + 20.0, y + 24.0});
    scores.push_back(static_cast<float>(n * 29 % 100) / 100.0F);
  }
  return nms(boxes, scores, 0.5, Overlap::kUnion, true, fastest_kernels());
}

int failures = 0;

void check(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "not so: %s\n", what);
    ++failures;
  }
}

// Nothing of the core has been called before: the targets are found here. Half of the threads use
// the fastest, the others the slowest.
void first_use() {
  const Picture picture(90, 70, 1);
  const auto source = [&picture](int n) {
    const Kernels& kernels = n % 2 == 0 ? fastest_kernels() : *kernels_named("scalar");
    return std::make_unique<ResampleSource>(picture.view(), Resampling::kBilinear, kernels);
  };
  std::vector<std::vector<std::string>> features(kThreads);
  std::vector<std::vector<float>> made(kThreads);
  std::vector<std::vector<std::int64_t>> left(kThreads);
  in_threads([&](int n) {
    const auto at = static_cast<std::size_t>(n);
    if (n % 2 == 0) {
      features[at] = cpu_features();
    }
    made[at] = results(*source(n), n);
    left[at] = kept(n);
    features[at] = cpu_features();
    check(has_avx512f() || features[at].front() != "avx512", "avx512 needs avx512f");
  });
  const std::vector<float> expected = results(*source(0), 0);
  for (int n = 0; n < kThreads; ++n) {
    const auto at = static_cast<std::size_t>(n);
    check(features[at] == cpu_features(), "all see the same features");
    check(made[at] == expected, "results of the first use are those of one thread");
    check(left[at] == kept(n), "boxes kept at the first use are those that one thread keeps");
  }
}

// The columns of the source are made by the first of the threads that asks for them.
void shared_source(const Picture& picture, Resampling kind) {
  const ResampleSource source(picture.view(), kind, fastest_kernels());
  std::vector<std::vector<float>> made(kThreads);
  in_threads([&](int n) { made[static_cast<std::size_t>(n)] = results(source, n); });
  const std::vector<float> expected =
      results(ResampleSource(picture.view(), kind, fastest_kernels()), 0);
  for (const std::vector<float>& each : made) {
    check(each == expected, "results from a shared source are those of one thread");
  }
}

// Some values.
void fill(const std::string& /*name*/, std::vector<float>& values) {
  for (std::size_t n = 0; n < values.size(); ++n) {
    values[n] = static_cast<float>(n * 37 % 101) / 500.0F - 0.1F;
  }
}

// One network for all threads, whose buffers are their own.
void networks() {
  const PNet pnet(tests::pnet_tensors(fill).named(), fastest_network_kernels());
  const RNet rnet(tests::rnet_tensors(fill).named(), fastest_network_kernels());
  const ONet onet(tests::onet_tensors(fill).named(), fastest_network_kernels());
  const auto outputs = [&](int n) {
    const std::int64_t height = 20 + 7 * n;
    const std::int64_t width = 61 - 5 * n;
    const auto cells = static_cast<std::size_t>(pnet_cells(height) * pnet_cells(width));
    const auto crops = static_cast<std::size_t>(1 + 9 * n);
    std::vector<float> values(
        std::max(static_cast<std::size_t>(3 * height * width), crops * 3 * 48 * 48));
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = static_cast<float>(k * 29 % 97) / 48.0F - 1.0F;
    }
    std::vector<float> out(5 * cells + 20 * crops);
    const std::span<float> all(out);
    pnet.run(std::span(values).first(static_cast<std::size_t>(3 * height * width)), height, width,
             0, pnet_cells(height), all.first(cells), all.subspan(cells, 4 * cells));
    const std::span<float> of_crops = all.subspan(5 * cells);
    rnet.run(std::span(values).first(crops * 3 * 24 * 24), of_crops.first(crops),
             of_crops.subspan(crops, 4 * crops));
    onet.run(std::span(values).first(crops * 3 * 48 * 48), of_crops.subspan(5 * crops, crops),
             of_crops.subspan(6 * crops, 4 * crops), of_crops.last(10 * crops));
    return out;
  };
  std::vector<std::vector<float>> made(kThreads);
  in_threads([&](int n) { made[static_cast<std::size_t>(n)] = outputs(n); });
  for (int n = 0; n < kThreads; ++n) {
    check(made[static_cast<std::size_t>(n)] == outputs(n), "networks give what one thread gives");
  }
}

void peaks() {
  in_threads(
      [](int) { check(measure_peak_macs(fastest_kernels(), 0.001) > 0.0, "there is a peak"); });
}

}  // namespace

int main(int count, char** arguments) {
  using Clock = std::chrono::steady_clock;
  const double seconds = count > 1 ? std::strtod(arguments[1], nullptr) : 15.0;
  const auto begin = Clock::now();
  first_use();
  networks();
  peaks();
  int rounds = 0;
  do {
    // Tall ones and wide ones, with which the order of the passes changes.
    const auto state = static_cast<std::uint32_t>(rounds);
    const Picture picture(20 + rounds * 61 % 120, 20 + rounds * 37 % 60, state);
    for (const Resampling kind : kKinds) {
      shared_source(picture, kind);
    }
    ++rounds;
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  std::printf("%d rounds of %d threads, %d failures\n", rounds, kThreads, failures);
  return failures == 0 ? 0 : 1;
}
