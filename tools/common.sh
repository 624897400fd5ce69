# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ./dev and the scripts beside this file share. They source it from the project's top folder.
# shellcheck disable=SC2034  # JOBS and summary are read by the scripts that source this file.
set -euo pipefail

JOBS="${PROMOFLOW_JOBS:-$(nproc 2>/dev/null || echo 2)}"

# Objects that were compiled before, in whichever checkout, are not compiled again.
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER="${CMAKE_C_COMPILER_LAUNCHER-ccache}"
  export CMAKE_CXX_COMPILER_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER-ccache}"
  export CCACHE_BASEDIR="${CCACHE_BASEDIR-$PWD}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR-1}"
fi

say() { printf 'dev: %s\n' "$*"; }
stop() { printf 'dev: %s\n' "$*" >&2; exit 2; }

# --- children: each in a process group of its own, so that Ctrl-C ends all of it -----------------

child=""

end_child() {
  if [[ -z "$child" ]]; then return; fi
  local pid="$child"
  child=""
  kill -TERM -- "-$pid" 2>/dev/null || return 0
  for _ in {1..30}; do
    if ! kill -0 -- "-$pid" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

trap end_child EXIT
trap 'trap "" INT TERM HUP; end_child; printf "\ndev: interrupted\n" >&2; exit 130' INT TERM HUP

run() {
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  local status=0
  wait "$child" || status=$?
  child=""
  return "$status"
}

# quietly LOG TEXT COMMAND...: prints one line while the command works, and its log if it fails.
quietly() {
  local log="build/logs/$1.log" text="$2" begin=$SECONDS status=0
  shift 2
  mkdir -p build/logs
  printf 'dev: %s ... ' "$text"
  run "$@" >"$log" 2>&1 || status=$?
  if [[ "$status" -ne 0 ]]; then
    printf 'failed\n'
    grep -m 40 -E -A 4 'error|Error|FAILED|E:' "$log" >&2 || tail -n 40 "$log" >&2
    say "the whole log: $log" >&2
    return "$status"
  fi
  printf 'done (%ds)\n' $((SECONDS - begin))
}

# need SET...: installs the sets of packages that tools/setup-debian.sh names.
need() { run tools/setup-debian.sh "$@" || exit 2; }

# --- presets -------------------------------------------------------------------------------------

summary=()  # One line for each build or test preset that was run, printed at the end.

# build PRESET: configures and builds a build preset of CMakePresets.json.
build() {
  local preset="$1" configure="${2:-$1}"
  if quietly "$configure-configure" "configuring $configure" cmake --preset "$configure" &&
    quietly "$preset-build" "building $preset" \
      cmake --build --preset "$preset" --parallel "$JOBS"; then
    return
  fi
  summary+=("$preset: does not build")
  return 1
}

# check PRESET [CTEST-OPTIONS...]: runs a test preset. Some tests watch programs on a machine that
# may be busy: one that fails is run once more, and named at the end if it passes then.
check() {
  local preset="$1" log="build/logs/$1-test.log" status=0 again
  shift
  mkdir -p build/logs
  say "testing $preset"
  run ctest --preset "$preset" --repeat until-pass:2 -O "$log" "$@" || status=$?
  summary+=("$preset: $(grep -E '% tests passed|No tests were found' "$log" ||
    echo "ctest ended with $status")")
  again="$(sed -nE 's/.*Test +#[0-9]+: ([^ ]+) .*\*\*\*.*/\1/p' "$log" | sort -u | tr '\n' ' ')"
  if [[ "$status" -eq 0 && -n "$again" ]]; then
    summary+=("$preset: failed, and passed when run once more: $again")
  fi
  return "$status"
}

sanitize() { build asan-ubsan && check asan-ubsan; }
