#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A control plane of Kubernetes with Argo Workflows and without nodes, in a network namespace.
#
#   tools/cluster.sh up            builds what is missing, starts all, says how to use it
#   tools/cluster.sh exec CMD...   runs a command beside it, with KUBECONFIG set
#   tools/cluster.sh status        what runs
#   tools/cluster.sh down          ends all of it and removes what it kept
#   tools/cluster.sh build         only builds, and prints the folder of the programs
#   tools/cluster.sh test [--deep] [NAME...]   starts one for the tests of tests/cluster, runs them
#                                  or those of a name (test_releases.Releases.test_delay), and ends
#                                  it; --deep: 100 kills of the host. The program is that of the
#                                  preset dev, or $PROMOFLOW_PROGRAM
#   tools/cluster.sh has           exit status 0 if the tests can run at once
#
# The programs are built from the modules in tests/cluster, once for each state of their go.sum,
# into the user's cache: some ten minutes on two cores, and 5 GB of Go's own caches.
caller="${PROMOFLOW_FROM:-$PWD}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

GO_NEEDED=1.26  # What etcd's module asks for.
STATE="$PWD/build/cluster/up"
TESTS="$PWD/build/cluster/test"
CACHE="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/promoflow/cluster"
KUBERNETES=v1.34.4  # As in tests/cluster/apiserver/go.mod; a build from a module does not know it.

# --- the programs ---------------------------------------------------------------------------------

