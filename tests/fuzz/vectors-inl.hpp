// Applies every operation of the vectors of a target. Included by vectors.cpp within the region and
// the namespace of each (see region.hpp), so this file includes nothing.

template <typename Vector, typename Float>
void try_vector(const fuzz::Lanes<Float>& with) {
  fuzz::Results<Float> got{};
  const Vector a = Vector::load(with.a);
  const Vector b = Vector::load(with.b);
  const Vector c = Vector::load(with.c);
  a.store(got.loaded);
  Vector::broadcast(with.a[0]).store(got.broadcast);
  (a + b).store(got.sum);
  (a - b).store(got.difference);
  (a * b).store(got.product);
  (a / b).store(got.quotient);
  fma(a, b, c).store(got.fused);
  min(a, b).store(got.least);
  max(a, b).store(got.largest);
  got.num_greater = store_flags(greater(a, b), got.greater);
  got.any_greater = any(greater(a, b));
  store_flags(ordered(a, b), got.ordered);
  store_flags(ordered(a, b) & greater(c, b), got.both);
  fuzz::check(with, got, Vector::kLanes);
}

template <typename Vector>
void try_parts(const fuzz::Lanes<float>& with, std::int64_t part) {
  fuzz::PartResults got{};
  Vector::from_bytes(with.bytes).store(got.bytes);
  fuzz::check_bytes(with, got, Vector::kLanes);
  if constexpr (Vector::kLanes > 1) {
    const std::int64_t count = 1 + part % (Vector::kLanes - 1);
    // At the end of allocations, so that a read beyond them is seen.
    const std::vector<std::uint8_t> bytes(with.bytes, with.bytes + count);
    const std::vector<float> floats(with.a, with.a + count);
    std::fill_n(got.first_stored, fuzz::kMostLanes + 1, -1.0F);
    Vector::from_first_bytes(bytes.data(), count).store(got.first_bytes);
    Vector::load_first(floats.data(), count).store(got.first_loaded);
    Vector::load(with.a).store_first(got.first_stored, count);
    fuzz::check_parts(with, got, Vector::kLanes, count);
  }
}

template <typename Vector>
void try_network_operations(const fuzz::Lanes<float>& with) {
  fuzz::NetworkResults got{};
  const Vector a = Vector::load(with.a);
  const Vector b = Vector::load(with.b);
  replace_negative(a, b).store(got.replaced);
  float exponents[fuzz::kMostLanes];
  for (std::int64_t n = 0; n < fuzz::kMostLanes; ++n) {
    exponents[n] = fuzz::exponent_of(with.bytes[n]);
  }
  power_of_two(Vector::load(exponents)).store(got.powers);
  Vector one;
  Vector other;
  separate(a, b, one, other);
  one.store(got.even);
  other.store(got.odd);
  interleave(a, b, one, other);
  one.store(got.low);
  other.store(got.high);
  fuzz::check_network_operations(with, got, Vector::kLanes);
}

inline void try_vectors(const fuzz::Lanes<float>& singles, const fuzz::Lanes<double>& doubles,
                        std::int64_t part) {
  try_vector<F32>(singles);
  try_vector<F64>(doubles);
  try_parts<F32>(singles, part);
  try_network_operations<F32>(singles);
}
