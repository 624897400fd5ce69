#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz TARGET SECONDS: one fuzz target, with its committed seeds and dictionary.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

if [[ $# -ne 2 || ! -f "tests/fuzz/$1.cpp" && ! -f "tests/fuzz/$1.c" ]]; then
  say "./dev fuzz TARGET SECONDS; targets:"
  grep -lE 'LLVMFuzzerTestOneInput\(' tests/fuzz/*.c* | sed 's|.*/||; s|\.c.*||'
  exit 2
fi
need fuzz
build fuzz
folder="build/fuzz/tests/fuzz"
dictionary="tests/fuzz/dictionaries/$1.txt"
more=()
mkdir -p "$folder/corpus/$1"
if [[ -d "tests/fuzz/seeds/$1" ]]; then more+=("tests/fuzz/seeds/$1"); fi
if [[ -f "$dictionary" ]]; then more+=("-dict=$dictionary"); fi
run "$folder/fuzz_$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$folder/$1-" "$folder/corpus/$1" "${more[@]}"
