#include <pybind11/stl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "arrays.hpp"
#include "fastmtcnn/networks.hpp"
#include "fastmtcnn/networks_on_images.hpp"
#include "register.hpp"
#include "source.hpp"
#ifdef FASTMTCNN_LAYER_CLOCK
#include "networks/layer_clock.hpp"
#endif

namespace fastmtcnn::bindings {

namespace {

constexpr const char* kTargetsDoc =
    "CPU targets that the networks run with here, fastest first, without those in\n"
    "FASTMTCNN_DISABLE. The last, 'scalar', is for tests: it is slow.";
constexpr const char* kPNetDoc =
    "P-Net of the original architecture, by kernels of our own, from the float32 tensors of its\n"
    "plain graph by name. `target`, a name in network_targets(), chooses the code; all give the "
    "same\n"
    "bits. With `poison`, a test sees what is read before it is written, as NaN.";
constexpr const char* kPNetCallDoc =
    "Face probabilities (rows, columns) and offsets (4, rows, columns) of the rows from begin to\n"
    "end of the map of a level (3, height, width), by default of all. A row's bits do not depend "
    "on\n"
    "the others.";
constexpr const char* kPNetLevelDoc =
    "The same of the rows from begin to end of the map of an image resampled to (height, width),\n"
    "without an array of its pixels. Offsets are written where the score is at least `threshold`;\n"
    "elsewhere they may be any numbers.";
constexpr const char* kCropsDoc =
    "The same of crops of an image, without an array of their pixels; boxes as for crop().";
constexpr const char* kRNetDoc = "R-Net, as NativePNet.";
constexpr const char* kRNetCallDoc =
    "Face probabilities (n,) and offsets (n, 4) of crops (n, 3, 24, 24). The bits of a crop's do "
    "not\n"
    "depend on the others.";
constexpr const char* kONetDoc = "O-Net, as NativePNet.";
constexpr const char* kONetCallDoc =
    "Face probabilities (n,), offsets (n, 4) and landmarks (n, 10), five x then five y, of crops\n"
    "(n, 3, 48, 48). The bits of a crop's do not depend on the others.";

// The tensors refer to the arrays of the dictionary.
NamedTensors tensors_of(const py::dict& weights) {
  NamedTensors tensors;
  for (const auto& [key, value] : weights) {
    const auto name = key.cast<std::string>();
    if (!py::isinstance<FloatArray>(value)) {
      throw py::type_error("weights must be contiguous arrays of float32, " + name + " is not");
    }
    const auto array = py::reinterpret_borrow<FloatArray>(value);
    tensors.emplace(name, Tensor{.shape = {array.shape(), array.shape() + array.ndim()},
                                 .values = {array.data(), static_cast<std::size_t>(array.size())}});
  }
  return tensors;
}

const NetworkKernels& network_kernels_from(const std::optional<std::string>& target) {
  if (!target) {
    return fastest_network_kernels();
  }
  const NetworkKernels* kernels = network_kernels_named(*target);
  if (kernels == nullptr) {
    throw py::value_error("target must be one of network_targets(), got '" + *target + "'");
  }
  return *kernels;
}

// A network, or nothing: NativePNet.__new__(NativePNet) makes a Python object without calling
// __init__, whose memory pybind11 takes from here; see PySource.
template <typename Network>
class PyNetwork {
 public:
  PyNetwork(const py::dict& weights, const std::optional<std::string>& target, bool poison)
      : network_(std::make_unique<const Network>(tensors_of(weights), network_kernels_from(target),
                                                 poison)) {}

  const Network& get() const {
    if (network_ == nullptr) {
      throw py::type_error("the network's __init__() was not called");
    }
    return *network_;
  }

  static void* operator new(std::size_t size) { return ::new (::operator new(size)) PyNetwork; }
  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  PyNetwork() noexcept = default;

