#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does anything notice when the rules' code is wrong?

    mutate.py --mutants all|SECONDS [--seed N] [--only PATH-PART] [--again]
              [--quick] [--show]
    mutate.py --bugs tests/prove/bugs

Works on copies of the sources under build/mutants.

Mutants are small changes of the rules' code. All of them are compiled into one set of programs, and
the environment variable PROMOFLOW_MUTANT says which is active: schemata.py finds and writes them,
trial.py tries them. With SECONDS, as many as fit are drawn by chance. A mutant is noticed when a
check fails or takes too long, and survives when none does. Survivors that are known to be no fault
are explained in tests/prove/survivors.txt. Ends with 1 when one survives unexplained. --again: only
those that did so the last time; --quick: without the checks that take more than a second.

Bugs are written down, each in a file. They are built one at a time, and every check tries each.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "mutants"
# The copy is built as the project is: a compiler cache then has most of it already.
COPY, BUILD = HOME / "source", HOME / "source/build/dev"
# Beside it, with all mutants in it. It is built with the checks of the standard library as well.
MUTATED = HOME / "mutated"
MODULES = ("src/release/", "src/arguments/", "src/context/", "src/flow/")
TARGETS = ("promoflow_cli", "promoflow_prove", "unit_tests")

# The quick first. Each: name, command, seconds that it may take.
PROVE = str(BUILD / "tests/prove/promoflow_prove")
CHECKS = [
    ("conformance", [sys.executable, "tests/conformance/run.py", "--program",
                     str(BUILD / "promoflow")], 120),
    ("unit", [str(BUILD / "tests/unit_tests"), "--filenames-as-tags",
              "[#release_events],[#release_snapshot],[#release_memory],[#release_journal],"
              "[#arguments_list],[#context_merge]"], 120),
    ("memory", [PROVE, "memory"], 60),
    ("snapshots", [PROVE, "snapshots", "tests/snapshots"], 60),
    ("seeds", [PROVE, "seeds", "0", "300"], 120),
    ("small", [PROVE, "small", "0"], 240),
]


def run(command, seconds, **options):
    """Its exit status; none: it took too long."""
    try:
        return subprocess.run(command, timeout=seconds, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False, **options).returncode
    except subprocess.TimeoutExpired:
        return None


