#!/usr/bin/env bash
# The package on 64-bit ARM: cross-compiled, and run by an emulated Python of Debian 12 on the real
# wheels of what it needs.  bash tests/scripts/aarch64.sh PYTHON, one here that has the package installed.
set -euo pipefail
here=$(realpath -s "$1")
cd "$(dirname "$0")/../.."

for command in qemu-aarch64 aarch64-linux-gnu-g++; do
  command -v "$command" >/dev/null && continue
  echo "$command is not here: install Debian's qemu-user and g++-aarch64-linux-gnu" >&2
  exit 1
done
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# Debian's packages for ARM, unpacked beside the system, which stays as it is.
mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial} "$work/root"
touch "$work/apt/status"
cat >"$work/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
Dir::State "$work/apt/state";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
CONF
(
  export APT_CONFIG=$work/apt.conf
  cd "$work/apt/cache/archives"
  apt-get update -qq
  apt-get install -qq --download-only --no-install-recommends python3.11 libstdc++6 >/dev/null
  apt-get download -qq libpython3.11-dev
)
for package in "$work"/apt/cache/archives/*.deb; do dpkg -x "$package" "$work/root"; done
cat >"$work/python" <<PYTHON
#!/bin/sh
exec qemu-aarch64 -L "$work/root" -E PYTHONPATH="$work/site" "$work/root/usr/bin/python3.11" "\$@"
PYTHON
chmod +x "$work/python"

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install -q cmake ninja pybind11
# onnxruntime 1.31.1 crashes in this emulator (qemu 7.2) when it is imported.
"$work/tools/bin/pip" install -q --target "$work/site" --only-binary=:all: --python-version 3.11 \
  --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
  numpy onnxruntime==1.23.2 pillow pytest
cp -r python/fastmtcnn "$work/site"
"$work/tools/bin/cmake" -S . -B "$work/build" -G Ninja -DFASTMTCNN_WERROR=ON \
  -DCMAKE_MAKE_PROGRAM="$work/tools/bin/ninja" -DCMAKE_STRIP=/bin/true \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_CXX_FLAGS="-isystem $work/root/usr/include" \
  -DPython_EXECUTABLE="$work/python" -DPython_INCLUDE_DIR="$work/root/usr/include/python3.11" \
  -Dpybind11_DIR="$("$work/tools/bin/python" -m pybind11 --cmakedir)" \
  -DSKBUILD=1 -DSKBUILD_PROJECT_NAME=fastmtcnn -DSKBUILD_PROJECT_VERSION=0 \
  -DSKBUILD_PROJECT_VERSION_FULL=0 >/dev/null
"$work/tools/bin/cmake" --build "$work/build"
"$work/tools/bin/cmake" --install "$work/build" --prefix "$work/site" >/dev/null

"$here" tests/scripts/other_cpu.py "$work/here"
# The emulator keeps one core busy: these run beside what follows.
"$work/python" tests/scripts/other_cpu.py "$work/here" scalar &
emulated=($!)
(cd "$work" && "$work/python" -m pytest -q -p no:cacheprovider --rootdir "$work" -c /dev/null \
  "$OLDPWD/tests/package/test_minimal.py") &
emulated+=($!)

# That NEON gives the bits of the scalar code, whatever the weights, sizes and pixels.
aarch64-linux-gnu-g++ -std=c++20 -O2 -static -Icpp/include -Itests tests/fuzz/{networks,replay}.cpp \
  "$work/build/libfastmtcnn_core.a" -o "$work/networks"
qemu-aarch64 "$work/networks" 100 tests/fuzz/corpus/networks/*
for process in "${emulated[@]}"; do wait "$process"; done