  std::unique_ptr<const Network> network_;
};

std::span<const float> values_of(const FloatArray& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}
std::span<float> values_in(FloatArray& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

void require_rows(std::int64_t begin, std::int64_t end, std::int64_t rows) {
  if (!(begin >= 0 && begin < end && end <= rows)) {
    throw py::value_error("begin and end must be rows of " + std::to_string(rows) + ", got " +
                          std::to_string(begin) + " and " + std::to_string(end));
  }
}

py::tuple run_pnet(const PyNetwork<PNet>& network, const FloatArray& level, std::int64_t begin,
                   const std::optional<std::int64_t>& end) {
  const PNet& native = network.get();
  require(level.ndim() == 3 && level.shape(0) == 3 && level.shape(1) >= 12 && level.shape(2) >= 12,
          "level must be a (3, height, width) array with sides of at least 12", level);
  require_dimension(level.shape(1), "level height");
  require_dimension(level.shape(2), "level width");
  const std::int64_t rows = pnet_cells(level.shape(1));
  const std::int64_t last = end.value_or(rows);
  require_rows(begin, last, rows);
  const py::ssize_t columns = pnet_cells(level.shape(2));
  FloatArray scores({last - begin, columns});
  FloatArray offsets({py::ssize_t{4}, last - begin, columns});
  const std::span<const float> from = values_of(level);
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  {
    py::gil_scoped_release release;
    native.run(from, level.shape(1), level.shape(2), begin, last, to_scores, to_offsets);
  }
  return py::make_tuple(scores, offsets);
}

void require_crops(const FloatArray& crops, std::int64_t side) {
  require(
      crops.ndim() == 4 && crops.shape(1) == 3 && crops.shape(2) == side && crops.shape(3) == side,
      "crops must be an (n, 3, " + std::to_string(side) + ", " + std::to_string(side) + ") array",
      crops);
}

py::tuple run_rnet(const PyNetwork<RNet>& network, const FloatArray& crops) {
  const RNet& native = network.get();
  require_crops(crops, RNet::kSide);
  FloatArray scores(crops.shape(0));
  FloatArray offsets({crops.shape(0), py::ssize_t{4}});
  const std::span<const float> from = values_of(crops);
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  {
    py::gil_scoped_release release;
    native.run(from, to_scores, to_offsets);
  }
  return py::make_tuple(scores, offsets);
}

py::tuple run_onet(const PyNetwork<ONet>& network, const FloatArray& crops) {
  const ONet& native = network.get();
  require_crops(crops, ONet::kSide);
  FloatArray scores(crops.shape(0));
  FloatArray offsets({crops.shape(0), py::ssize_t{4}});
  FloatArray landmarks({crops.shape(0), py::ssize_t{10}});
  const std::span<const float> from = values_of(crops);
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  const std::span<float> to_landmarks = values_in(landmarks);
  {
    py::gil_scoped_release release;
    native.run(from, to_scores, to_offsets, to_landmarks);
  }
  return py::make_tuple(scores, offsets, landmarks);
}

py::tuple run_pnet_on_level(const PyNetwork<PNet>& network, const PySource& source,
                            std::int64_t height, std::int64_t width, std::int64_t begin,
                            std::int64_t end, float threshold) {
  const PNet& native = network.get();
  for (const std::int64_t side : {height, width}) {
    require_dimension(side, "side of the level");
    if (side < PNet::kWindow) {
      throw py::value_error("a level must have sides of at least 12, got " +
                            std::to_string(height) + "x" + std::to_string(width));
    }
  }
  require_rows(begin, end, pnet_cells(height));
  const ResampleSource& pixels = source.get();
  const py::ssize_t columns = pnet_cells(width);
  FloatArray scores({end - begin, columns});
  FloatArray offsets({py::ssize_t{4}, end - begin, columns});
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  {
    py::gil_scoped_release release;
    run_on_level(native, pixels, height, width, begin, end, threshold, to_scores, to_offsets);
  }
  return py::make_tuple(scores, offsets);
}

py::tuple run_rnet_on_crops(const PyNetwork<RNet>& network, const PySource& source,
                            const DoubleArray& boxes) {
  const RNet& native = network.get();
  const ResampleSource& pixels = source.get();
  const std::span<const Box> rows = croppable(boxes, pixels);
  FloatArray scores(boxes.shape(0));
  FloatArray offsets({boxes.shape(0), py::ssize_t{4}});
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  {
    py::gil_scoped_release release;
    run_on_crops(native, pixels, rows, to_scores, to_offsets);
  }
  return py::make_tuple(scores, offsets);
}

py::tuple run_onet_on_crops(const PyNetwork<ONet>& network, const PySource& source,
                            const DoubleArray& boxes) {
  const ONet& native = network.get();
  const ResampleSource& pixels = source.get();
  const std::span<const Box> rows = croppable(boxes, pixels);
  FloatArray scores(boxes.shape(0));
  FloatArray offsets({boxes.shape(0), py::ssize_t{4}});
  FloatArray landmarks({boxes.shape(0), py::ssize_t{10}});
  const std::span<float> to_scores = values_in(scores);
  const std::span<float> to_offsets = values_in(offsets);
  const std::span<float> to_landmarks = values_in(landmarks);
  {
    py::gil_scoped_release release;
    run_on_crops(native, pixels, rows, to_scores, to_offsets, to_landmarks);
  }
  return py::make_tuple(scores, offsets, landmarks);
}

template <typename Network>
py::class_<PyNetwork<Network>> define(py::module_& m, const char* name, const char* doc) {
  using Class = PyNetwork<Network>;
  return py::class_<Class>(m, name, doc)
      .def(py::init<py::dict, std::optional<std::string>, bool>(), py::arg("weights"),
           py::arg("target") = py::none(), py::arg("poison") = false)
      .def_property_readonly("target", [](const Class& self) { return self.get().target(); });
}

}  // namespace

void register_networks(py::module_& m) {
  m.def("network_targets", &network_targets, kTargetsDoc);
  define<PNet>(m, "NativePNet", kPNetDoc)
      .def("__call__", &run_pnet, py::arg("level").noconvert(), py::arg("begin") = 0,
           py::arg("end") = py::none(), kPNetCallDoc)
      .def("on_level", &run_pnet_on_level, py::arg("source"), py::arg("height"), py::arg("width"),
           py::arg("begin"), py::arg("end"), py::arg("threshold"), kPNetLevelDoc);
  define<RNet>(m, "NativeRNet", kRNetDoc)
      .def("__call__", &run_rnet, py::arg("crops").noconvert(), kRNetCallDoc)
      .def("on_crops", &run_rnet_on_crops, py::arg("source"), py::arg("boxes").noconvert(),
           kCropsDoc);
  define<ONet>(m, "NativeONet", kONetDoc)
      .def("__call__", &run_onet, py::arg("crops").noconvert(), kONetCallDoc)
      .def("on_crops", &run_onet_on_crops, py::arg("source"), py::arg("boxes").noconvert(),
           kCropsDoc);
#ifdef FASTMTCNN_LAYER_CLOCK
  m.def("take_layer_seconds", &take_layer_seconds);
#endif
}

}  // namespace fastmtcnn::bindings
