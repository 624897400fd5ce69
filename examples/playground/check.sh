#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the page, and tests it in Chromium. ./dev test playground calls it, once the modules of
# WebAssembly and the program are built; `check.sh build` builds only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

npm ci --ignore-scripts --no-audit --no-fund --silent
npm run --silent build
if [[ "${1:-}" == build ]]; then exit; fi
cp ../../build/wasm/promoflow{,-explore}.wasm ../../bindings/node/
# For the tests that "copy as test" makes.
cp ../../build/wasm/promoflow{,-diff,-configuration}.wasm ../../bindings/go/
# One file after the other: each starts a browser.
node --test --test-concurrency=1 --test-reporter=spec tests/*.test.mjs
