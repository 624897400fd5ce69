#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev test [PART]: builds, and runs all tests or those of one label.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

PARTS="unit capi prove conformance property cli docs install examples python lint costs sanitize"

# Called where errexit is off: each step says itself whether to go on.
run_part() {
  local status=0
  case "$1" in
    sanitize) sanitize ;;
    all)
      build dev || return
      check dev || status=$?
      sanitize || status=$?
      return "$status"
      ;;
    *) build dev && check dev -L "^$1\$" ;;
  esac
}

part="${1:-all}"
status=0
if [[ "$part" != all && " $PARTS " != *" $part "* ]]; then
  stop "no such part: $part; there are: $PARTS"
fi
need test
run_part "$part" || status=$?
printf '\n'
if [[ ${#summary[@]} -gt 0 ]]; then printf '%s\n' "${summary[@]}"; fi
exit "$status"
