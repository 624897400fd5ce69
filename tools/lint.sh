#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev lint and ./dev format: the project's own checks, clang-format, shellcheck, clang-tidy.
#
#   tools/lint.sh            everything
#   tools/lint.sh --quick    what needs no build: everything but clang-tidy
#   tools/lint.sh --format   lets clang-format rewrite the C++ sources
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

files() {
  git ls-files -z --cached --others --exclude-standard -- "$@" |
    while IFS= read -r -d '' file; do if [[ -f "$file" ]]; then printf '%s\0' "$file"; fi; done
}

cpp_files() { files '*.hpp' '*.cpp' '*.h'; }

if [[ "${1:-}" == --format ]]; then
  need format
  cpp_files | xargs -0 clang-format-14 -i
  exit
fi

status=0
need lint
run python3 tools/lint.py || status=1
run python3 -m unittest discover -s tests/lint -p 'test_*.py' || status=1
say "clang-format"
cpp_files | xargs -0 clang-format-14 --dry-run -Werror || status=1
say "shellcheck"
files dev .ci/run '*.sh' | xargs -0 shellcheck --external-sources || status=1
if [[ "${1:-}" != --quick ]]; then
  quietly dev-configure "configuring dev" cmake --preset dev
  quietly clang-tidy "clang-tidy" run-clang-tidy-14 -quiet -j "$JOBS" -p build/dev \
    -extra-arg=-Wno-unknown-warning-option -extra-arg=-Wno-unused-command-line-argument \
    "$PWD/(src|capi)/.*" || status=1
fi
if [[ "$status" -ne 0 ]]; then say "lint: failed"; else say "lint: passed"; fi
exit "$status"
