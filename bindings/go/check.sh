#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the module; then a copy without its tests is used from an empty module outside the
# tree, where the code of README.md is run. ./dev test go calls it, once build/wasm has the modules:
#
#   check.sh [PREFIX]    PREFIX has the system's library, which is tested, too
#
# PROMOFLOW_PROGRAM names the program, with whose output explorations are compared.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cp ../../build/wasm/promoflow{,-diff,-configuration}.wasm .
formatted="$(gofmt -l .)"
if [[ -n "$formatted" ]]; then
  echo "gofmt would change: $formatted"
  exit 1
fi
go mod verify >/dev/null
go vet ./...
CGO_ENABLED=0 go test ./...
go test -race -short .
if [[ $# -gt 0 ]]; then
  pc="$(find "$1" -name promoflow_c.pc -print -quit)"
  export PKG_CONFIG_PATH="${pc%/*}" LD_LIBRARY_PATH="${pc%/*/*}"
  go vet -tags promoflow_cgo ./...
  go test -tags promoflow_cgo ./...
  go test -tags promoflow_cgo -race -short .
fi
for system in windows/amd64 darwin/arm64 linux/riscv64; do
  CGO_ENABLED=0 GOOS="${system%/*}" GOARCH="${system#*/}" go build -o /dev/null ./examples/host
done

project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
CGO_ENABLED=0 go build -o "$project/host" ./examples/host
grep -q promoflow_batch_turn "$project/host"
if grep -q -e promoflow_explore -e promoflow_configuration_read "$project/host"; then
  echo "a program that neither explores nor reads configurations has the modules for that"
  exit 1
fi
mkdir "$project/promoflow" "$project/consumer"
cp -r ./*.go go.mod go.sum ./*.wasm promoflowtest "$project/promoflow"
rm "$project"/promoflow/*_test.go
awk '/^```go$/ { ++n; next } /^```$/ { n += n % 2 } n == 1' README.md >"$project/consumer/main.go"
cp go.sum "$project/consumer"
cd "$project/consumer"
cat >go.mod <<'END'
module consumer

go 1.23

require promoflow v0.2.0

require github.com/tetratelabs/wazero v1.8.2 // indirect

replace promoflow => ../promoflow
END
go vet .
go run . >out.txt
grep -q '^Succeeded' out.txt
echo "the module works from an empty module"
