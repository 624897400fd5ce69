#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the Rust binding against an installed library.
#
#   check.sh PREFIX [STEP...]    STEP: declarations style tests docs examples packages
#                                Without one: all of them
#   check.sh PREFIX vendored     the package that builds the C++ sources itself: many minutes
#   check.sh PREFIX bench        the benchmark
#   check.sh PREFIX trace        builds the program that prints traces, and names it
set -euo pipefail
prefix="$(realpath -- "$1")"
shift
cd "$(dirname "${BASH_SOURCE[0]}")"
project="$(realpath ../..)"
out="$project/build/rust"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' promoflow/Cargo.toml)"
library="$(dirname "$(find "$prefix" -name promoflow_c.pc | head -n 1)")"
export PKG_CONFIG_PATH="$library${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="${library%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
cargo="$(command -v cargo)"
export CARGO_TARGET_DIR="$out/target" PROMOFLOW_SOURCE="$project"

stop() { printf 'check.sh: %s\n' "$*" >&2; exit 1; }

step_declarations() {
  local written
  python3 promoflow-sys/generate.py --check
  written="$(sed -n 's/^#define PROMOFLOW_VERSION "\(.*\)"/\1/p' "$project/capi/promoflow.h")"
  [[ "$version" == "$written" ]] || stop "the crates say $version, the header $written"
  grep -q "^version = \"$version\"" promoflow-sys/Cargo.toml ||
    stop "promoflow-sys is not of version $version"
}

step_style() {
  cargo fmt --all -- --check
  cargo clippy --locked --workspace --all-targets --features promoflow/async -- -D warnings
}

step_tests() { cargo test --locked --workspace --features promoflow/async; }

step_docs() {
  RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --workspace --features promoflow/async
}

step_examples() {
  local story="$project/tests/conformance/A6-values-are-handed-as-compact-json"
  cargo build --locked --examples
  "$CARGO_TARGET_DIR/debug/examples/host" | tail -n 1 | grep -qx Succeeded ||
    stop "the example host did not succeed"
  "$CARGO_TARGET_DIR/debug/examples/trace" "$story/flow.yaml" "$story/scenario.yaml" |
    cmp - "$story/trace.jsonl"
}

# The packages as they would be published, in an empty project that knows nothing of this one.
make_packages() {
  local empty="$out/consumer"
  rm -rf promoflow-sys/vendor "$empty"
  mkdir -p "$empty/packages"
  trap 'rm -rf "$project/bindings/rust/promoflow-sys/vendor"' EXIT
  mkdir promoflow-sys/vendor
  (cd "$project" && tar -cf - CMakeLists.txt LICENSE cmake include src capi) |
    tar -xf - -C promoflow-sys/vendor
  local options=(--locked --no-verify --allow-dirty --quiet)
  cargo package "${options[@]}" --manifest-path promoflow-sys/Cargo.toml
  # Nobody has published promoflow-sys yet when promoflow is packaged.
  cargo package "${options[@]:1}" --manifest-path promoflow/Cargo.toml \
    --config "patch.crates-io.promoflow-sys.path='$PWD/promoflow-sys'"
  rm -rf promoflow-sys/vendor
  trap - EXIT
  for name in promoflow-sys promoflow; do
    tar -xf "$CARGO_TARGET_DIR/package/$name-$version.crate" -C "$empty/packages"
  done
  cp -r consumer/src "$empty/"
  sed "s/@VERSION@/$version/" consumer/Cargo.toml.in >"$empty/Cargo.toml"
}

# use_packages FEATURES [NAME=VALUE...]: runs and tests the consumer outside of the tree, with
# these variables in its environment.
use_packages() {
  local empty features="$1" what status=0
  shift
  empty="$(mktemp -d)"
  cp -r "$out/consumer/." "$empty/"
  for what in run test; do
    (cd "$empty" && env "$@" "CARGO_TARGET_DIR=$out/consumer-target" \
      "$cargo" "$what" --quiet --features "$features") || { status=1; break; }
  done
  rm -rf "$empty"
  return "$status"
}

step_packages() {
  make_packages
  use_packages ""
}

# Without the installed library: the sources in the package are built, where there is nothing on
# PATH but cargo, a C++ compiler with its binutils, and CMake with the program that it calls.
step_vendored() {
  local tools="$out/tools" name
  [[ -d "$out/consumer" ]] || make_packages
  rm -rf "$tools" "$out/consumer-target"
  mkdir -p "$tools"
  for name in cargo rustc c++ cc as ld ar ranlib cmake make; do
    ln -s "$(command -v "$name")" "$tools/$name"
  done
  use_packages vendored -u PKG_CONFIG_PATH -u LD_LIBRARY_PATH -u CMAKE_C_COMPILER_LAUNCHER \
    -u CMAKE_CXX_COMPILER_LAUNCHER "PATH=$tools"
}

step_bench() {
  local native="$out/native"
  "${CXX:-c++}" -std=c++20 -O3 -DNDEBUG "-I$prefix/include" bench/native.cpp \
    "-L$(dirname "$library")" -lpromoflow -o "$native"
  cargo bench --locked --bench costs -- "$native"
}

step_trace() {
  cargo build --locked --release --example trace >&2
  printf '%s\n' "$CARGO_TARGET_DIR/release/examples/trace"
}

if [[ $# -eq 0 ]]; then set -- declarations style tests docs examples packages; fi
for step in "$@"; do
  [[ "$step" == trace ]] || printf 'check.sh: %s\n' "$step"
  "step_$step"
done
