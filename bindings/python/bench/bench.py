#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the binding costs: medians of CPU time, and the ratio to C++ in the same run.

    bench.py --build BUILD     BUILD: an optimised build of the library, such as build/release

It installs what it measures as check.py does, then calls itself in that environment.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 9
HOOKS = 5_000
ENVIRONMENTS = 10_000
CONTEXT = {"JIRA": "ABC-1", "CHANNEL": "#ops", "OWNER": "billing", "TRIES": 3, "SITES": ["a", "b"]}


def chain():
    """One hook after another, each with 8 arguments and the keys of the context."""
    hooks = [{"name": f"hook-{n % 50}", "arguments": {"LEVEL": "info", "TEMPLATE": "started"}}
             for n in range(HOOKS)]
    return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "chain"},
            "spec": {"triggerEnvironment": "dev", "hooks": {"onStart": hooks},
                     "steps": [{"environment": "staging", "dependsOn": ["dev"]}]}}


def fleet():
    """Environments in layers of a hundred, each with hooks of its own."""
    steps = [{"environment": f"e{n}", "hooks": {"onStart": "a", "onSuccess": "b"},
              "dependsOn": [f"e{n - 100}" if n >= 100 else "dev"]} for n in range(ENVIRONMENTS)]
    return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "fleet"},
            "spec": {"triggerEnvironment": "dev", "steps": steps}}


def events(flow, read):
    """Nanoseconds of one event: it is applied, its command taken, and read."""
    rounds = []
    for _ in range(ROUNDS):
        release = flow.start(id="r-42", url="https://x/r-42", product="billing", version="1.4.0",
                             commit_sha="3f2a91c", context=CONTEXT, at=0)
        commands = release.commands()
        gc.collect()
        begin = time.process_time_ns()
        for command in commands:
            if command.ticket == HOOKS:
                break
            read(command)
            release.apply(command.succeeded(at=0))
        rounds.append((time.process_time_ns() - begin) / HOOKS)
    return statistics.median(rounds)


def read_all(command):
    assert len(command.arguments) == 13 and len(command.context) == 5


def measure(native, folder):
    import promoflow
    from promoflow import Flow
    flow = Flow.from_dict(chain())
    print(f"event, arguments and context read  {events(flow, read_all):8.0f} ns")
    print(f"event, arguments read              {events(flow, lambda c: c.arguments):8.0f} ns")
    print(f"event, nothing read                {events(flow, lambda c: None):8.0f} ns")

    flow = Flow.from_dict(fleet())
    path = folder / "fleet.yaml"
    path.write_text(flow.dumps(), encoding="utf-8")
    ours, theirs = [], []
    for _ in range(ROUNDS):  # By turns: the machine is not always the same.
        done = subprocess.run([native, path, "2"], check=True, capture_output=True)
        theirs.append(int(done.stdout.split()[-1]))
        promoflow.simulate(flow).close()
        begin = time.process_time_ns()
        trace = promoflow.simulate(flow)
        assert trace.status == "Succeeded"
        ours.append(time.process_time_ns() - begin)
        trace.close()
    python, cpp = statistics.median(ours), statistics.median(theirs)
    print(f"simulate {ENVIRONMENTS} environments       {python / 1e6:8.2f} ms, "
          f"C++ {cpp / 1e6:.2f} ms, ratio {python / cpp:.2f}")

    flow = Flow.from_dict(chain())
    begin = time.process_time_ns()
    for _ in range(100_000):
        flow.start(id="r", at=0)
    print(f"start and drop a release           {(time.process_time_ns() - begin) / 1e5:8.0f} ns")


def main():
    parser = argparse.ArgumentParser(description="Measure the Python binding.")
    parser.add_argument("--build", type=Path, default=HERE.parents[2] / "build" / "release")
    parser.add_argument("--native", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = arguments.build.resolve() / "python"
    if arguments.native:
        return measure(arguments.native, folder)
    sys.path.insert(0, str(HERE.parent))
    import check
    folder.mkdir(parents=True, exist_ok=True)
    python = check.tools(folder)
    prefix = check.library(arguments.build.resolve(), folder)
    inside = check.environment(python, check.wheel(python, prefix, folder), folder)
    native = folder / "native"
    library = next(path for path in prefix.rglob("libpromoflow.a"))
    check.call(os.environ.get("CXX", "c++"), "-std=c++20", "-O3", "-DNDEBUG", "-DPROMOFLOW_STATIC",
               f"-I{prefix / 'include'}", HERE / "native.cpp", library, "-lyaml", "-pthread",
               "-o", native)
    check.call(inside, __file__, "--build", arguments.build, "--native", native)


if __name__ == "__main__":
    main()
