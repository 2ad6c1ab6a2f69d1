// Kernels of floating-point numbers, for every target: templates over its vectors F32 and F64.
// Included by the file of each target within its region and its namespace (see region.hpp), so this
// file includes nothing; it needs <cstdint>, <span>, "boxes/overlap.hpp" and the vectors.

// See Kernels::accumulate.
template <typename Vector>
void accumulate(std::span<const std::uint8_t> bytes, float weight, float* sums) noexcept {
  const Vector factor = Vector::broadcast(weight);
  const std::uint8_t* p = bytes.data();
  const auto count = static_cast<std::int64_t>(bytes.size());
  if (count < Vector::kLanes) {
    if constexpr (Vector::kLanes > 1) {
      if (count > 0) {
        const Vector values = Vector::from_first_bytes(p, count);
        (Vector::load_first(sums, count) + factor * values).store_first(sums, count);
      }
    }
    return;
  }
  // The last vector may share sums with the one before, so it is computed before any is stored.
  const std::int64_t last = count - Vector::kLanes;
  const Vector end = Vector::load(sums + last) + factor * Vector::from_bytes(p + last);
  for (std::int64_t n = 0; n < last; n += Vector::kLanes) {
    (Vector::load(sums + n) + factor * Vector::from_bytes(p + n)).store(sums + n);
  }
  end.store(sums + last);
}

// See Kernels::overlaps. The same operations in the same order as exceeds().
template <typename Vector>
std::int64_t overlaps(const BoxColumns& boxes, std::int64_t best, std::int64_t begin,
                      std::int64_t end, double threshold, bool over_smaller,
                      std::uint8_t* drop) noexcept {
  const Vector x1 = Vector::broadcast(boxes.x1[best]);
  const Vector y1 = Vector::broadcast(boxes.y1[best]);
  const Vector x2 = Vector::broadcast(boxes.x2[best]);
  const Vector y2 = Vector::broadcast(boxes.y2[best]);
  const Vector area = Vector::broadcast(boxes.area[best]);
  const Vector one = Vector::broadcast(1.0);
  const Vector zero = Vector::broadcast(0.0);
  const Vector limit = Vector::broadcast(threshold);
  std::int64_t dropped = 0;
  std::int64_t n = begin;
  for (; n + Vector::kLanes <= end; n += Vector::kLanes) {
    const Vector w =
        min(Vector::load(boxes.x2 + n), x2) - max(Vector::load(boxes.x1 + n), x1) + one;
    const Vector h =
        min(Vector::load(boxes.y2 + n), y2) - max(Vector::load(boxes.y1 + n), y1) + one;
    const Vector other = Vector::load(boxes.area + n);
    auto over = greater(w, zero) & greater(h, zero);
    // Few boxes meet, and a division is slow.
    if (any(over)) {
      const Vector inter = w * h;
      const Vector whole = over_smaller ? min(other, area) : area + other - inter;
      over = over & ordered(other, area) & greater(inter / whole, limit);
    }
    dropped += store_flags(over, drop + n);
  }
  for (; n < end; ++n) {
    drop[n] = exceeds(boxes, best, n, threshold, over_smaller) ? 1 : 0;
    dropped += drop[n];
  }
  return dropped;
}

// See Kernels::multiply_adds. For targets whose fma() is an instruction.
template <typename Vector>
std::int64_t multiply_adds() noexcept {
  constexpr std::int64_t kChains = 12;  // independent sums, to hide the latency of the instruction
  constexpr std::int64_t kRounds = 20000;
  const Vector factor = Vector::broadcast(0.999F);
  const Vector term = Vector::broadcast(0.001F);
  Vector sums[kChains];
  for (Vector& sum : sums) {
    sum = term;
  }
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (Vector& sum : sums) {
      sum = fma(sum, factor, term);
    }
  }
  // The compiler must not leave out what nobody reads.
  for (const Vector& sum : sums) {
    float lanes[Vector::kLanes];
    sum.store(lanes);
    volatile float read = lanes[0];
    static_cast<void>(read);
  }
  return kChains * kRounds * Vector::kLanes;
}