def write(target, content):
    """Writes a file if it differs, so that an unchanged one keeps its time."""
    if not target.exists() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def copy_sources():
    """Makes the copy of the present sources; the names of its files."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, text=True, check=True, stdout=subprocess.PIPE).stdout
    names = [name for name in listed.splitlines() if (ROOT / name).is_file()]
    for name in names:
        write(COPY / name, (ROOT / name).read_bytes())
        shutil.copymode(ROOT / name, COPY / name)
    remove_others(COPY, names)
    return names


def remove_others(copy, names):
    """Removes files that are no source any more: the build would take them as sources."""
    kept = set(names)
    for folder in ("src", "include", "capi", "tests"):
        for file in (copy / folder).rglob("*"):
            if file.is_file() and str(file.relative_to(copy)) not in kept:
                file.unlink()


def configure(copy, *options):
    if run(["cmake", "--preset", "dev", *options], 300, cwd=copy) != 0:
        sys.exit("mutate.py: cmake does not configure the unchanged sources")


def build(seconds=600):
    jobs = os.environ.get("PROMOFLOW_JOBS", str(os.cpu_count() or 2))
    return run(["cmake", "--build", BUILD, "--parallel", jobs, "--target", *TARGETS], seconds) == 0


def caught_by(every):
    """The names of the checks that fail; only the first unless `every`."""
    caught = []
    for name, command, seconds in CHECKS:
        if run(command, seconds, cwd=COPY) != 0:
            caught.append(name)
            if not every:
                break
    return caught


def try_change(path, before, after, every=False):
    """None: it does not compile; else the checks that caught it."""
    file = COPY / path
    text = file.read_text(encoding="utf-8")
    try:
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
        return caught_by(every) if build() else None
    finally:
        file.write_text(text, encoding="utf-8")


# Mutants


def points_by_path():
    import schemata  # Needs libclang, which bugs do not.
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    modules = tuple(str(COPY / module) for module in MODULES)
    return schemata, *schemata.points_of(
        COPY, [entry for entry in entries if entry["file"].startswith(modules)],
        lambda path: path.startswith(MODULES))


def blamed(schemata, log, found):
    """The numbers of the points that the compiler reported as errors."""
    numbers = set()
    for path, line, column in re.findall(
            r"^(?:\S*/)?(src/\w+/\S+?):(\d+):(\d+):.* (?:error|required)", log,
            re.MULTILINE):
        if path in found:
            text = (MUTATED / path).read_text(encoding="ascii").splitlines()[int(line) - 1]
            marks = list(re.finditer(r"mut(?:ants::\w+)?\((\d+)", text))
            ahead = [mark for mark in marks if mark.start() < int(column)] or marks
            numbers.update(int(mark.group(1)) for mark in ahead[-1:])
    return numbers


def build_mutated(names, schemata, found, rewrites):
    """Builds all mutants but those that do not compile; the number of these."""
    jobs = os.environ.get("PROMOFLOW_JOBS", str(os.cpu_count() or 2))
    dropped, first = 0, True
    while True:
        for name in names:
            content = (COPY / name).read_bytes()
            if name in found:
                content = schemata.instrument(name, content.decode("ascii"), found[name],
                                              rewrites[name]).encode()
            write(MUTATED / name, content)
            shutil.copymode(COPY / name, MUTATED / name)
        write(MUTATED / schemata.HEADER, (COPY / "tests/prove" / schemata.HEADER).read_bytes())
        if first:
            remove_others(MUTATED, names)
            configure(MUTATED, "-DPROMOFLOW_WERROR=OFF",
                      "-DCMAKE_CXX_FLAGS=-w -Wno-narrowing -fpermissive")
            first = False
        done = subprocess.run(["cmake", "--build", MUTATED / "build/dev", "--parallel", jobs,
                               "--target", *TARGETS, "--", "-k", "0"], text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return dropped
        numbers = blamed(schemata, done.stdout, found)
        if not numbers:
            sys.exit("mutate.py: the mutants do not build:\n" + done.stdout[-4000:])
        for path, points in found.items():
            found[path] = [point for point in points if point.number not in numbers]
        dropped += len(numbers)


def mutants(arguments):
    import trial
    names = copy_sources()
    configure(COPY)
    schemata, found, rewrites = points_by_path()
    print(f"{sum(map(len, found.values()))} mutants; compiling them", flush=True)
    dropped = build_mutated(names, schemata, found, rewrites)
    every = trial.measure(trial.checks(MUTATED, MUTATED / "build/dev"), MUTATED, HOME)
    print(f"{len(every)} checks take {sum(check.seconds for check in every):.1f} s; "
          f"{dropped} mutants that do not compile are left out", flush=True)
    points = [point for path in sorted(found) for point in found[path]]
    made = {}
    for point in points:
        module = "/".join(point.path.split("/")[:2])
        made[module] = made.get(module, 0) + 1
    survivors, listed = HOME / "survived.txt", ROOT / "tests/prove/survivors.txt"
    if arguments.again:
        last = set(survivors.read_text(encoding="utf-8").splitlines())
        points = [point for point in points if trial.name_of(point) in last]
    points = [point for point in points if arguments.only in point.path]
    random.Random(arguments.seed).shuffle(points)
    seconds = 0 if arguments.mutants == "all" else int(arguments.mutants)
    jobs = int(os.environ.get("PROMOFLOW_JOBS", os.cpu_count() or 2))
    score = trial.Score(trial.known_survivors(listed), arguments.show)
    trial.try_all(points, every, MUTATED, HOME, score, (seconds, jobs, arguments.quick))
    score.report(made)
    if seconds == 0 and not (arguments.only or arguments.again or arguments.quick):
        for _, what, _ in score.known:
            if what not in score.used:
                print(f"explained, but noticed or gone: {what}")
    survivors.write_text("".join(line + "\n" for line in sorted(score.survived)))
    print(f"those that survived: {survivors.relative_to(ROOT)}")
    return 1 if score.survived else 0


# Bugs


def read_bug(file):
    """`rule`, `file`, then the texts between `<<<<`, `====` and `>>>>`."""
    text = file.read_text(encoding="utf-8")
    head = dict(re.findall(r"^(rule|what|file): (.*)$", text, re.MULTILINE))
    body = re.search(r"^<<<<\n(.*?)\n====\n(.*?)\n?>>>>$", text, re.DOTALL | re.MULTILINE)
    return head, body.group(1), body.group(2)


def bugs(folder):
    copy_sources()
    configure(COPY, "-DPROMOFLOW_WERROR=ON")
    if not build(3600):
        sys.exit("mutate.py: the unchanged sources do not build")
    missed = 0
    print("| Rule | The bug | Caught by |\n|---|---|---|", flush=True)
    for file in sorted(Path(folder).glob("*.txt"), key=lambda p: (len(p.stem.split("-")[0]), p)):
        head, before, after = read_bug(file)
        if (COPY / head["file"]).read_text(encoding="utf-8").count(before) != 1:
            sys.exit(f"mutate.py: {file}: {head['file']} no longer has what it changes")
        caught = try_change(head["file"], before, after, every=True)
        if caught is None:
            sys.exit(f"mutate.py: {file}: does not compile")
        missed += not caught
        print(f"| {head['rule']} | {head['what']} | {', '.join(caught) or 'nothing'} |", flush=True)
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--mutants", metavar="all|SECONDS")
    what.add_argument("--bugs", metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--again", action="store_true", help="those that survived the last time")
    parser.add_argument("--quick", action="store_true", help="without the slow checks")
    parser.add_argument("--show", action="store_true", help="print those that are noticed, too")
    arguments = parser.parse_args()
    if arguments.mutants and not re.fullmatch(r"all|[0-9]+", arguments.mutants):
        parser.error("--mutants all, or a number of seconds")
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).parent))
    return bugs(arguments.bugs) if arguments.bugs else mutants(arguments)


if __name__ == "__main__":
    sys.exit(main())
