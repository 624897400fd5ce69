#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare `promoflow simulate` with reference.py on generated cases, line by line, to the byte.

    python3 compare.py --program PATH/TO/promoflow --seeds 0:1000 [--jobs 2] [--keep DIR]
                       [--minimise]

For each seed that differs: the seed, the first line that differs, both lines, and a command that
reproduces it. FROM:TO is half-open. Exit status 1 if any seed differs.
"""

import argparse
import concurrent.futures
import copy
import json
import os
import shlex
import subprocess
import sys
import tempfile

import generate
import reference
from reference_context import comparable

TIMEOUT_S = 60
FINE = (0, 1)  # 1: the simulated release did not succeed
START_REFUSED = (1, 2)


class Difference:
    """Where two traces differ first: the line, from 1, and both lines (None: it has ended)."""

    def __init__(self, number, expected, got, status, errors):
        self.number, self.expected, self.got = number, expected, got
        self.status, self.errors = status, errors

    def text(self):
        lines = ["  line %d" % self.number]
        for who, line in (("reference", self.expected), ("promoflow", self.got)):
            lines.append("    %s: %s" % (who, "(no more lines)" if line is None else line))
        if self.status not in FINE:
            lines.append("    exit status %s: %s" % (self.status, self.errors.strip()[-2000:]))
        return "\n".join(lines)


def write_case(folder, flow, scenario, ascii_only):
    paths = [os.path.join(folder, name) for name in ("flow.json", "scenario.json")]
    for path, value in zip(paths, (flow, scenario)):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=ascii_only, indent=1)
            file.write("\n")
    return paths


def command_of(program, flow_path, scenario_path):
    return [program, "simulate", flow_path, "--scenario", scenario_path, "--format", "jsonl"]


def run_program(program, flow, scenario, ascii_only, folder=None):
    """The program's lines, its exit status and standard error."""
    with tempfile.TemporaryDirectory() as temporary:
        paths = write_case(folder or temporary, flow, scenario, ascii_only)
        try:
            done = subprocess.run(command_of(program, *paths), timeout=TIMEOUT_S,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
        except subprocess.TimeoutExpired:
            return [], "none", "still running after %d s" % TIMEOUT_S
    lines = done.stdout.decode("utf-8", "backslashreplace").split("\n")
    if lines[-1] == "":
        lines.pop()
    else:
        lines[-1] += "(no end of line)"
    return lines, done.returncode, done.stderr.decode("utf-8", "backslashreplace")


def difference(program, flow, scenario, ascii_only=False, folder=None):
    """The first Difference of a case, or None."""
    expected = list(map(comparable, reference.simulate(flow, scenario)))
    got, status, errors = run_program(program, flow, scenario, ascii_only, folder)
    if status in FINE:
        got = list(map(comparable, got))
    for index in range(max(len(expected), len(got))):
        pair = [lines[index] if index < len(lines) else None for lines in (expected, got)]
        if pair[0] != pair[1]:
            return Difference(index + 1, pair[0], pair[1], status, errors)
    if status not in (FINE if expected else START_REFUSED):
        return Difference(len(expected) + 1, None, None, status, errors)
    return None


# Minimising


def spec_of(flow):
    return flow["spec"].get("properties", flow["spec"])


def without_step(case, index):
    """Drop an environment; what depended on it depends on its dependencies."""
    steps = spec_of(case["flow"])["steps"]
    gone = steps.pop(index)
    for step in steps:
        if gone["environment"] in step["dependsOn"]:
            kept = [name for name in step["dependsOn"] if name != gone["environment"]]
            step["dependsOn"] = kept + [name for name in gone["dependsOn"] if name not in kept]


def places(value, path=()):
    """The paths of everything that might be dropped, outermost first."""
    if isinstance(value, (dict, list)):
        keys = list(value) if isinstance(value, dict) else range(len(value) - 1, -1, -1)
        for key in keys:
            yield path + (key,)
        for key in keys:
            yield from places(value[key], path + (key,))


NEEDED = {"apiVersion", "kind", "metadata", "spec", "triggerEnvironment", "steps", "environment",
          "dependsOn", "properties", "name", "limit", "at", "retry", "skip", "terminate", "hook"}


def droppable(path):
    """Is it worth trying to drop what is at this path? (`retry`, `skip` only where optional.)"""
    if path[0] == "flow" and path[-1] == "retry" or path == ("scenario", "skip"):
        return True
    return len(path) > 1 and path[-1] not in NEEDED and "dependsOn" not in path


def smaller(case):
    """Candidates, each with one thing less: steps first, then everything else."""
    for index in range(len(spec_of(case["flow"])["steps"])):
        if len(spec_of(case["flow"])["steps"]) > 1:
            candidate = copy.deepcopy(case)
            without_step(candidate, index)
            yield candidate
    for path in places(case):
        if not droppable(path) or path[-2] == "steps":
            continue
        candidate = copy.deepcopy(case)
        holder = candidate
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
        if holder == [] and path[-2] not in ("outcomes", "actions"):
            continue  # the whole list is tried too
        yield candidate


def minimise(program, flow, scenario, ascii_only):
    """Drop one thing after another for as long as the case still differs."""
    case = {"flow": flow, "scenario": scenario}
    valid = difference(program, flow, scenario, ascii_only).status in FINE
    progress = True
    while progress:
        progress = False
        for candidate in smaller(case):
            found = difference(program, candidate["flow"], candidate["scenario"], ascii_only)
            if found and (found.status in FINE) == valid:
                case, progress = candidate, True
                break
    return case["flow"], case["scenario"]


# Seeds


def ascii_of(seed):
    return seed % 4 == 3  # some cases are written with escapes only


def check_seed(program, seed, keep, want_small):
    """None if a seed agrees, else what to print."""
    flow, scenario = generate.generate(seed)
    folder = None
    if keep:
        folder = os.path.join(keep, str(seed))
        os.makedirs(folder, exist_ok=True)
    found = difference(program, flow, scenario, ascii_of(seed), folder)
    if not found:
        return None
    here = os.path.relpath(os.path.abspath(__file__))
    again = ["python3", here, "--program", program, "--seeds", "%d:%d" % (seed, seed + 1)]
    if keep:
        again += ["--keep", keep]
    text = ["seed %d differs" % seed, found.text(),
            "  reproduce: " + " ".join(shlex.quote(word) for word in again)]
    if want_small:
        flow, scenario = minimise(program, flow, scenario, ascii_of(seed))
        small = difference(program, flow, scenario, ascii_of(seed))
        text += ["  minimised:", "    flow:     " + reference.compact(flow),
                 "    scenario: " + reference.compact(scenario), small.text()]
        if keep:
            folder = os.path.join(keep, "%d-small" % seed)
            os.makedirs(folder, exist_ok=True)
            paths = write_case(folder, flow, scenario, ascii_of(seed))
            text.append("  run: " + " ".join(map(shlex.quote, command_of(program, *paths))))
    return "\n".join(text)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True, help="path of promoflow")
    parser.add_argument("--seeds", required=True, metavar="FROM:TO", help="half-open range")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", metavar="DIR", help="keep the cases in DIR/SEED")
    parser.add_argument("--minimise", action="store_true", help="make failing cases smaller")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition(":")
    arguments.range = range(int(first), int(last))
    return arguments


def main():
    arguments = parse_arguments()
    if not os.access(arguments.program, os.X_OK):
        sys.exit("not a program: " + arguments.program)
    passed = failed = 0
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        size, pending = max(1, arguments.jobs * 8), []

        def settle():
            nonlocal passed, failed
            report = pending.pop(0).result()
            passed, failed = passed + (report is None), failed + (report is not None)
            if report:
                print(report, flush=True)
        for seed in arguments.range:
            pending.append(pool.submit(check_seed, arguments.program, seed, arguments.keep,
                                       arguments.minimise))
            if len(pending) >= size:
                settle()
        while pending:
            settle()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
