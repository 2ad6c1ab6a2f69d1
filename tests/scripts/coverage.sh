#!/usr/bin/env bash
# Runs the tests with line and branch coverage of Python and line coverage of C++, and names what is
# left out. Fails below the floors.
#
#     tests/scripts/coverage.sh
#
# needs g++ and its gcov; everything else goes into build/coverage.
set -euo pipefail
cd "$(dirname "$0")/../.."
floor=95
work=$PWD/build/coverage
venv=$work/venv
python3 -m venv "$venv"
# With little optimisation, for which lines have no meaning. The folder must stay: counts go there.
rm -rf "$work/cpp"
"$venv/bin/pip" install -q --upgrade pip 'coverage>=7.10' gcovr
"$venv/bin/pip" install -q '.[cli,test]' -C build-dir="$work/cpp" -C cmake.build-type=None \
  -C cmake.define.CMAKE_CXX_FLAGS="--coverage -O1"

export COVERAGE_FILE=$work/python
"$venv/bin/coverage" erase
# But for a test of a limit on the size of files, which the counts exceed.
"$venv/bin/coverage" run -m pytest -q -p no:cacheprovider -m "" \
  --deselect tests/cli/test_resume.py::test_a_full_disk
"$venv/bin/coverage" combine -q
echo "Python, lines and branches:"
"$venv/bin/coverage" report --fail-under=$floor
echo "C++, lines:"
cd "$work/cpp"  # where the compiler was called
"$venv/bin/gcovr" --root "$OLDPWD" --filter "$OLDPWD/cpp/" --fail-under-line $floor \
  --gcov-ignore-parse-errors=negative_hits.warn --gcov-ignore-errors=all .
