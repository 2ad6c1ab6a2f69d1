#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastmtcnn {

// The inner loops that are compiled for one CPU target. All targets give the same bits.
struct Kernels;

// Names of the targets that this build has code for and this processor runs, fastest first; the
// last is "scalar". Targets named in FASTMTCNN_DISABLE (separated by commas) are left out, except
// "scalar". The variable is read once.
std::vector<std::string> cpu_features();

// The kernels of the first of these targets.
const Kernels& fastest_kernels();

// The kernels of one of these targets, nullptr if the name is none of theirs.
const Kernels* kernels_named(std::string_view name);

// The name of the target of these kernels.
const char* name_of(const Kernels& kernels) noexcept;

// Multiply-adds of 32-bit floats a second that one thread reaches with operands in registers: the
// bound for the speed of a network. Measures for about the given time.
double measure_peak_macs(const Kernels& kernels, double seconds);

// Whether the processor has enough of AVX-512 for onnxruntime to use it, whatever is disabled here.
bool has_avx512f() noexcept;

}  // namespace fastmtcnn
