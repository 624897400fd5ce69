#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev build wasm: builds the modules of WebAssembly into build/wasm, and checks their sizes.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

need wasm
libyaml="$(run python3 tests/portability/libyaml.py)" || stop "libyaml's sources cannot be had"
quietly wasm-configure "configuring wasm" cmake -S bindings/wasm -B build/wasm -G Ninja \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/bindings/wasm/toolchain.cmake" -DPROMOFLOW_LIBYAML="$libyaml"
quietly wasm-build "building the modules" cmake --build build/wasm --parallel "$JOBS"

# is_small NAME BYTES: at most so many bytes, compressed.
is_small() {
  local bytes
  bytes="$(gzip -9 -n -c "build/wasm/$1" | wc -c)"
  say "build/wasm/$1: $bytes bytes compressed, at most $2 are allowed"
  [[ "$bytes" -le "$2" ]]
}
is_small promoflow.wasm 400000
is_small promoflow-explore.wasm 420000
is_small promoflow-diff.wasm 420000
is_small promoflow-configuration.wasm 420000
