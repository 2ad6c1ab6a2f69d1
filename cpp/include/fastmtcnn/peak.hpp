#pragma once

namespace fastmtcnn {

// Multiply-adds of 32-bit floats a second that one thread reaches with operands in registers:
// what a network's speed may be compared with. Takes about the given time.
double peak_multiply_adds(double seconds);

}  // namespace fastmtcnn
