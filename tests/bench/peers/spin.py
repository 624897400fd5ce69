# SPDX-License-Identifier: Apache-2.0
"""SPIN on promotion.pml: prints `NAME VALUE`, processor time of the search in ms, the best of
some runs. Generating and compiling the search is not counted."""

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(__file__).resolve().parent / "promotion.pml"
RUNS = 5


def search(directory, generate, compile_options):
    """The processor time in ms, and how many states there are."""
    subprocess.run(["spin", "-a", *generate, MODEL], cwd=directory, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["gcc", "-O2", "-w", "-DSAFETY", "-DNOFAIR", *compile_options, "-o", "pan",
                    "pan.c"], cwd=directory, check=True)
    best, states = None, 0
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        # A hash table of the size that these states need: a larger one costs more time.
        out = subprocess.run([os.path.join(directory, "pan"), "-m1000", "-w18"], cwd=directory,
                             check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if "errors: 0" not in out or "max search depth too small" in out:
            sys.exit(out)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = spent if best is None else min(best, spent)
        states = int(re.search(r"(\d+) states, stored", out).group(1))
    return best * 1000, states


def main():
    with tempfile.TemporaryDirectory() as directory:
        # Each as it is by itself: SPIN reduces orders, and drops variables that nobody reads.
        time, _ = search(directory, ["-DFAILURES=2"], [])
        print("SPIN/12 environments, at most 2 failures", time)
        # The same states in both: nothing is reduced or dropped.
        time, states = search(directory, ["-o2", "-DFAILURES=1"], ["-DNOREDUCE"])
        print("SPIN/12 environments, at most 1 failure, all orders", time)
        print("SPIN/states in all orders, at most 1 failure", states)


if __name__ == "__main__":
    main()
