# SPDX-License-Identifier: Apache-2.0
"""Tries mutants that are compiled in: which checks reach each, and which of these notice it.

A check is one run of a program: a few seeds, a file of unit tests, a story. Each runs once on the
unchanged code, for its time and for the mutants that it reaches. Then a mutant is tried by those
that reach it, the quick ones first, until one fails, or takes five times its processor time and two
seconds more.
"""

import importlib.util
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MEMORY = 4 << 30
OUTPUT = 64 << 20
SLOW_S = 1.0
EXPLAINED_S = 0.3  # Explained survivors are only tried by checks that are quicker.
WALL_S = 60  # Beyond what the processor time allows, for checks that wait.
MODULE_TESTS = ("release_events", "release_memory", "release_journal", "release_timers",
              "arguments_list", "context_merge", "flow_graph", "flow_names")
LEFT_OUT = ("process_executor", "render_pictures", "document_plain")  # Slow, and of other modules.


@dataclass
class Check:
    group: str
    name: str
    command: list
    answer: object = None  # A function of its output that must return True.
    statuses: tuple = (0,)
    seconds: float = 0.0
    reached: bytes = b""
    limit: int = field(default=600)


def stories(copy, program):
    spec = importlib.util.spec_from_file_location("run", copy / "tests/conformance/run.py")
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    for folder in sorted((copy / "tests/conformance").iterdir()):
        if not any((folder / file).exists() for file in ("trace.jsonl", "diagnostics.txt")):
            continue
        story = runner.Story(folder.name)
        story.answer = str(folder / Path(story.answer).name)
        expected = story.expected()
        read = bytes if story.has_trace else runner.diagnostics_of

        def is_right(text, expected=expected, read=read):
            try:
                return read(text) == expected
            except (ValueError, KeyError, TypeError):
                return False

        story.flow, story.scenario = (str(folder / Path(file).name)
                                      for file in (story.flow, story.scenario))
        yield Check("conformance", folder.name, story.command(program, []), is_right, (0, 1))


def checks(copy, build):
    """All checks, in the order in which they are tried."""
    prove, unit = str(build / "tests/prove/promoflow_prove"), str(build / "tests/unit_tests")

    def unit_test(stem):
        return Check("unit", stem, [unit, "--filenames-as-tags", f"[#{stem}]"])

    def seeds(first, count):
        return Check("seeds", f"seeds {first} {count}",
                     [prove, "seeds", str(first), str(count), "0", "plain"])

    stems = sorted(file.stem for file in (copy / "tests/unit").glob("*_*.cpp")
                   if file.stem not in LEFT_OUT)
    found = [unit_test(stem) for stem in stems if stem in MODULE_TESTS]
    found += [seeds(0, 20),
              Check("snapshots", "snapshots", [prove, "snapshots", "tests/snapshots"])]
    found += stories(copy, str(build / "promoflow"))
    found += [unit_test(stem) for stem in stems if stem not in (*MODULE_TESTS, "release_snapshot")]
    found += [Check("memory", "memory", [prove, "memory"]), seeds(20, 80), seeds(100, 200),
              unit_test("release_snapshot"), Check("small", "small 0", [prove, "small", "0"])]
    return found


