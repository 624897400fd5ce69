#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the benchmark of a binding, and print each figure beside its goal.

    bench_languages.py LANG COMMAND...    COMMAND prints what the language's benchmark prints

Times are processor time. A figure that is not found in what is printed is an error.
"""

import re
import subprocess
import sys

EVENT = "an event, 8 arguments and 5 context keys read"
SIMULATION = "a simulation of 10,000 environments"
START = "from the start to the first flow"

# Of each language: what is measured, where its benchmark prints that, what makes the unit of it,
# the unit, the goal (None: there is none).
FIGURES = {
    "rust": [
        (EVENT, r"event, 8 arguments and 5 context keys read +([\d.]+) ns", 1e-3, "us", 0.2),
        (SIMULATION, r"simulate \d+ environments: .*ratio ([\d.]+)", 1, "times C++", 1.5),
    ],
    "node": [
        (EVENT, r"event, 8 arguments and 5 context keys read\t([\d.]+)\tus", 1, "us", 1.5),
        (SIMULATION, r"simulation of 10,000 environments\t([\d.]+)\tx C\+\+", 1, "times C++", 3),
        (START, r"start-up, to the first flow\t([\d.]+)\tms", 1, "ms", 15),
    ],
    "go": [
        (EVENT, r"BenchmarkEvent\b.*?([\d.]+) cpu-ns/op", 1e-3, "us", 2),
        (SIMULATION, r"BenchmarkSimulation\b.*?([\d.]+) times-C\+\+", 1, "times C++", 3),
        (START, r"BenchmarkStart(?:-\d+)?\s.*?([\d.]+) cpu-ns/op", 1e-6, "ms", 1000),
        (START + ", compiled before", r"BenchmarkStartWithCache\b.*?([\d.]+) cpu-ns/op", 1e-6,
         "ms", 50),
    ],
    "java": [
        (EVENT, r"event, 8 arguments and 5 context keys read +([\d.]+) ns", 1e-3, "us", 5),
        (SIMULATION, r"the same in C\+\+ +[\d.]+ ms, ratio ([\d.]+)", 1, "times C++", 8),
        (START, r"first flow loaded after ([\d.]+) ms", 1, "ms", None),
    ],
}


def rows(language, text):
    """Figures as lines, and the names of those that were not found."""
    lines, missing = [], []
    for name, pattern, factor, unit, goal in FIGURES[language]:
        found = re.search(pattern, text)
        if not found:
            missing.append(name)
            continue
        figure = float(found[1]) * factor
        line = f"{language:<6}{name:<52}{figure:>9.2f} {unit:<10}"
        if goal is not None:
            line += f"goal {goal:>7}  ratio {figure / goal:>6.2f}"
        lines.append(line.rstrip())
    return lines, missing


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in FIGURES:
        sys.exit(f"usage: bench_languages.py LANG COMMAND...; LANG: {' '.join(FIGURES)}")
    language, command = sys.argv[1], sys.argv[2:]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"bench_languages.py: {command[0]} ended with {ran.returncode}\n{ran.stdout}")
    lines, missing = rows(language, ran.stdout)
    print("\n".join(lines))
    if missing:
        sys.exit(f"bench_languages.py: {language}: not in what was printed: {', '.join(missing)}\n"
                 f"{ran.stdout}")


if __name__ == "__main__":
    main()
