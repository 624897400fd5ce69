#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the parts of the proof and print one line for each promise of docs/reliability.md.

    prove.py --program promoflow_prove [--cli promoflow] [--fuzz FOLDER]
             [--brief | --deep SECONDS]

Two parts run at a time. Ends with 1 when a part fails; its output says what was broken, and how to
see it again.
"""

import argparse
import collections
import concurrent.futures
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUZZ = ROOT / "tests/fuzz"
BOUNDED = ["sh", "-c", 'ulimit -v "$0" 2>/dev/null; exec "$@"', str(12 << 20)]  # 12 GiB, in KiB.
COUNT = re.compile(r"^ *(\d+)  (.+)$", re.MULTILINE)
MUTANTS = re.compile(r"^all +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) ", re.MULTILINE)
PROMISES = [
    "one start and one end of each environment's attempt",
    "FAILED_ENVIRONMENTS and ERROR_MESSAGE at onFail points, nowhere else",
    "nothing begins before all it depends on has succeeded",
    "the release's end hooks are last",
    "every release reaches a final status",
    "the same events give the same bytes",
    "a crash loses nothing and repeats no ticket",
    "a refused event changes nothing",
    "no input crashes, hangs, leaks or exhausts memory",
    "an allocation that fails leaves the state as it was",
    "no command is issued past a deadline",
    "an event delivered twice leaves what it left once",
    "every release ends in bounded time",
    "a skipped environment runs no hooks",
]


class Part:
    """One program to run: its name, its command, what it printed. Without a bound on its memory a
    release that never stops would take the machine."""

    def __init__(self, name, command, seconds=3600, bounded=True):
        self.name, self.seconds = name, seconds
        self.command = [*(BOUNDED if bounded else []), *(str(word) for word in command)]
        self.output, self.failed, self.took = "", False, 0.0

    def run(self):
        begin = time.monotonic()
        try:
            done = subprocess.run(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                                  errors="backslashreplace", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=self.seconds, check=False)
            self.output, self.failed = done.stdout, done.returncode != 0
        except subprocess.TimeoutExpired:
            self.output, self.failed = f"still running after {self.seconds} s", True
        self.took = time.monotonic() - begin
        return self


def fuzz_command(folder, target, seconds, seed):
    """A target with its committed inputs; what it finds further is kept beside the build. From an
    empty corpus the same seed tries the same inputs, as many as the time allows."""
    corpus = folder / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    command = [folder / f"fuzz_{target}", f"-max_total_time={seconds}", f"-seed={seed}",
               "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0",
               f"-artifact_prefix={folder}/{target}-", corpus]
    if (FUZZ / "seeds" / target).is_dir():
        command.append(FUZZ / "seeds" / target)
    if (FUZZ / "dictionaries" / f"{target}.txt").exists():
        command.append(f"-dict={FUZZ / 'dictionaries' / target}.txt")
    return command


def parts_of(arguments):
    """Two lists, run side by side."""
    program, first = arguments.program, arguments.seed
    deep = arguments.deep
    if deep:
        share = max(1, deep // 4)
        others = [Part("five", [program, "five", 2, share], 2 * share + 600)]
        small = Part("small", [program, "small", 2, deep], 2 * deep + 600)
        seeds, each = [program, "seeds", first, 1 << 40, share], share // 8
    elif arguments.brief:
        small = Part("small", [program, "small", 0])
        others = [Part("five", [program, "five", 0, 30])]
        seeds, each = [program, "seeds", first, 1500, 20], 4
    else:
        small = Part("small", [program, "small", 1, 400])
        others = [Part("five", [program, "five", 1, 240])]
        seeds, each = [program, "seeds", first, 20000, 120], 10
    others += [Part("stories", [program, "stories", "tests/conformance"]),
               Part("memory", [program, "memory"]),
               Part("snapshots", [program, "snapshots", "tests/snapshots"]),
               Part("seeds", seeds)]
    steps, random, seconds = (3, 300, 30) if arguments.brief else (4, 20000, deep or 400)
    others.append(Part("precedence", [program, "precedence", steps, random, seconds],
                       2 * seconds + 600))
    step = 20 if arguments.brief else 1 if deep else 4
    others += [Part("crashes", [program, "crashes", step, 10 * step if step > 1 else 1]),
               Part("stores", [program, "stores", "tests/stores"])]
    if not arguments.brief:  # It measures time: for a machine that does nothing else.
        others.append(Part("hostile shapes", [program, "hostile"]))
    every, random = (400, 100) if arguments.brief else (1, 20000) if deep else (20, 1000)
    others.append(Part("reduction", [program, "reduction", every, random]))
    others.append(Part("queue", [program, "queue"] + ([] if arguments.brief else ["all"])))
    flows = 20 if arguments.brief else 5000 if deep else 200
    others.append(Part("times", [program, "times", first, flows, deep // 4 or 120],
                       deep + 600))
    if arguments.cli:
        rounds = 1 if arguments.brief else 30 if deep else 4
        others.append(Part("programs", [sys.executable, "tests/prove/programs.py", "--program",
                                        arguments.cli, "--rounds", rounds, "--seed", first]))
        rounds = 20 if arguments.brief else 500 if deep else 100
        others.append(Part("kills", [sys.executable, "tests/prove/kills.py", "--program",
                                     arguments.cli, "--rounds", rounds, "--seed", first]))
    if arguments.fuzz:
        for file in sorted(arguments.fuzz.glob("fuzz_*")):
            if file.suffix == "" and file.is_file():
                target = file.name[len("fuzz_"):]
                others.append(Part("fuzz " + target,
                                   fuzz_command(arguments.fuzz, target, max(1, each), first),
                                   3 * each + 300, bounded=False))  # By -rss_limit_mb.
    if deep:
        mutate = [sys.executable, "tools/mutation/mutate.py", "--mutants", share, "--seed", first]
        others.append(Part("mutants", mutate, 2 * share + 1800, bounded=False))
    return [small], others


def counted(parts):
    """Counts by what they count, of all parts."""
    counts = collections.Counter()
    for part in parts:
        if part.name.startswith("fuzz "):
            found = re.search(r"stat::number_of_executed_units: +(\d+)", part.output)
            counts["promise 9"] += int(found.group(1)) if found else 0
            continue
        for number, what in COUNT.findall(part.output):
            counts[what.split(":")[0]] += int(number)
    return counts


def report(parts, counts):
    what = {1: "statuses entered as they may be", 2: "hooks checked", 3: "environments begun",
            4: "end hooks", 5: "releases driven to their end", 6: "events applied to two releases",
            7: "crash points", 8: "refusals", 9: "inputs", 10: "allocations failed",
            11: "commands issued before it", 12: "second deliveries", 13: "events within the bound",
            14: "environments skipped"}
    for number, promise in enumerate(PROMISES, 1):
        count = counts[f"promise {number}"]
        print(f"{number:3}  {promise:72} {count:>12,} {what[number]}")
    lines = counts["lines equal to the model's"]
    print(f"     small scope: {counts['flows']:,} flows, {counts['states']:,} states, "
          f"{counts['transitions']:,} transitions with those of {counts['seeds']:,} seeds; "
          f"{lines:,} lines equal to the model's")
    for part in parts:
        if mutants := MUTANTS.search(part.output):
            there, tried, noticed, explained, *neither = map(int, mutants.groups())
            print(f"     mutants: {tried:,} of {there:,} tried: {noticed:,} noticed, {explained:,} "
                  f"explained, {sum(neither):,} neither")
    for name in ("hostile shapes", "precedence", "reduction", "times", "queue", "programs",
                 "crashes", "kills"):
        counts = [f"{int(number):,} {what.split(': ')[1]}" for part in parts if part.name == name
                  for number, what in COUNT.findall(part.output)]
        if counts:
            print(f"     {name}: " + "; ".join(counts))
    for part in parts:
        note = re.search(r"^note: (.*)$", part.output, re.MULTILINE)
        print(f"     {part.name}: {'FAILED' if part.failed else 'held'} in {part.took:.0f} s"
              + (f"; {note.group(1)}" if note else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--cli", type=Path, help="the program promoflow")
    parser.add_argument("--fuzz", type=Path, help="folder of the built fuzz targets")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--deep", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=400, help="the first one")
    arguments = parser.parse_args()
    lists = parts_of(arguments)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = pool.map(lambda parts: [part.run() for part in parts], lists)
        parts = [part for some in done for part in some]
    report(parts, counted(parts))
    failed = [part for part in parts if part.failed]
    for part in failed:  # Last, so that it is seen where only the end of a long log is kept.
        print(f"--- {part.name}: {' '.join(part.command)}\n{part.output[-6000:]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
