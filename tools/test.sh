#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev test [PART]: builds, and runs all tests or those of one label.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

PARTS="unit capi prove conformance property cli docs install examples python lint costs
packaging portability warnings sanitize no-exceptions cluster"

# CI has to run these tests; by hand they run where the programs of the cluster are built already.
cluster() {
  if [[ -z "${CI:-}" ]] && ! tools/cluster.sh has; then
    summary+=("cluster: skipped; ./dev test cluster runs it, or says what it needs")
  elif tools/cluster.sh test "${options[@]}"; then
    summary+=("cluster: passed")
  else
    summary+=("cluster: failed")
    return 1
  fi
}

# Called where errexit is off: each step says itself whether to go on.
run_part() {
  local status=0
  case "$1" in
    sanitize) sanitize ;;
    no-exceptions) build no-exceptions && check no-exceptions ;;
    portability) run python3 tests/portability/run.py "${options[@]}" ;;
    cluster) tools/cluster.sh test "${options[@]}" ;;
    warnings) run python3 tests/portability/warnings.py "${options[@]}" ;;
    all)
      build dev || return
      check dev -LE '^packages$' || status=$?
      sanitize || status=$?
      { build no-exceptions && check no-exceptions; } || status=$?
      tools/languages.sh test ${CI:+--all} || status=$?
      cluster || status=$?
      return "$status"
      ;;
    packaging)
      need packaging
      build dev && check dev -L '^packag'
      ;;
    *) build dev && check dev -L "^$1\$" ;;
  esac
}

part="${1:-all}"
if [[ " $(tools/languages.sh list) " == *" $part "* ]]; then
  exec tools/languages.sh test "$part"
fi
options=("${@:2}")
status=0
if [[ "$part" != all && " ${PARTS//$'\n'/ } " != *" $part "* ]]; then
  stop "no such part: $part; there are: $PARTS $(tools/languages.sh list)"
fi
need test
case "$part" in
  portability)
    if [[ "${options[*]}" == *--brief* ]]; then need portability_brief; else need portability; fi
    ;;
  warnings) need warnings ;;
esac
run_part "$part" || status=$?
printf '\n'
if [[ ${#summary[@]} -gt 0 ]]; then printf '%s\n' "${summary[@]}"; fi
exit "$status"
