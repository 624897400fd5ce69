#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Count what promoflow costs, and compare with costs.txt.

    run.py [--program promoflow_costs] [--write] [--only SCENARIO]

Each scenario runs twice, for few rounds and for more: the difference is what the rounds cost,
whatever starting and preparing took. Allocations are exact: one more is a failure. Instructions
(callgrind) and bytes in use may be a few percent more; instructions are compared only for the build
that the table names.
Scenarios that cost less are printed. --write makes the table again. Ends with 1 when something
costs more, and with 77 (skipped) when Valgrind is not installed, so that only allocations were
compared, or when the standard library is another one.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).resolve().with_name("costs.txt")
PROGRAM = ROOT / "build/dev/tests/costs/promoflow_costs"
FEW, MORE = 1, 3
TOLERANCE = 0.08
SKIPPED = 77

# Which string functions glibc uses depends on the processor. These settings select those that every
# x86-64 has. Nothing else of the environment reaches the program.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(
    f"-{name}" for name in ("AVX512F", "AVX512VL", "AVX512BW", "AVX2_Usable", "AVX2", "AVX",
                            "AVX_Fast_Unaligned_Load", "BMI2", "ERMS", "FSRM", "SSSE3", "SSE4_1",
                            "SSE4_2", "RTM"))}

HEAD = """\
# What promoflow costs: instructions for each unit, allocations of a whole round, and bytes for each
# unit while a round uses the most (-: not measured).
# Made by `python3 tests/costs/run.py --write` and compared by `./dev test costs`.
# Instructions hold for this build alone: {build}
#
"""
ROW = "{:<18}{:<14}{:>14}{:>14}{:>10}\n"


def read_table(text):
    """The build, and of each scenario: unit, instructions, allocations, bytes."""
    build, rows = "", {}
    for line in text.splitlines():
        if line.startswith("#"):
            found = re.search(r"this build alone: (.+)", line)
            build = found.group(1) if found else build
        elif line and not line.startswith("scenario "):
            name, unit, instructions, allocations, size = line.split()
            rows[name] = (unit, None if instructions == "-" else float(instructions),
                          int(allocations), None if size == "-" else float(size))
    return build, rows


def format_row(name, unit, instructions, allocations, size):
    """A line of the table; None is `-`."""
    shown = ["-" if count is None else f"{count:.1f}" for count in (instructions, size)]
    return ROW.format(name, unit, shown[0], allocations, shown[1])


def write_table(build, rows):
    text = HEAD.format(build=build)
    text += ROW.format("scenario", "unit", "instructions", "allocations", "bytes")
    return text + "".join(format_row(name, *row) for name, row in rows.items())


def compare(wanted, got):
    """What is worse, and what is better. An unknown number of instructions is None."""
    worse, better = [], []
    for name in wanted.keys() - got.keys():
        worse.append(f"{name}: in the table, not in the program")
    for name, (unit, instructions, allocations, size) in got.items():
        if name not in wanted:
            worse.append(f"{name}: not in the table")
            continue
        _, instructions_allowed, allocations_allowed, size_allowed = wanted[name]
        if allocations != allocations_allowed:
            lines = worse if allocations > allocations_allowed else better
            lines.append(f"{name}: {allocations} allocations in a round, not {allocations_allowed}")
        for what, count, allowed in (("instructions", instructions, instructions_allowed),
                                     ("bytes", size, size_allowed)):
            if count is None or allowed is None or abs(count - allowed) <= TOLERANCE * allowed:
                continue
            lines = worse if count > allowed else better
            lines.append(f"{name}: {count:.1f} {what} for each {unit}, not {allowed:.1f} "
                         f"({count / allowed - 1:+.0%})")
    return sorted(worse), sorted(better)


class Program:
    def __init__(self, path, valgrind):
        self.path, self.valgrind = str(path), valgrind
        self.build, *scenarios = self.call([self.path]).stdout.splitlines()
        self.units = dict(line.split() for line in scenarios)

    @staticmethod
    def call(command):
        done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr}")
        return done

    def run(self, scenario, rounds):
        """Units in a round; allocations and instructions of all; bytes of one."""
        counting = []
        if self.valgrind:
            counting = [self.valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        done = self.call([*counting, self.path, scenario, str(rounds)])
        units, allocations, size = map(int, done.stdout.split())
        collected = re.search(r"Collected : (\d+)", done.stderr)
        return units, allocations, int(collected.group(1)) if collected else None, size

    def cost(self, scenario):
        """As in the table: unit, instructions for each, allocations of a round, bytes for each."""
        units, few, begin, _ = self.run(scenario, FEW)
        _, more, end, size = self.run(scenario, MORE)
        rounds = MORE - FEW
        instructions = (end - begin) / rounds / units if self.valgrind else None
        return (self.units[scenario], instructions, (more - few) // rounds,
                size / units if size else None)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--write", action="store_true", help="make the table again")
    parser.add_argument("--only", metavar="SCENARIO", help="this one alone")
    return parser.parse_args()


def main():
    options = read_arguments()
    valgrind = shutil.which("valgrind")
    if options.write and not valgrind:
        sys.exit("the table cannot be made: valgrind is not installed")
    build, wanted = read_table(TABLE.read_text(encoding="utf-8")) if not options.write else ("", {})
    program = Program(options.program, valgrind)
    if not program.build.endswith(", libstdc++"):
        print(f"skipped: the table's allocations are libstdc++'s; this build is {program.build}")
        return SKIPPED
    if valgrind and not options.write and program.build != build:
        print(f"instructions are not compared: this build is {program.build}, the table's {build}")
        program.valgrind = None
    scenarios = [options.only] if options.only else list(program.units)
    got = {name: program.cost(name) for name in scenarios}
    if options.write:
        TABLE.write_text(write_table(program.build, got), encoding="utf-8")
        return 0
    if options.only:
        wanted = {name: row for name, row in wanted.items() if name == options.only}
    for name, row in got.items():
        print(format_row(name, *row), end="")
    worse, better = compare(wanted, got)
    for line in better:
        print(f"better: {line}; make the table again")
    for line in worse:
        print(f"worse: {line}")
    if worse:
        return 1
    if not valgrind:
        print("skipped: valgrind is not installed, so only allocations were compared")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
