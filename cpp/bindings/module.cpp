#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>

#include "arrays.hpp"
#include "fastmtcnn/targets.hpp"
#include "register.hpp"

namespace fastmtcnn::bindings {

namespace {

constexpr const char* kPeakDoc =
    "float32 multiply-adds a second that one thread reaches with a CPU target, measured for this\n"
    "many seconds, at most 10.";
constexpr const char* kCpuFeaturesDoc =
    "CPU targets that this processor runs, fastest first, without those in FASTMTCNN_DISABLE.";
constexpr const char* kHasAvx512fDoc =
    "Whether the processor has enough of AVX-512 for onnxruntime, whatever is disabled here.";

double py_measure_peak_macs(double seconds, const std::optional<std::string>& target) {
  const Kernels& kernels = kernels_from(target);
  py::gil_scoped_release release;
  return measure_peak_macs(kernels, std::min(seconds, 10.0));
}

}  // namespace

}  // namespace fastmtcnn::bindings

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  namespace py = pybind11;
  using namespace fastmtcnn::bindings;
  m.doc() = "The networks of the cascade and the steps between them, on numpy arrays.";
  m.attr("__version__") = FASTMTCNN_VERSION;
  register_image(m);
  register_boxes(m);
  register_networks(m);
  m.def("measure_peak_macs", &py_measure_peak_macs, py::arg("seconds"),
        py::arg("target") = py::none(), kPeakDoc);
  m.def("cpu_features", &fastmtcnn::cpu_features, kCpuFeaturesDoc);
  m.def("has_avx512f", &fastmtcnn::has_avx512f, kHasAvx512fDoc);
}
