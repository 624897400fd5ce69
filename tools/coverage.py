#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches no test reaches, and whether these are few enough.

    coverage.py REPORT [--lines PERCENT] [--branches PERCENT]

REPORT is what `gcovr --json` writes. Each place that is not reached is printed as file:line, with
its reason if a comment above the statement gives one:

    // Not taken: why.

Ends with 1 when a share is under its bar, when a place has no reason, or when a reason stands above
what is reached.
"""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"\s*// (.*)")
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


def reason_above(source, number):
    """The line at which the reason for a line's branches begins, and the reason; else (0, "")."""
    above = number - 2
    while above >= 0 and not source[above].rstrip().endswith((";", "{", "}")) \
            and not COMMENT.match(source[above]):
        above -= 1  # Of the same statement.
    comment = []
    while above >= 0 and (text := COMMENT.match(source[above])):
        comment.insert(0, text[1])
        if text[1].startswith("Not taken: "):
            return above + 1, " ".join(comment).removeprefix("Not taken: ")
        above -= 1
    return 0, ""


def examine(report):
    """The tallies of lines and of branches by file, the places that were not reached and are not
    explained, those that are, and the reasons that are not needed."""
    files, missing, explained, needless = {}, [], [], []
    for file in sorted(report["files"], key=lambda file: file["file"]):
        lines, branches = files.setdefault(file["file"], (Tally(), Tally()))
        source = (ROOT / file["file"]).read_text(encoding="utf-8").splitlines()
        needed = set()
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
                begin, reason = reason_above(source, line["line_number"])
                needed.add(begin)
                told = f"{place}: {counts.count(0)} of {len(counts)} branches"
                if reason:
                    explained.append(f"{told}: {reason}")
                else:
                    missing.append(told)
        needless += [f"{file['file']}:{number}" for number, text in enumerate(source, 1)
                     if (comment := COMMENT.match(text)) and number not in needed
                     and comment[1].startswith("Not taken: ")]
    return files, missing, explained, needless


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
    report = json.loads(arguments.report.read_text(encoding="utf-8"))
    files, missing, explained, needless = examine(report)
    for name, (lines, branches) in files.items():
        print(f"{name:36} lines {lines!s:26} branches {branches}")
    for what, places in (("not reached, and why:", explained),
                         ("NOT REACHED, and nothing says why (`// Not taken: why.`):", missing),
                         ("REACHED, though a comment says that it is not:", needless)):
        if places:
            print(what, *places, sep="\n  ")
    low = bool(missing or needless)
    for what, place, bar in (("lines", 0, arguments.lines), ("branches", 1, arguments.branches)):
        tally = total(file[place] for file in files.values())
        under = tally.there == 0 or tally.percent < bar
        print(f"{what}: {tally}; {'UNDER' if under else 'above'} the bar of {bar:g} %")
        low = low or under
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
