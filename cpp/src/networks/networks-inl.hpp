// The networks, written over the vector F32 of a CPU target. Included by the file of each target
// within its region and its namespace (see simd/region.hpp). Each file needs those before it, and
// the target's kNumRegisters and kMostVectors: vectors of cells that P-Net takes at a time, so many
// that their inputs stay in a near cache.

#include "networks/winograd-inl.hpp"

#include "networks/activations-inl.hpp"

#include "networks/products-inl.hpp"

#include "networks/channel_layers-inl.hpp"
#include "networks/crop_first_layer-inl.hpp"
#include "networks/pnet_first_layer-inl.hpp"

#include "networks/pnet_layers-inl.hpp"

#include "networks/crop_networks-inl.hpp"
#include "networks/pnet-inl.hpp"
