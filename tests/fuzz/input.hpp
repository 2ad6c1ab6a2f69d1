#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// A property that must hold: libFuzzer takes the abort for a crash and keeps the input.
#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace fastmtcnn::fuzz {

// The bytes of an input, taken from its front; zeros when there are no more.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::size_t left() const { return left_; }

  template <typename T>
  T take() {
    T value{};
    const std::size_t count = left_ < sizeof(T) ? left_ : sizeof(T);
    std::memcpy(&value, data_, count);
    data_ += count;
    left_ -= count;
    return value;
  }
  bool flag() { return (take<std::uint8_t>() & 1) != 0; }
  // From `low` to `high`, both possible; for ranges of up to 2^16 values.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const std::int64_t values = high - low + 1;
    return low + (values <= 256 ? take<std::uint8_t>() : take<std::uint16_t>()) % values;
  }

  // Mostly small numbers, with which boxes touch, coincide and nest, sometimes any bits at all.
  double coordinate() {
    const auto kind = take<std::uint8_t>();
    if (kind < 200) {
      return take<std::int8_t>();
    }
    if (kind < 250) {
      return take<std::int16_t>() / 64.0;
    }
    return any<double, std::uint64_t>();
  }
  // Mostly a number from 0 to 1, of which many are equal.
  float score() {
    const auto kind = take<std::uint8_t>();
    return kind < 224 ? static_cast<float>(kind % 32) / 31.0F : any<float, std::uint32_t>();
  }
  double fraction() { return static_cast<double>(take<std::uint16_t>()) / 65535.0; }

 private:
  template <typename Real, typename Bits>
  Real any() {
    const auto bits = take<Bits>();
    Real value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }

  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace fastmtcnn::fuzz
