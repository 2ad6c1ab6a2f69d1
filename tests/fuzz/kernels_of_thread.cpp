// In place of cpp/src/cpu.cpp: every thread has its own choice of kernels, so that one process can
// compare them.
#include "kernels_of_thread.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace fastmtcnn {

namespace {

thread_local const Kernels* chosen = &kScalarKernels;

std::vector<const Kernels*> find_kernels() {
  std::vector<const Kernels*> found{&kScalarKernels};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) {
    found.push_back(&kAvx2Kernels);
  }
  if (__builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0) {
    found.push_back(&kAvx512Kernels);
  }
#endif
  return found;
}

// A thread that calls what it is given, one after the other.
class Caller {
 public:
  explicit Caller(const Kernels& kernels) : thread_([this, &kernels] { run(kernels); }) {}

  void start(const std::function<void()>& call) {
    const std::lock_guard<std::mutex> lock(mutex_);
    call_ = &call;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return call_ == nullptr; });
  }

 private:
  [[noreturn]] void run(const Kernels& kernels) {
    chosen = &kernels;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return call_ != nullptr; });
      (*call_)();
      call_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* call_ = nullptr;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

const Kernels& kernels() { return *chosen; }

namespace fuzz {

const std::vector<const Kernels*>& all_kernels() {
  static const std::vector<const Kernels*> found = find_kernels();
  return found;
}

void use(const Kernels& kernels) { chosen = &kernels; }

void with_each(const std::function<void()>& call) {
  // Never destroyed: the threads do not end.
  static const auto& callers = *[] {
    auto* made = new std::vector<std::unique_ptr<Caller>>;
    for (const Kernels* kernels : all_kernels()) {
      if (kernels != &kScalarKernels) {
        made->push_back(std::make_unique<Caller>(*kernels));
      }
    }
    return made;
  }();
  for (const auto& caller : callers) {
    caller->start(call);
  }
  for (const auto& caller : callers) {
    caller->wait();
  }
}

}  // namespace fuzz

}  // namespace fastmtcnn
