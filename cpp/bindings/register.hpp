#pragma once

#include <pybind11/pybind11.h>

namespace fastmtcnn::bindings {

// Each adds the functions of one subject to the module.
void register_boxes(pybind11::module_& m);
void register_image(pybind11::module_& m);
void register_networks(pybind11::module_& m);

}  // namespace fastmtcnn::bindings
