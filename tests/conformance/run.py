#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the conformance stories: each folder here is one, see README.md. And the worked traces of
tests/corpus/traces, as stories called worked-NAME.

    run.py --program PATH [--story NAME]...   through `PATH simulate` and `PATH validate`
    run.py --reference [--story NAME]...      through tests/property/reference.py (traces only)

Prints the first line that differs of each story that fails, the rules that have stories, and
`N passed, M failed`. Exit status: 0 all passed, 1 some failed or a rule has no story, 2 wrong call.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WORKED = os.path.join(HERE, "..", "corpus", "traces")
TIMEOUT_S = 60
FINE = (0, 1)  # 1: the flow is wrong, or the release did not succeed

# The rules that need a story. Three show in no trace: M8 (writing a flow back), R17 (the machine is
# asked why an environment is pending) and R19 (no scenario field brings Queued and Started about).
RULES = (["M%d" % n for n in range(1, 8)] + ["R%d" % n for n in list(range(1, 17)) + [18]]
         + ["A%d" % n for n in range(1, 8)] + ["C%d" % n for n in range(1, 7)]
         + ["S%d" % n for n in range(1, 6)])

# The codes of M6 that a diagnostics story must show.
CODES = """
    syntax missing-field unknown-field wrong-type invalid-value invalid-name duplicate-key
    duplicate-environment unknown-environment self-dependency dependency-cycle
    trigger-environment-as-step hook-on-trigger-environment limit-exceeded deprecated-layout
    deprecated-field extension-field duplicate-dependency redundant-dependency
    reserved-argument duplicate-flow read-differently suspicious-name""".split()


class Story:
    """A folder: a flow, and a scenario with its trace or the flow's diagnostics."""

    def __init__(self, name):
        self.name, self.rule = name, name.partition("-")[0]
        files = os.listdir(os.path.join(HERE, name))
        self.flow = self.path("flow.json" if "flow.json" in files else "flow.yaml")
        self.scenario = self.path("scenario.yaml")
        self.has_trace = "trace.jsonl" in files
        self.answer = self.path("trace.jsonl" if self.has_trace else "diagnostics.txt")

    def path(self, file):
        return os.path.relpath(os.path.join(HERE, self.name, file))

    def expected(self):
        with open(self.answer, "rb") as file:
            return file.read()

    def command(self, program, options):
        if self.has_trace:
            return [program, "simulate", self.flow, "--scenario", self.scenario,
                    "--format", "jsonl"] + options
        return [program, "validate", "--format", "json", self.flow]


class WorkedTrace(Story):
    """Three files NAME.flow.yaml, NAME.scenario.yaml and NAME.trace.jsonl of the corpus."""

    def __init__(self, base):
        self.name, self.rule, self.has_trace = "worked-" + base, None, True
        self.flow, self.scenario, self.answer = (
            os.path.relpath(os.path.join(WORKED, base + end))
            for end in (".flow.yaml", ".scenario.yaml", ".trace.jsonl"))


class Outcome:
    """What came out of a story: its text, and what went wrong with the program itself."""

    def __init__(self, text, complaint=""):
        self.text, self.complaint = text, complaint


def diagnostics_of(text):
    """`CODE SEVERITY LINE:COLUMN POINTER` for each JSON object; no space after an empty pointer."""
    lines = []
    for line in text.decode("utf-8").splitlines():
        found = json.loads(line)
        lines.append("%s %s %d:%d %s" % tuple(found[key] for key in (
            "code", "severity", "line", "column", "pointer")))
    return "".join(line.rstrip() + "\n" for line in lines).encode("utf-8")