def run(check, copy, scratch, environment, limit):
    """Why it failed; empty: it did not."""
    with open(scratch, "w+b") as output:
        process = subprocess.Popen(
            check.command, cwd=copy, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            stdout=output if check.answer else subprocess.DEVNULL,
            env={**os.environ, **environment})
        try:
            for what, most in ((resource.RLIMIT_CPU, limit), (resource.RLIMIT_AS, MEMORY),
                               (resource.RLIMIT_FSIZE, OUTPUT), (resource.RLIMIT_CORE, 0)):
                resource.prlimit(process.pid, what, (most, most + (what == resource.RLIMIT_CPU)))
        except ProcessLookupError:
            pass  # It has ended already.
        try:
            status = process.wait(WALL_S + 4 * limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "takes too long"
        if status in (-signal.SIGXCPU, -signal.SIGKILL):
            return "takes too long"
        if status not in check.statuses:
            return f"ends with {status}"
        if check.answer:
            output.seek(0)
            if not check.answer(output.read()):
                return "answers otherwise"
    return ""


def measure(every, copy, home):
    """Runs each on the unchanged code; those that reach no mutant are left out."""
    for check in every:
        folder = home / "hits"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        why = run(check, copy, home / "output", {"PROMOFLOW_MUTANT_HITS": str(folder)}, 600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if why:
            sys.exit(f"mutate.py: {check.group} {check.name} fails on the unchanged code: {why}")
        check.seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        check.limit = int(5 * check.seconds) + 1
        reached = 0
        for file in folder.iterdir():
            reached |= int.from_bytes(file.read_bytes(), "little")
        check.reached = reached.to_bytes(1 << 14, "little")
    return [check for check in every if any(check.reached)]


def try_one(point, every, copy, home, seconds):
    """(the check that noticed, why); (None, ""): none did; (None, "not reached")."""
    scratch = home / f"output-{threading.get_ident()}"
    reaching = [check for check in every if check.reached[point.number]]
    for check in reaching:
        if check.seconds >= seconds:
            continue
        why = run(check, copy, scratch, {"PROMOFLOW_MUTANT": str(point.number)}, check.limit)
        if why:
            return check, why
    return None, "" if reaching else "not reached"


# --- known survivors -----------------------------------------------------------------------------


def known_survivors(file):
    """[(pattern of `path | function | kind | line`, its text, why)]; * stands for any text."""
    known = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        if line.startswith("#") or not line.strip():
            continue
        what, separator, why = line.rpartition(" | ")
        if not separator or what.count(" | ") < 3:
            sys.exit(f"mutate.py: {file.name}: not `path | function | kind | line | why`: {line}")
        pattern = ".*".join(re.escape(part) for part in what.strip().split("*"))
        # The pattern also matches a star itself, which some lines of code have.
        known.append((re.compile(pattern), what.strip(), why.strip()))
    return known


def name_of(point):
    return " | ".join(point.key)


# --- the score -----------------------------------------------------------------------------------


class Score:
    """The result of each mutant."""

    def __init__(self, known, show):
        self.known, self.show = known, show
        self.modules, self.groups, self.survived, self.used = {}, {}, [], set()
        self.begin = self.last = time.monotonic()
        self.tried = 0

    def excuses(self, point):
        return [what for pattern, what, _ in self.known if pattern.fullmatch(name_of(point))]

    def note(self, point, check, why):
        module = "/".join(point.path.split("/")[:2])
        counts = self.modules.setdefault(module, {"killed": 0, "explained": 0, "survived": 0,
                                              "not reached": 0})
        self.tried += 1
        if check is not None:
            counts["killed"] += 1
            by = self.groups.setdefault(check.group, [0, 0])
            by[0] += 1
            by[1] += why == "takes too long"
            if self.show:
                print(f"  {check.name} {why}: {name_of(point)}", flush=True)
            return
        excuses = self.excuses(point)
        if excuses:
            counts["explained"] += 1
            self.used.update(excuses)
        else:
            what = "survives" if not why else why
            counts["survived" if not why else why] += 1
            self.survived.append(name_of(point))
            print(f"  {what}: {name_of(point)}", flush=True)

    def progress(self, total):
        now = time.monotonic()
        if now - self.last > 15:
            self.last = now
            print(f"  ... {self.tried} of {total} in {now - self.begin:.0f} s", flush=True)

    def report(self, made):
        """Prints the table. `made`: the mutants of each module, also those that were not tried."""
        columns = ("killed", "explained", "survived", "not reached")
        print(f"\n{'module':16}{'mutants':>8}{'tried':>8}" + "".join(f"{c:>13}" for c in columns)
              + f"{'noticed':>10}")
        total = dict.fromkeys(columns, 0)
        for module, counts in sorted(self.modules.items()):
            self.print_row(module, made[module], counts, columns)
            total = {c: total[c] + counts[c] for c in columns}
        self.print_row("all", sum(made.values()), total, columns)
        print("noticed: of those that are not explained\n\nnoticed first by:")
        for group, (count, late) in sorted(self.groups.items(), key=lambda item: -item[1][0]):
            print(f"  {group:14}{count:6}" + (f", {late} of them by their time" if late else ""))

    @staticmethod
    def print_row(name, made, counts, columns):
        tried = sum(counts.values())
        share = 100 * counts["killed"] / max(1, tried - counts["explained"])
        print(f"{name:16}{made:>8}{tried:>8}" + "".join(f"{counts[c]:>13}" for c in columns)
              + f"{share:>9.1f}%")


def try_all(points, every, copy, home, score, options):
    """`options`: seconds (0: no limit), jobs, and quick (without the slow checks)."""
    seconds, jobs, quick = options
    end = time.monotonic() + seconds if seconds else None

    def one(point):
        if end is None or time.monotonic() < end:
            most = EXPLAINED_S if score.excuses(point) else SLOW_S if quick else math.inf
            return point, *try_one(point, every, copy, home, most)
        return None

    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(one, points):
            if result is not None:
                score.note(*result)
                score.progress(len(points))
