#pragma once

#include <array>
#include <cstddef>

// Winograd's algorithms for convolutions (Lavin and Gray 2016): kOutputs neighbouring outputs of a
// filter with kTaps taps from kPoints = kOutputs + kTaps - 1 products, on a line; two of them,
// nested, on a plane. An algorithm is given by its interpolation points, the last of which is
// infinity. kFactors are the shares of the taps in the weights of the products; kOnes are products
// that give ones in all outputs: with them a bias enters. See winograd-inl.hpp for the transforms
// of inputs and outputs.
//
// Points of small magnitude in pairs of either sign err least: with 0, +-0.6875, +-1.375 rather
// than the usual 0, +-1, +-2 the error of Winograd43 is 0.7, with +-0.5, +-1.25 rather than 0, +-1,
// 1/2 that of Winograd33 half as large (rms in float32).
namespace fastmtcnn {

// factors[p][k]: the share of tap k in the weight of product p.
template <std::size_t Taps, std::size_t Finite>
constexpr std::array<std::array<double, Taps>, Finite + 1> winograd_factors(
    const std::array<double, Finite>& points) {
  std::array<std::array<double, Taps>, Finite + 1> factors{};
  for (std::size_t p = 0; p < Finite; ++p) {
    double power = 1.0;
    for (std::size_t other = 0; other < Finite; ++other) {
      power /= other == p ? 1.0 : points[p] - points[other];
    }
    for (std::size_t k = 0; k < Taps; ++k) {
      factors[p][k] = power;
      power *= points[p];
    }
  }
  factors[Finite][Taps - 1] = 1.0;
  return factors;
}

struct Winograd23 {
  static constexpr int kOutputs = 2;
  static constexpr int kTaps = 3;
  static constexpr int kPoints = 4;
  static constexpr auto kFactors = winograd_factors<3, 3>({0.0, 1.0, -1.0});
  static constexpr std::array<double, 4> kOnes = {0.0, 1.0, 0.0, 0.0};
};

struct Winograd32 {
  static constexpr int kOutputs = 3;
  static constexpr int kTaps = 2;
  static constexpr int kPoints = 4;
  static constexpr auto kFactors = winograd_factors<2, 3>({0.0, 1.0, -1.0});
  static constexpr std::array<double, 4> kOnes = {0.0, 1.0, 0.0, 0.0};
};

struct Winograd33 {
  static constexpr int kOutputs = 3;
  static constexpr int kTaps = 3;
  static constexpr int kPoints = 5;
  static constexpr double kA = 0.5;
  static constexpr double kB = 1.25;
  static constexpr auto kFactors = winograd_factors<3, 4>({kA, -kA, kB, -kB});
  static constexpr std::array<double, 5> kOnes = {0.5 + 0.5 / kA, 0.5 - 0.5 / kA, 0.0, 0.0,
                                                  1.0 - kA * kA};
};

struct Winograd43 {
  static constexpr int kOutputs = 4;
  static constexpr int kTaps = 3;
  static constexpr int kPoints = 6;
  static constexpr double kA = 0.6875;
  static constexpr double kB = 1.375;
  static constexpr auto kFactors = winograd_factors<3, 5>({0.0, kA, -kA, kB, -kB});
  static constexpr std::array<double, 6> kOnes = {
      1.0 - 1.0 / (kB * kB),      0.0,          0.0, 0.5 / (kB * kB) + 0.5 / kB,
      0.5 / (kB * kB) - 0.5 / kB, 1.0 - kB * kB};
};

}  // namespace fastmtcnn
