#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The bindings that have a toolchain of their own, and the playground, which is made with one.
#
#   tools/languages.sh list                        their names
#   tools/languages.sh test [--all] [LANG...]      LANG: installs what it needs, tests it
#                                                  none: those whose toolchain is there;
#                                                  --all: each of them, as CI does
#   tools/languages.sh trace LANG FLOW SCENARIO    the trace on standard output, nothing else
#   tools/languages.sh bench [LANG...]             what events, simulations and starts cost
#
# A language has three functions: has_LANG says whether its toolchain is there, test_LANG tests it,
# trace_LANG FLOW SCENARIO prints a trace; and bench_LANG NATIVE if it has a benchmark, whose
# figures tools/bench_languages.py reads. NATIVE is a program that does the same in C++.
caller="${PROMOFLOW_FROM:-$PWD}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

LANGUAGES="node go rust java playground"

# --- the library that native bindings link: the C interface and nothing else, as it is shipped ----

LIBRARY="$PWD/build/library"

build_library() {
  local parts=(-DPROMOFLOW_BUILD_{CLI,PROCESS,ENGINE,ARGO,TESTS,EXAMPLES})
  need build
  quietly library-configure "configuring the library" cmake -S . -B "$LIBRARY" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=$LIBRARY/prefix" \
    "${parts[@]/%/=OFF}" || return
  quietly library-build "building the library" \
    cmake --build "$LIBRARY" --target install --parallel "$JOBS"
}

# --- the module of WebAssembly, which other bindings run ------------------------------------------

# Nothing is said on standard output.
build_wasm() { tools/wasm.sh >&2; }

# --- the program, with whose output is compared what others show ----------------------------------

# Unless PROMOFLOW_PROGRAM names one.
build_program() {
  if [[ -n "${PROMOFLOW_PROGRAM:-}" ]]; then return; fi
  need build
  quietly dev-configure "configuring dev" cmake --preset dev &&
    quietly program-build "building the program" \
      cmake --build build/dev --target promoflow_cli --parallel "$JOBS" || return
  export PROMOFLOW_PROGRAM="$PWD/build/dev/promoflow"
}

# --- JavaScript -----------------------------------------------------------------------------------

has_node() { command -v node >/dev/null && command -v npm >/dev/null; }

test_node() {
  has_node || stop "node: install Node.js 20 or later, with npm; Debian 12 has an older one"
  build_wasm && run bindings/node/check.sh
}

trace_node() {
  [[ -f build/wasm/promoflow.wasm ]] || build_wasm || return 2
  run node bindings/node/trace.mjs "$@"
}

bench_node() { bindings/node/check.sh bench "$1"; }

# --- Go -------------------------------------------------------------------------------------------

has_go() { command -v go >/dev/null; }

test_go() {
  has_go || stop "go: install Go 1.22 or later; Debian 12 has an older one"
  build_wasm && build_library && build_program && run bindings/go/check.sh "$LIBRARY/prefix"
}

trace_go() {
  [[ -f build/wasm/promoflow-configuration.wasm ]] || build_wasm || return 2
  run bindings/go/trace.sh "$@"
}

bench_go() {
  cp build/wasm/promoflow.wasm bindings/go/
  (cd bindings/go && PROMOFLOW_NATIVE="$1" go test -run '^$' -bench .)
}

# --- Rust -----------------------------------------------------------------------------------------

has_rust() { command -v cargo >/dev/null && command -v rustc >/dev/null; }

test_rust() {
  if ! has_rust; then need rust; fi
  need rust_build
  build_library || return
  run bindings/rust/check.sh "$LIBRARY/prefix" || return
  if [[ -n "${PROMOFLOW_VENDORED:-}" ]]; then  # Many minutes: every night.
    run bindings/rust/check.sh "$LIBRARY/prefix" vendored
  fi
}

trace_rust() {
  local program
  build_library >&2 || return
  program="$(bindings/rust/check.sh "$LIBRARY/prefix" trace)" || return
  LD_LIBRARY_PATH="$(dirname "$(find "$LIBRARY/prefix" -name libpromoflow_c.so)")" \
    "$program" "$@"
}

