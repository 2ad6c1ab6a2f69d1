#!/usr/bin/env bash
# Runs the tests with line and branch coverage of Python and line coverage of C++, and names what is
# left out. Fails below the floors.
#
#     tests/coverage.sh
#
# needs g++ and its gcov; everything else goes into build/coverage.
set -euo pipefail
cd "$(dirname "$0")/.."
floor=95
work=$PWD/build/coverage
venv=$work/venv
python3 -m venv "$venv"
# Without optimisation, for which lines have no meaning. The folder must stay: counts go into it.
rm -rf "$work/cpp"
"$venv/bin/pip" install -q --upgrade pip 'coverage>=7.10' gcovr
"$venv/bin/pip" install -q '.[cli,test]' -C build-dir="$work/cpp" -C cmake.build-type=Debug \
  -C cmake.define.CMAKE_CXX_FLAGS=--coverage

export COVERAGE_FILE=$work/python
"$venv/bin/coverage" erase
"$venv/bin/coverage" run -m pytest -q -p no:cacheprovider
"$venv/bin/coverage" combine -q
echo "Python, lines and branches:"
"$venv/bin/coverage" report --fail-under=$floor
echo "C++, lines:"
"$venv/bin/gcovr" --root . --object-directory "$work/cpp" --filter cpp/ \
  --gcov-ignore-parse-errors=negative_hits.warn --exclude-throw-branches --fail-under-line $floor
