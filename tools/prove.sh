#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev prove: the promises of docs/reliability.md; --release: those of an optimised build alone;
# --bugs and --mutants test the tests.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

case "${1:-}" in
  --bugs)
    need test
    run python3 tools/mutation/mutate.py --bugs tests/prove/bugs
    ;;
  --release)
    need test
    build prove-release
    run build/prove-release/tests/prove/promoflow_prove hostile all
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
      --cli build/dev/promoflow --fuzz build/fuzz/tests/fuzz "$@"
    ;;
  *) stop "no such option of prove: $1; ./dev help lists them" ;;
esac
