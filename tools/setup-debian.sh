#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the commands of ./dev need, on Debian 12 and Ubuntu 24.04.
#
#   tools/setup-debian.sh SET...     one or more of: build test packaging wasm docs format bench
#                                    lint mutants fuzz coverage cppcheck all; and, not in all,
#                                    portability_brief portability warnings rust rust_build
#                                    cluster java playground
#   tools/setup-debian.sh --list SET...   prints the packages, and installs nothing
#
# It works as root or with sudo. Where neither is possible it prints the command and ends with 2.
# Elsewhere, install the like of these packages and set PROMOFLOW_SKIP_PACKAGES=1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SETS="build test packaging wasm docs format bench lint mutants fuzz coverage cppcheck"

packages() {
  case "$1" in
    build) echo cmake ninja-build g++ libexpected-dev nlohmann-json3-dev libfmt-dev libyaml-dev \
      libboost-dev libcli11-dev libsqlite3-dev libcurl4-openssl-dev musl-tools ;;
    test) packages build; echo catch2 pkg-config abigail-tools python3 python3-yaml \
      python3-jsonschema python3-dev python3-venv valgrind gcovr ;;
    packaging) packages test; echo debhelper lintian meson bazel-bootstrap zsh fish groff ;;
    wasm) packages build; echo python3 dpkg-dev clang-19 lld-19 wasi-libc libc++-19-dev-wasm32 \
      libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32 binaryen ;;
    docs) echo doxygen python3 ;;
    format) echo git clang-format-14 ;;  # Another version formats in another way.
    bench) packages build; echo git libbenchmark-dev libyaml-cpp-dev libtbb-dev python3 spin gcc ;;
    lint) packages test; packages format; echo clang-tidy-14 shellcheck ;;
    mutants) packages test; echo git python3-clang-14 ;;
    fuzz) packages build; echo python3 clang-14 libclang-rt-14-dev ;;
    portability_brief) packages test; echo ccache g++-s390x-linux-gnu qemu-user-static ;;
    portability) packages portability_brief; echo clang-14 libc++-14-dev libc++abi-14-dev \
      g++-aarch64-linux-gnu g++-i686-linux-gnu g++-mingw-w64-x86-64-posix wine wine64 \
      emscripten ;;
    cluster) echo iproute2 openssl util-linux python3 python3-yaml ;;
    rust) echo cargo rustc rustfmt rust-clippy ;;
    java) echo maven openjdk-17-jdk-headless python3-pip ;;
    playground) packages test; packages wasm; echo chromium ;;
    rust_build) packages build; echo pkg-config python3 ;;
    warnings) packages build; echo ccache mmdebstrap clang-14 clang-15 clang-16 clang-19 ;;
    coverage) packages test ;;
    cppcheck) packages build; echo cppcheck ;;
    all) for set in $SETS; do packages "$set"; done ;;
    *) echo "setup-debian.sh: no such set: $1; there are: $SETS all" >&2; return 2 ;;
  esac
}

installed() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }

list_only=""
if [[ "${1:-}" == --list ]]; then list_only=yes; shift; fi
if [[ $# -eq 0 ]]; then set -- all; fi
wanted=()
for set in "$@"; do
  names="$(packages "$set")"
  read -r -d '' -a more <<<"$names" || true
  wanted+=("${more[@]}")
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
if [[ -n "$list_only" ]]; then printf '%s\n' "${wanted[@]}"; exit; fi
if [[ -n "${PROMOFLOW_SKIP_PACKAGES:-}" ]]; then exit; fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup-debian.sh: this is not Debian or Ubuntu; install the like of these packages," >&2
  echo "then set PROMOFLOW_SKIP_PACKAGES=1 and call again:" >&2
  echo "  ${wanted[*]}" >&2
  exit 2
fi

missing=()
for package in "${wanted[@]}"; do
  if ! installed "$package"; then missing+=("$package"); fi
done
if [[ ${#missing[@]} -eq 0 ]]; then exit; fi

as_root=()
if [[ "$(id -u)" -ne 0 ]]; then
  if ! sudo -n true 2>/dev/null; then
    echo "setup-debian.sh: packages are missing; call this, then call again:" >&2
    echo "  sudo apt-get update &&" \
      "sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo -n)
fi
log=build/logs/apt.log
mkdir -p build/logs
echo "setup-debian.sh: installing ${missing[*]}"
apt_get update >"$log" 2>&1 || true  # An index that is not the newest may do.
if ! apt_get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup-debian.sh: apt-get could not install: ${missing[*]}; the whole log: $log" >&2
  exit 2
fi
