#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches no test reaches, and whether these are few enough.

    coverage.py REPORT [--lines PERCENT] [--branches PERCENT]

REPORT is what `gcovr --json` writes. Each place that is not reached is printed as file:line. Ends
with 1 when a share is under its bar.
"""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SWITCH = re.compile(r"\s*switch \(")


class Tally:
    """How many there are, and how many of them were reached."""

    def __init__(self):
        self.there = self.reached = 0

    def add(self, count):
        self.there += 1
        self.reached += count > 0

    @property
    def percent(self):
        return 100 * self.reached / self.there if self.there else 100.0

    def __str__(self):
        return f"{self.percent:6.2f} % ({self.reached:,} of {self.there:,})"


def branches_of(line, source):
    """How often each branch of a line was taken. A switch has a way past all enumerators, its last
    branch, which no value takes: there is no `default` in this house, and each case is a line."""
    counts = [branch["count"] for branch in line["branches"]]
    if counts and counts[-1] == 0 and SWITCH.match(source[line["line_number"] - 1]):
        counts.pop()
    return counts


def examine(report):
    """The tallies of lines and of branches by file, and the places that were not reached."""
    files, missing = {}, []
    for file in sorted(report["files"], key=lambda file: file["file"]):
        lines, branches = files.setdefault(file["file"], (Tally(), Tally()))
        source = (ROOT / file["file"]).read_text(encoding="utf-8").splitlines()
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            place = f"{file['file']}:{line['line_number']}"
            counts = branches_of(line, source)
            lines.add(line["count"])
            for count in counts:
                branches.add(count)
            if line["count"] == 0:
                missing.append(f"{place}: line")
            elif 0 in counts:
                missing.append(f"{place}: {counts.count(0)} of {len(counts)} branches")
    return files, missing


def total(tallies):
    whole = Tally()
    for tally in tallies:
        whole.there += tally.there
        whole.reached += tally.reached
    return whole


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--lines", type=float, default=98.0, metavar="PERCENT")
    parser.add_argument("--branches", type=float, default=95.0, metavar="PERCENT")
    arguments = parser.parse_args()
    files, missing = examine(json.loads(arguments.report.read_text(encoding="utf-8")))
    for name, (lines, branches) in files.items():
        print(f"{name:36} lines {lines!s:26} branches {branches}")
    if missing:
        print("not reached:", *missing, sep="\n  ")
    low = False
    for what, place, bar in (("lines", 0, arguments.lines), ("branches", 1, arguments.branches)):
        tally = total(file[place] for file in files.values())
        under = tally.there == 0 or tally.percent < bar
        print(f"{what}: {tally}; {'UNDER' if under else 'above'} the bar of {bar:g} %")
        low = low or under
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
