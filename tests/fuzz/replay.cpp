// Runs a fuzz target without libFuzzer, where there is none: on files, then on random inputs.
//
//   replay COUNT [FILE ...]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  const int inputs = count > 1 ? std::atoi(arguments[1]) : 0;
  for (int n = 2; n < count; ++n) {
    std::ifstream file(arguments[n], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  std::mt19937 random(1);
  for (int n = 0; n < inputs; ++n) {
    std::vector<std::uint8_t> data(1 + random() % 199);
    for (std::uint8_t& byte : data) {
      byte = static_cast<std::uint8_t>(random() >> 24U);
    }
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  std::printf("%d files and %d random inputs, nothing found\n", count > 2 ? count - 2 : 0, inputs);
  return 0;
}