def run_program(story, command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return Outcome(b"", "not done after %d s" % TIMEOUT_S)
    if done.returncode not in FINE:
        errors = done.stderr.decode("utf-8", "replace").strip()[-2000:]
        return Outcome(done.stdout, "exit status %d: %s" % (done.returncode, errors))
    if story.has_trace:
        return Outcome(done.stdout)
    try:
        return Outcome(diagnostics_of(done.stdout))
    except (ValueError, KeyError, TypeError) as why:
        return Outcome(done.stdout, "not diagnostics as JSON Lines: %r" % why)


def run_reference(story):
    import reference  # tests/property; needs PyYAML
    try:
        lines = reference.simulate(reference.load(story.flow), reference.load(story.scenario))
    except Exception as why:  # A reference that breaks fails this story, not the run.
        return Outcome(b"", "%s: %s" % (type(why).__name__, why))
    return Outcome("".join(line + "\n" for line in lines).encode("utf-8"))


def first_difference(expected, got):
    """The number, from 1, and both texts of the first line that differs; None: it has ended."""
    both = [text.split(b"\n") for text in (expected, got)]
    for lines in both:
        if lines[-1] == b"":
            lines.pop()
    for index in range(max(map(len, both))):
        pair = [lines[index] if index < len(lines) else None for lines in both]
        if pair[0] != pair[1]:
            return index + 1, pair[0], pair[1]
    return len(both[0]), b"(a line end)", b"(none, or one too many)"


def show(line):
    return "(no more lines)" if line is None else line.decode("utf-8", "replace")


def report(story, expected, outcome, repeat):
    print("FAILED %s" % story.name)
    if outcome.complaint:
        print("  " + outcome.complaint.replace("\n", "\n  "))
    if expected != outcome.text:
        number, wanted, got = first_difference(expected, outcome.text)
        print("  %s:%d" % (story.answer, number))
        print("    expected: %s\n    got:      %s" % (show(wanted), show(got)))
    print("  repeat: %s" % shlex.join(repeat))


def without_reasons(text):
    """A trace without what the reference does not know of C4's reasons."""
    from reference_context import comparable  # tests/property
    return "".join(comparable(line.rstrip("\n")) + "\n"
                   for line in text.decode("utf-8").splitlines(True)).encode("utf-8")


def passes(story, outcome, repeat, reasons=True):
    """Compares to the byte; `reasons`: all of C4's as well."""
    expected = story.expected()
    if not reasons:
        expected, outcome.text = without_reasons(expected), without_reasons(outcome.text)
    if expected == outcome.text and not outcome.complaint:
        return True
    report(story, expected, outcome, repeat)
    return False


def run_all(stories, arguments):
    """How many runs passed, how many failed."""
    results = []
    for story in stories:
        if arguments.reference:
            if story.has_trace:
                script = os.path.relpath(os.path.join(HERE, "..", "property", "reference.py"))
                repeat = ["python3", script, story.flow, story.scenario]
                results.append(passes(story, run_reference(story), repeat, reasons=False))
            continue
        variants = [[]]
        if arguments.restore_option and story.has_trace:
            variants.append([arguments.restore_option])
        for options in variants:
            command = story.command(arguments.program, options)
            results.append(passes(story, run_program(story, command), command))
    return results.count(True), results.count(False)


def covers_all(stories):
    """Prints the rules with their number of stories; whether none lacks one."""
    count = {rule: 0 for rule in RULES}
    for story in stories:
        if story.rule:
            count[story.rule] = count.get(story.rule, 0) + 1
    for group in "MRACS":
        print("%s: %s" % (group, ", ".join(
            "%s %d" % (rule, count[rule]) for rule in count if rule[0] == group)))
    shown = set()
    for story in stories:
        if not story.has_trace:
            shown.update(line.split()[0] for line in story.expected().decode("utf-8").splitlines())
    missing = [rule for rule in RULES if not count[rule]]
    missing += [code for code in CODES if code not in shown]
    strange = [rule for rule in count if rule not in RULES] + sorted(shown - set(CODES))
    if missing:
        print("without a story: %s" % ", ".join(missing))
    if strange:
        print("not a rule or code of docs/semantics.md: %s" % ", ".join(strange))
    return not missing and not strange


def read_arguments():
    parser = argparse.ArgumentParser(description="Run the conformance stories.")
    parser.add_argument("--program", metavar="PATH", help="promoflow, or another with its options")
    parser.add_argument("--reference", action="store_true",
                        help="run the Python reference instead (traces only)")
    parser.add_argument("--story", metavar="NAME", action="append",
                        help="run only this one; a beginning such as R12 or R12-retry is enough")
    parser.add_argument("--restore-option", metavar="OPTION",
                        help="an option of the program that has every release restored from a "
                             "snapshot before each event (R15): each trace is run with it, too")
    arguments = parser.parse_args()
    if bool(arguments.program) == arguments.reference:
        parser.error("give --program PATH or --reference")
    if arguments.program and not os.access(arguments.program, os.X_OK):
        parser.error("%s is not a program" % arguments.program)
    return arguments


def chosen(stories, names):
    """The stories of these names, or whose names begin with one of these."""
    found = []
    for name in names:
        name = name.rstrip("/")
        matching = [story for story in stories
                    if story.name == name or story.name.startswith(name + "-")]
        if not matching:
            print("run.py: there is no story %s" % name, file=sys.stderr)
            sys.exit(2)
        found += [story for story in matching if story not in found]
    return found


def main():
    arguments = read_arguments()
    everything = [Story(name) for name in sorted(os.listdir(HERE))
                  if os.path.exists(os.path.join(HERE, name, "trace.jsonl"))
                  or os.path.exists(os.path.join(HERE, name, "diagnostics.txt"))]
    everything += [WorkedTrace(name[:-len(".flow.yaml")]) for name in sorted(os.listdir(WORKED))
                   if name.endswith(".flow.yaml")]
    if arguments.reference:
        sys.dont_write_bytecode = True
        sys.path.insert(0, os.path.join(HERE, "..", "property"))
    stories = chosen(everything, arguments.story) if arguments.story else everything
    passed, failed = run_all(stories, arguments)
    complete = bool(arguments.story) or covers_all(everything)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not complete else 0


if __name__ == "__main__":
    sys.exit(main())
