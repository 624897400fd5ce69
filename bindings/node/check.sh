#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the package: in its folder, in Node and, where their programs run, in Deno and Bun;
# then packed as it would be published, in an empty project outside the tree, where the code of
# README.md is run and types are checked; last in a project whose tests run in Vitest and node:test.
# ./dev test node calls it, once build/wasm has the modules.
#
#   check.sh bench NATIVE    what things cost; NATIVE is the program of ../rust/bench/native.cpp
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
package="$PWD"
story="$PWD/../../tests/conformance/A6-values-are-handed-as-compact-json"

cp ../../build/wasm/promoflow{,-explore,-diff,-configuration}.wasm .
if [[ "${1:-}" == bench ]]; then exec node bench/costs.mjs "$2"; fi

place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
mkdir "$place/empty"
cp -r consumer "$place"
npm ci --ignore-scripts --no-audit --no-fund --silent
npm pack --silent --pack-destination "$place" >/dev/null
(cd "$place/consumer" && npm ci --ignore-scripts --no-audit --no-fund --silent &&
  npm install --no-save --offline --no-audit --no-fund --silent ../promoflow-*.tgz)

node --test --test-reporter=dot tests/
node examples/host.mjs | tail -n 1 | grep -qx Succeeded
node trace.mjs "$story/flow.yaml" "$story/scenario.yaml" | cmp - "$story/trace.jsonl"

# in_runtime NAME COMMAND...: the same tests, stories included, by a runtime of the npm registry.
# Not every platform has a program of each.
in_runtime() {
  local name="$1" log="$place/$1.txt"
  shift
  if ! "$1" --version >/dev/null 2>&1; then
    echo "$name does not run here: skipped"
  elif NO_COLOR=1 "$@" tests/ >"$log" 2>&1; then
    echo "$name: $(grep -E '^ *[0-9]+ pass|^ok \|' "$log" | tail -n 1)"
  else
    tail -n 60 "$log"
    return 1
  fi
}
# Puts the program there.
node "$place/consumer/node_modules/bun/install.js" >/dev/null 2>&1 || true
export DENO_NO_UPDATE_CHECK=1
in_runtime deno "$place/consumer/node_modules/.bin/deno" test --allow-all --no-check --quiet
in_runtime bun "$place/consumer/node_modules/.bin/bun" test

awk '/^```js$/ { code = 1; next } /^```$/ { code = 0 } code' README.md >"$place/empty/readme.mjs"
cp tests/consumer.ts "$place/empty"
cd "$place/empty"
echo '{"name": "consumer", "private": true, "type": "module"}' >package.json
npm install --offline --no-audit --no-fund --silent ../promoflow-*.tgz
[[ "$(ls node_modules)" == promoflow ]]  # No dependency.
node readme.mjs >readme.txt || { cat readme.txt; exit 1; }
grep -q Succeeded readme.txt
node "$package/node_modules/typescript/bin/tsc" --strict --noEmit --target es2022 \
  --lib es2022,dom,esnext.disposable --module nodenext --typeRoots "$package/node_modules/@types" \
  --types node consumer.ts
echo "the package works from an empty project"

cd "$place/consumer"
node node_modules/vitest/vitest.mjs run --exclude node/** --reporter=dot
node --test --test-reporter=dot node/
echo "promoflow/testing works in Vitest and node:test"
