#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev trace go FLOW SCENARIO calls it: builds cmd/promoflow-trace where it is old, and runs it.
set -euo pipefail
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$folder/../../build"
cp "$build"/wasm/promoflow{,-diff,-configuration}.wasm "$folder"
mkdir -p "$build/go"
(cd "$folder" && go build -o "$build/go/promoflow-trace" ./cmd/promoflow-trace) >&2 || exit 2
exec "$build/go/promoflow-trace" "$@"
