#!/usr/bin/env bash
# Runs tests on a build that watches memory, undefined behaviour or races between threads.
set -euo pipefail
usage() {
  echo "usage: tests/scripts/sanitize.sh address [ARGUMENT OF PYTEST ...]   the whole test suite" >&2
  echo "       tests/scripts/sanitize.sh thread [SECONDS]                   the core, from many threads" >&2
  exit 2
}
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"

address() {
  local build=build/sanitize/address
  local venv=$build/venv
  [ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install -q '.[cli,test]' -C build-dir="$build/cmake" \
    -C cmake.build-type=RelWithDebInfo -C cmake.define.FASTMTCNN_SANITIZE=address,undefined,float-cast-overflow
  # Python itself is built without the runtime, which must be there first; and with it the C++
  # library, so that the runtime finds the functions that throw.
  local runtime
  runtime="$("${CXX:-g++}" -print-file-name=libasan.so) $("${CXX:-g++}" -print-file-name=libstdc++.so)"
  # Python and onnxruntime do not free all they have when they end: the fuzz targets look for leaks.
  # A test asks for more memory than there is, which is to be its MemoryError.
  # So does a model, of onnxruntime, whose `new` the runtime ends the process for.
  local greedy=tests/networks/test_own_models.py::test_exabytes_of_ones
  LD_PRELOAD=$runtime \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:strict_init_order=1 \
    UBSAN_OPTIONS=print_stacktrace=1 \
    "$venv/bin/pytest" -q -p no:cacheprovider -n auto --benchmark-disable -m "" --deselect "$greedy" "$@"
}

thread() {
  local build=build/sanitize/thread
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DFASTMTCNN_SANITIZE=thread \
    -DFASTMTCNN_TEST_THREADS=ON -DFASTMTCNN_WERROR=ON >/dev/null
  cmake --build "$build" -j2 --target threads
  TSAN_OPTIONS=halt_on_error=1 "$build/tests/threads/threads" "$@"
}

[ $# -gt 0 ] || usage
kind=$1
shift
case $kind in
  address | thread) "$kind" "$@" ;;
  *) usage ;;
esac