has_toolchain() {
  command -v go >/dev/null || return
  local version
  version="$(GOTOOLCHAIN=local go env GOVERSION)"
  [[ "$(printf '%s\n' "$GO_NEEDED" "${version#go}" | sort -V | head -n 1)" == "$GO_NEEDED" ]]
}

need_toolchain() {
  has_toolchain || stop "a cluster needs Go $GO_NEEDED or later, which Debian 12 does not have:" \
    "install it and call again"
}

binaries() {
  local hash
  hash="$(cat tests/cluster/*/go.mod tests/cluster/*/go.sum | sha256sum | cut -c 1-12)"
  printf '%s\n' "$CACHE/bin-$hash"
}

# go_build MODULE PACKAGE...: into the folder $target.
go_build() {
  local module="$1" version=k8s.io/component-base/version
  local flags="-s -w -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1"
  flags+=" -X $version.gitMinor=${KUBERNETES:3:2}"
  shift
  (cd "tests/cluster/$module" &&
    CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' \
      nice go build -p 2 -trimpath -ldflags "$flags" -o "$target" "$@")
}

build_etcd() { go_build etcd go.etcd.io/etcd/server/v3 && mv "$target/server" "$target/etcd"; }
build_kubernetes() { go_build apiserver k8s.io/kubernetes/cmd/{kube-apiserver,kubectl}; }
build_argo() {
  local argo=github.com/argoproj/argo-workflows/v3 folder
  go_build argo "$argo/cmd/workflow-controller" "$argo/cmd/argo" || return
  folder="$(cd tests/cluster/argo && GOTOOLCHAIN=local go list -m -f '{{.Dir}}' "$argo")" || return
  mkdir "$target/crds"
  cp "$folder"/manifests/base/crds/minimal/argoproj.io_*.yaml "$target/crds"
  chmod -R u+w "$target/crds"
}

# Two calls at once build once; a build that was interrupted leaves nothing that is taken for whole.
build_binaries() {
  local whole
  whole="$(binaries)"
  if [[ -d "$whole" ]]; then return; fi
  need_toolchain
  mkdir -p "$CACHE" build/logs
  exec 9>"$CACHE/lock"
  flock 9
  if [[ -d "$whole" ]]; then exec 9>&-; return; fi
  target="$whole.part"
  rm -rf "$target"
  mkdir "$target"
  quietly cluster-etcd "building etcd" build_etcd || return
  quietly cluster-argo "building Argo Workflows" build_argo || return
  quietly cluster-kubernetes "building kube-apiserver and kubectl" build_kubernetes || return
  mv "$target" "$whole"
  exec 9>&-
}

# --- the namespace --------------------------------------------------------------------------------

need_namespaces() {
  run tools/setup-debian.sh cluster || exit 2
  [[ "$(id -u)" -eq 0 ]] || stop "a network namespace needs root: call it with sudo"
}

# Folders of different checkouts have different namespaces.
namespace_of() { printf 'promoflow-%s\n' "$(printf '%s' "$1" | sha256sum | cut -c 1-8)"; }

namespace_exists() { [[ -e "/run/netns/$1" ]]; }

create_namespace() {
  ip netns add "$1" || stop "cannot make a network namespace; in a container it needs --privileged"
  nsenter --net="/run/netns/$1" ip link set lo up
}

# What runs in the namespace was started for this cluster, and nothing of it is kept.
remove_namespace() {
  local left
  if ! namespace_exists "$1"; then return 0; fi
  for _ in {1..100}; do
    left="$(ip netns pids "$1")"
    if [[ -z "$left" ]]; then break; fi
    # shellcheck disable=SC2086  # One word for each process.
    kill -KILL $left 2>/dev/null || true
    sleep 0.1
  done
  ip netns delete "$1"
}

beside() { nsenter --net="/run/netns/$1" env "${@:2}"; }

# --- commands -------------------------------------------------------------------------------------

# start_at STATE
start_at() {
  local namespace
  namespace="$(namespace_of "$1")"
  remove_namespace "$namespace"
  rm -rf "$1"
  create_namespace "$namespace"
  if ! quietly "cluster-$(basename "$1")" "starting a control plane" \
    beside "$namespace" PYTHONDONTWRITEBYTECODE=1 \
    python3 tests/cluster/control_plane.py up "$1" "$(binaries)"; then
    remove_namespace "$namespace"
    return 1
  fi
}

end_at() {
  remove_namespace "$(namespace_of "$1")"
  rm -rf "$1"
}

is_up() {
  namespace_exists "$(namespace_of "$STATE")" &&
    beside "$(namespace_of "$STATE")" PYTHONDONTWRITEBYTECODE=1 \
      python3 tests/cluster/control_plane.py status "$STATE"
}

up() {
  need_namespaces
  build_binaries || return
  if is_up >/dev/null; then
    say "it is up"
  else
    start_at "$STATE" || return
  fi
  cat <<END

A control plane without nodes: workflows run as far as they need no container.
  KUBECONFIG=$STATE/kubeconfig  (namespace hooks; kube-apiserver at https://127.0.0.1:6443,
  argo-server at http://127.0.0.1:2746, in the network namespace $(namespace_of "$STATE"))
  ./dev cluster exec kubectl get workflows
  ./dev cluster exec bash        a shell in which programs reach it
  ./dev cluster down             ends it
END
}

exec_beside() {
  [[ $# -gt 0 ]] || stop "./dev cluster exec COMMAND..."
  is_up >/dev/null || stop "no cluster is up; ./dev cluster up starts one"
  local namespace
  namespace="$(namespace_of "$STATE")"
  cd "$caller"
  exec nsenter --net="/run/netns/$namespace" \
    env KUBECONFIG="$STATE/kubeconfig" PATH="$STATE/bin:$PATH" "$@"
}

status() {
  is_up || { say "no cluster is up, or not all of it"; return 1; }
}

# test_all [--deep] [NAME...]: a control plane of their own, because the tests kill parts of it.
test_all() {
  local namespace status=0 program
  program="$(realpath -- "${PROMOFLOW_PROGRAM:-build/dev/promoflow}")"
  if [[ "${1:-}" == --deep ]]; then
    export PROMOFLOW_CLUSTER_CRASHES=100 PROMOFLOW_CLUSTER_SEEDS=40
    shift
  fi
  need_namespaces
  build_binaries || return
  if [[ -z "${PROMOFLOW_PROGRAM:-}" ]]; then
    need test
    build dev || return
  fi
  namespace="$(namespace_of "$TESTS")"
  trap 'end_child || true; end_at "$TESTS"' EXIT  # errexit holds in a trap, too.
  start_at "$TESTS" || return
  run beside "$namespace" PROMOFLOW_PROGRAM="$program" PROMOFLOW_CLUSTER="$TESTS" \
    PATH="$TESTS/bin:$PATH" PYTHONPATH=tests/cluster PYTHONDONTWRITEBYTECODE=1 \
    python3 tests/cluster/run.py "$@" || status=$?
  mkdir -p build/logs
  cp "$TESTS"/*.log build/logs 2>/dev/null || true
  if [[ "$status" -ne 0 ]]; then say "the logs of the control plane are in build/logs"; fi
  return "$status"
}

command="${1:-}"
if [[ $# -gt 0 ]]; then shift; fi
case "$command" in
  up) up ;;
  down) end_at "$STATE" ;;
  status) status ;;
  exec) exec_beside "$@" ;;
  build) build_binaries && binaries ;;
  test) test_all "$@" ;;
  has) has_toolchain && [[ "$(id -u)" -eq 0 && -d "$(binaries)" ]] ;;
  *) stop "./dev cluster up|down|status|exec COMMAND..." ;;
esac