bench_rust() { bindings/rust/check.sh "$LIBRARY/prefix" bench; }

# --- Java -----------------------------------------------------------------------------------------

has_java() { command -v javac >/dev/null && command -v mvn >/dev/null; }

test_java() {
  if ! has_java || ! python3 -m pip --version >/dev/null 2>&1; then need java; fi
  build_wasm && build_program && run bindings/java/check.sh
}

trace_java() {
  [[ -f build/wasm/promoflow-configuration.wasm ]] || build_wasm || return 2
  run bindings/java/check.sh trace "$@"
}

bench_java() { bindings/java/check.sh bench "$1"; }

# --- the playground: examples/playground, in a browser --------------------------------------------

has_playground() { has_node && command -v chromium >/dev/null; }

test_playground() {
  has_node || stop "playground: install Node.js 20 or later, with npm; Debian 12 has an older one"
  need playground
  build_wasm && build_program || return
  run examples/playground/check.sh
}

trace_playground() { stop "the playground prints no trace: download one from its page"; }

# --------------------------------------------------------------------------------------------------

is_language() { [[ " $LANGUAGES " == *" $1 "* ]]; }

test_languages() {
  local all="" status=0 language
  if [[ "${1:-}" == --all ]]; then all=yes; shift; fi
  local wanted=("$@")
  if [[ $# -eq 0 ]]; then read -r -a wanted <<<"$LANGUAGES"; fi
  for language in "${wanted[@]}"; do
    is_language "$language" || stop "no such language: $language; there are: $LANGUAGES"
    if [[ $# -eq 0 && -z "$all" ]] && ! "has_$language"; then
      summary+=("$language: skipped, no toolchain; ./dev test $language installs it or says how")
    elif "test_$language"; then
      summary+=("$language: passed")
    else
      summary+=("$language: failed")
      status=1
    fi
  done
  printf '%s\n' "${summary[@]}"
  return "$status"
}

trace_language() {
  [[ $# -eq 3 ]] || stop "./dev trace LANG FLOW SCENARIO; LANG is one of: $LANGUAGES"
  local language="$1" flow scenario
  is_language "$language" || stop "no such language: $language; there are: $LANGUAGES"
  "has_$language" || stop "$language has no toolchain; ./dev test $language installs it or says how"
  flow="$(cd "$caller" && realpath -- "$2")"
  scenario="$(cd "$caller" && realpath -- "$3")"
  "trace_$language" "$flow" "$scenario"
}

# Compared with C++ in the same run, since the machine is not always the same.
bench_languages() {
  local native="$LIBRARY/costs" status=0 language
  local wanted=("$@")
  if [[ $# -eq 0 ]]; then read -r -a wanted <<<"$LANGUAGES"; fi
  for language in "$@"; do
    declare -F "bench_$language" >/dev/null || stop "$language has no benchmark"
  done
  build_wasm && build_library || return
  c++ -std=c++20 -O3 -DNDEBUG "-I$LIBRARY/prefix/include" bindings/rust/bench/native.cpp \
    "-L$LIBRARY" "-Wl,-rpath,$LIBRARY" -lpromoflow -o "$native"
  export -f bench_node bench_go bench_rust bench_java
  export LIBRARY
  for language in "${wanted[@]}"; do
    if ! declare -F "bench_$language" >/dev/null; then
      continue
    elif ! "has_$language"; then
      echo "$language: skipped, no toolchain"
    else
      run tools/bench_languages.py "$language" bash -euc "bench_$language \"\$0\"" "$native" ||
        status=1
    fi
  done
  return "$status"
}

command="${1:-list}"
if [[ $# -gt 0 ]]; then shift; fi
case "$command" in
  list) printf '%s\n' "$LANGUAGES" ;;
  test) test_languages "$@" ;;
  trace) trace_language "$@" ;;
  bench) bench_languages "$@" ;;
  *) stop "no such command: $command" ;;
esac
