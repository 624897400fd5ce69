#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev prove: the promises of docs/reliability.md; --bugs and --mutants test the tests.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

case "${1:-}" in
  --bugs)
    need test
    run python3 tools/mutation/mutate.py --bugs tests/prove/bugs
    ;;
  --mutants)
    need mutants
    run python3 tools/mutation/mutate.py "$@"
    ;;
  "" | --brief | --deep)
    need test fuzz
    if [[ "${1:-}" == --deep ]]; then
      need mutants
      set -- "$@" --seed "$(date +%s)"
    fi
    build prove dev
    build fuzz
    run python3 tools/prove.py --program build/dev/tests/prove/promoflow_prove \
      --fuzz build/fuzz/tests/fuzz "$@"
    ;;
  *) stop "no such option of prove: $1; ./dev help lists them" ;;
esac
