#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare the benchmark of this tree with that of another revision, both in the same run.

    bench_against.py --against REV [--quick] [--rounds N] [--limit PERCENT] [--json FILE]

The other revision is checked out and built under build/against; this tree's program must be built
already (./dev bench does so). The two programs run in turns, so that a slow minute of the machine
meets both. Each round gives a ratio new/old for each figure; the median over the rounds is printed
beside the figure. A figure is worse if this median and the ratio of the best runs are both beyond
the limit: other load on the machine spoils single runs, but seldom the best of each side. If one is
worse, as many rounds again decide. Ends with 1 when a figure is worse then, and with 2 when
something cannot be built or run.

Figures of peers are printed, too, but not judged: their code is the same on both sides, so their
ratios show how much the machine itself varied.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "against"
PROGRAM = Path("tests/bench/promoflow_bench")
SETTINGS = ["CMAKE_BUILD_TYPE=Release", "PROMOFLOW_BUILD_TESTS=OFF", "PROMOFLOW_BUILD_CLI=OFF",
            "PROMOFLOW_BUILD_EXAMPLES=OFF", "PROMOFLOW_BUILD_BENCH=ON"]
PEERS = re.compile(r"limit/|nlohmann/|yaml-cpp |Boost\.|oneTBB |Python |networkx |transitions"
                   r"|xstate|Temporal ")
# A time that differs by less than this says nothing; all of these are nanoseconds.
RESOLUTION = {"ns": 1.0, "ns/call": 1.0}


class Comparison:
    """One figure: its values on both sides, one of each for each round."""

    def __init__(self, name, unit):
        self.name, self.unit = name, unit
        self.old, self.new = [], []

    def add(self, old, new):
        self.old.append(old)
        self.new.append(new)

    @property
    def ratio(self):
        """The median of new/old; 1 when both are 0."""
        return statistics.median(
            1.0 if new == old else (new / old if old else float("inf"))
            for old, new in zip(self.old, self.new))

    @property
    def judged(self):
        return not PEERS.match(self.name)

    def worse_than(self, percent):
        old, new, most = min(self.old), min(self.new), 1 + percent / 100
        return (self.judged and self.ratio > most and new > old * most
                and new - old > RESOLUTION.get(self.unit, 0.0))


def run(*command, **options):
    """Ends with 2 and the command's output when it fails."""
    try:
        done = subprocess.run([str(word) for word in command], text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **options)
    except OSError as error:
        print(f"bench_against.py: {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    if done.returncode != 0:
        print(done.stdout[-4000:], file=sys.stderr)
        print("bench_against.py: failed: " + " ".join(map(str, command)), file=sys.stderr)
        sys.exit(2)
    return done.stdout.strip()


def build(revision):
    """Checks the revision out, builds its benchmark, and returns the program."""
    commit = run("git", "rev-parse", "--verify", "--end-of-options", revision + "^{commit}",
                 cwd=ROOT)
    source, folder = HOME / "source", HOME / "build"
    run("git", "worktree", "prune", cwd=ROOT)  # ./dev clean removes the folder only.
    if (source / ".git").exists():
        run("git", "checkout", "--quiet", "--force", "--detach", commit, cwd=source)
    else:
        HOME.mkdir(parents=True, exist_ok=True)
        run("git", "worktree", "add", "--quiet", "--force", "--detach", source, commit, cwd=ROOT)
    print(f"building {revision} ({commit[:10]}) under {folder.relative_to(ROOT)}", flush=True)
    run("cmake", "-S", source, "-B", folder, "-G", "Ninja", *(f"-D{text}" for text in SETTINGS))
    jobs = os.environ.get("PROMOFLOW_JOBS", str(os.cpu_count() or 2))
    run("cmake", "--build", folder, "--parallel", jobs, "--target", "promoflow_bench")
    return folder / PROGRAM


def measure(program, quick, output):
    """The figures of one run: name -> (value, unit)."""
    options = ["--quick"] if quick else []
    # Without its peers, if the program knows how: they take most of the time.
    usage = subprocess.run([str(program), "--help"], text=True, check=False,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT).stdout
    if "--own" in usage:
        options.append("--own")
    run(program, *options, "--json", output)
    figures = json.loads(output.read_text(encoding="utf-8"))["figures"]
    return {figure["name"]: (figure["value"], figure["unit"]) for figure in figures}


def measure_rounds(old, new, rounds, quick, comparisons):
    """Runs both programs `rounds` times, the order swapped each time."""
    output = HOME / "figures.json"
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        sides = [("old", old), ("new", new)]
        if number % 2:
            sides.reverse()
        results = {side: measure(program, quick, output) for side, program in sides}
        for name, (value, unit) in results["new"].items():
            if name in results["old"]:
                comparison = comparisons.setdefault(name, Comparison(name, unit))
                comparison.add(results["old"][name][0], value)
    return comparisons


def report(comparisons, limit):
    """Prints the table; the comparisons that are worse than the limit."""
    worse = [one for one in comparisons.values() if one.worse_than(limit)]
    print(f"{'old':>12} {'new':>12} {'new/old':>8}  figure")
    for one in comparisons.values():
        mark = "WORSE" if one in worse else "" if one.judged else "peer"
        print(f"{statistics.median(one.old):12.2f} {statistics.median(one.new):12.2f} "
              f"{one.ratio:8.3f}  {one.name} [{one.unit or 'count'}] {mark}".rstrip())
    if worse:
        print(f"{len(worse)} of {len(comparisons)} figures are more than {limit:g} % worse")
    else:
        print(f"no figure is more than {limit:g} % worse")
    return worse


def write(path, comparisons):
    figures = [{"name": one.name, "unit": one.unit, "old": statistics.median(one.old),
                "new": statistics.median(one.new), "ratio": one.ratio, "judged": one.judged}
               for one in comparisons.values()]
    path.write_text(json.dumps({"figures": figures}, indent=2) + "\n", encoding="utf-8")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--against", required=True, metavar="REV", help="the other revision")
    parser.add_argument("--quick", action="store_true", help="up to 100,000 environments")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (default: 5)")
    parser.add_argument("--limit", type=float, default=5.0, metavar="PERCENT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--old-program", type=Path, metavar="FILE",
                        help="a benchmark of REV that is built already")
    parser.add_argument("--new-program", type=Path, metavar="FILE",
                        default=ROOT / "build" / "bench" / PROGRAM)
    arguments = parser.parse_args(words)
    if arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    HOME.mkdir(parents=True, exist_ok=True)
    old = arguments.old_program or build(arguments.against)
    comparisons = measure_rounds(old, arguments.new_program, arguments.rounds, arguments.quick, {})
    if any(one.worse_than(arguments.limit) for one in comparisons.values()):
        print("a figure is worse: measuring as often again", flush=True)
        measure_rounds(old, arguments.new_program, arguments.rounds, arguments.quick, comparisons)
    if not comparisons:
        print("bench_against.py: the two programs have no figure in common", file=sys.stderr)
        return 2
    worse = report(comparisons, arguments.limit)
    if arguments.json:
        write(arguments.json, comparisons)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
