#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does anything notice when the rules' code is wrong?

    mutate.py --seconds 600 [--seed N] [--only PATH-PART] [--show]   small changes, drawn by chance
    mutate.py --bugs tests/prove/bugs                                the bugs written down there

Works on a copy of the sources under build/mutants, one change at a time: applied, built, tried by
one check after another, taken back. A mutant is killed when a check fails (or takes too long), and
survives when none does; those that do not compile without a warning are not counted. Survivors
that are known to be no fault are explained in tests/prove/survivors.txt. Ends with 1 when one
survives unexplained.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "mutants"
# The copy is built as the project is: a compiler cache then has most of it already.
COPY, BUILD = HOME / "source", HOME / "source/build/dev"
ROOMS = ("src/release/", "src/arguments/", "src/context/")
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

ENUMS = {
    "Stage": "Waiting Starting Working Finishing Done Failing Stopped",
    "Input": "Begin Complete Fail Cut Force Resume",
    "EnvironmentStatus": "Pending Running Suspended Successful Failed Terminated",
    "ReleaseStatus": "Running Suspended Terminating Succeeded Failed Terminated",
    "SlotState": "Free Outstanding Waiting",
    "FailurePolicy": "FailFast Continue Abort",
    "ErrorCode": "UnknownTicket SettledTicket WrongKind NotAllowed",
}
SWAPS = [(" == ", " != "), (" != ", " == "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "),
         (" >= ", " > "), (" && ", " || "), (" || ", " && "), ("true", "false"),
         ("false", "true"), (" + 1", ""), (" - 1", ""), ("++", "--")]
CONDITION = re.compile(r"\b((?:else )?if) \((?!const auto|auto|const )(.*)\) (\{|return\b.*;)")
STATEMENT = re.compile(r"^\s+(?!return|const |auto |using |case |break|continue|else|throw|delete|"
                       r"static_|std::[a-z_]+(?:<[^;]*>)? \w+)[\w.:>\-\[\]()*]+"
                       r"(?:\(.*\)| [-+]?= .*);(?: *//.*)?$")


def run(command, seconds, **options):
    """Its exit status; none: it took too long."""
    try:
        return subprocess.run(command, timeout=seconds, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False, **options).returncode
    except subprocess.TimeoutExpired:
        return None


def prepare():
    """The copy, as the sources stand now; files that are alike keep their times."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, text=True, check=True, stdout=subprocess.PIPE).stdout
    for name in listed.splitlines():
        source, target = ROOT / name, COPY / name
        if source.is_file() and not (target.exists()
                                     and target.read_bytes() == source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
    configure = ["cmake", "--preset", "dev", "-DPROMOFLOW_WERROR=ON"]
    if run(configure, 300, cwd=COPY) != 0 or not build(3600):
        sys.exit("mutate.py: the sources do not build as they are")


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


def changes_of(line):
    """What could be done to one line of code: (kind, the line after it)."""
    code = line.split("//")[0]
    if (".reserve(" in code or  # Only quicker.
            re.match(r"\s*(#|static_assert|namespace|using|template|struct|class|enum)", code)):
        return
    found = CONDITION.search(code)
    if found:
        yield "negate", line.replace(found.group(2), "!(" + found.group(2) + ")", 1)
    for old, new in SWAPS:
        if old in code and not (old.strip() in ("true", "false") and "noexcept" in code):
            yield old.strip() + " -> " + (new.strip() or "nothing"), line.replace(old, new, 1)
    for enum, names in ENUMS.items():
        for found in re.finditer(rf"(?<!case )\b{enum}::(\w+)", code):
            names_of = names.split()
            if found.group(1) in names_of:
                other = names_of[(names_of.index(found.group(1)) + 1) % len(names_of)]
                yield found.group(0) + " -> " + other, (
                    line[:found.start()] + f"{enum}::{other}" + line[found.end():])
    if STATEMENT.match(line):
        yield "drop", re.match(r"\s*", line).group(0) + ";"


def mutants(only):
    for path in sorted(str(p.relative_to(COPY)) for room in ROOMS
                       for p in (COPY / room).glob("*.[ch]pp")):
        if only and only not in path:
            continue
        text = (COPY / path).read_text(encoding="utf-8")
        for line in dict.fromkeys(text.splitlines()):
            if text.count("\n" + line + "\n") == 1:  # So that it can be told by its text.
                for kind, changed in changes_of(line):
                    yield path, line, kind, changed


def explained():
    """(path, kind, the line) of known survivors: lines of `path | kind | line | why`."""
    file = ROOT / "tests/prove/survivors.txt"
    known = set()
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) == 4 and not line.startswith("#"):
            known.add(tuple(parts[:3]))
    return known


def sample(arguments):
    every = list(mutants(arguments.only))
    random.Random(arguments.seed).shuffle(every)
    print(f"{len(every)} mutants could be made; seed {arguments.seed}", flush=True)
    end = time.monotonic() + arguments.seconds
    known, killed, survived, excused, stillborn = explained(), 0, [], 0, 0
    for path, line, kind, changed in every:
        if time.monotonic() > end:
            break
        caught = try_change(path, "\n" + line + "\n", "\n" + changed + "\n")
        what = f"{path} | {kind} | {line.strip()}"
        if caught is None:
            stillborn += 1
        elif caught:
            killed += 1
            if arguments.show:
                print(f"  killed by {caught[0]}: {what}", flush=True)
        elif (path, kind, line.strip()) in known:
            excused += 1
        else:
            survived.append(what)
            print(f"  survives: {what}", flush=True)
    tried = killed + len(survived) + excused
    print(f"mutants: {tried} tried, {killed} killed ({100 * killed / max(1, tried):.1f} %), "
          f"{excused} explained, {len(survived)} survived; {stillborn} did not compile")
    return 1 if survived else 0


# Bugs


def read_bug(file):
    """`rule`, `file`, then the texts between `<<<<`, `====` and `>>>>`."""
    text = file.read_text(encoding="utf-8")
    head = dict(re.findall(r"^(rule|what|file): (.*)$", text, re.MULTILINE))
    body = re.search(r"^<<<<\n(.*?)\n====\n(.*?)\n?>>>>$", text, re.DOTALL | re.MULTILINE)
    return head, body.group(1), body.group(2)


def bugs(folder):
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
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--show", action="store_true", help="print killed ones, too")
    parser.add_argument("--bugs", metavar="FOLDER")
    arguments = parser.parse_args()
    prepare()
    return bugs(arguments.bugs) if arguments.bugs else sample(arguments)


if __name__ == "__main__":
    sys.exit(main())
