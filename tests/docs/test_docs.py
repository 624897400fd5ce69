# SPDX-License-Identifier: Apache-2.0
"""The documentation is true: commands print what it shows, its paths exist, its rules have their
places, and the diagram is made from the table. test_code.py has its code."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from documents import FENCE, PAGES, PROGRAM, SOURCE, blocks, text_of

RULES = [f"{letter}{number}" for letter, count in
         (("M", 8), ("R", 19), ("A", 7), ("C", 6), ("S", 5)) for number in range(1, count + 1)]


def matches(wanted, got):
    """Whether the lines are the wanted ones; a line `...` stands for any number of lines."""
    parts = [[]]
    for line in wanted:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return wanted == got
    if len(got) < len(first) + len(last) or got[:len(first)] != first:
        return False
    end = len(got) - len(last)
    if got[end:] != last:
        return False
    at = len(first)
    for part in parts[1:-1]:
        while at + len(part) <= end and got[at:at + len(part)] != part:
            at += 1
        if at + len(part) > end:
            return False
        at += len(part)
    return True


def commands(block):
    """The commands of a console block, each with the lines that it prints. A command begins with
    `$ `; lines right below that begin with `> ` continue it."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1][0] += "\n" + line[2:]
        elif found:
            found[-1][1].append(line)
        else:
            raise AssertionError(f"a console block begins with a command, not with: {line}")
    return found


STATE = tempfile.TemporaryDirectory(prefix="promoflow-docs-")


def run_shell(command):
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    environment["XDG_STATE_HOME"] = STATE.name  # Examples leave nothing in the user's own store.
    environment["PATH"] = f"{Path(PROGRAM).resolve().parent}:{environment.get('PATH', '')}"
    done = subprocess.run(["sh", "-c", command], cwd=SOURCE, env=environment, text=True,
                          encoding="utf-8", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.splitlines()


class Documentation(unittest.TestCase):
    maxDiff = None

    def test_commands_print_what_the_pages_say(self):
        count = 0
        for where, block in blocks("console"):
            for command, wanted in commands(block):
                self.assertTrue(command.startswith("promoflow "), f"{where}: {command}")
                got = run_shell(command)
                with self.subTest(where=where, command=command):
                    if not matches(wanted, got):
                        self.assertEqual("\n".join(wanted), "\n".join(got))
                count += 1
        self.assertGreater(count, 2)

    def test_the_readme_shows_the_first_example(self):
        folder = SOURCE / "examples" / "01-first-trace"
        readme = [SOURCE / "README.md"]
        flows = [block for _, block in blocks("yaml", readme)]
        self.assertEqual(flows[0], text_of(folder / "flow.yaml"))
        self.assertIn(next(blocks("cpp", readme))[1], text_of(folder / "main.cpp"))
        shown = next(blocks("text", readme))[1].splitlines()
        printed = text_of(folder / "expected.txt")
        self.assertTrue(matches(shown, printed.splitlines()), f"it prints now:\n{printed}")

    def test_python_in_the_readme_is_code_of_an_example(self):
        example = text_of(SOURCE / "examples" / "python" / "test_flow.py")
        shown = [block for _, block in blocks("python", [SOURCE / "README.md"])]
        self.assertEqual([block for block in shown if block not in example], [])
        self.assertEqual(len(shown), 1)

    def test_examples_are_whole_and_short(self):
        folders = sorted((SOURCE / "examples").glob("[0-9][0-9]-*"))
        self.assertGreaterEqual(len(folders), 5)
        for folder in folders:
            with self.subTest(folder=folder.name):
                code = text_of(folder / "main.cpp").splitlines()
                self.assertLess(len(code), 60)
                self.assertTrue(code[1].startswith("// "), "its first comment says what it shows")
                self.assertTrue((folder / "expected.txt").exists())
                included = [line for line in code if line.startswith("#include <promoflow/")]
                components = [line for line in included if "engine" in line or "store" in line]
                self.assertEqual([line for line in included if line not in components],
                                 ["#include <promoflow/promoflow.hpp>"])

        programs = sorted((SOURCE / "examples" / "c").glob("*.c"))
        self.assertGreaterEqual(len(programs), 2)
        for program in programs:
            with self.subTest(program=program.name):
                self.assertLess(len(text_of(program).splitlines()), 60)
                self.assertTrue(program.with_suffix(".txt").exists())

    def test_paths_exist(self):
        tops = r"(?:include|src|docs|tests|examples|cmake|tools|bindings|capi|\.github)/"
        for page in PAGES:
            prose = FENCE.sub("", text_of(page))
            named = {SOURCE / path for path in re.findall(rf"`({tops}[\w./-]*)`", prose)}
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
                if not re.match(r"\w+:", target):
                    named.add(page.parent / target)
            with self.subTest(page=page.name):
                self.assertEqual([str(path) for path in sorted(named) if not path.exists()], [])

    def test_functions_that_the_pages_on_the_code_name_exist(self):
        sources = "\n".join(text_of(path) for folder in ("src", "include", "capi", "bindings")
                            for path in sorted((SOURCE / folder).rglob("*"))
                            if path.suffix in (".hpp", ".cpp", ".h", ".py"))
        names = set()
        for page in ("architecture.md", "semantics.md", "snapshots.md"):
            names |= set(re.findall(r"`(?:\w+::)*(\w+)\(\)`", text_of(SOURCE / "docs" / page)))
        self.assertGreater(len(names), 3)
        for name in sorted(names):
            with self.subTest(name=name):
                self.assertTrue(re.search(rf"\b{name}\(", sources),  # Not the sources, shown whole.
                                f"no source has {name}()")

    def test_the_diagram_is_made_from_the_table(self):
        done = subprocess.run([sys.executable, str(SOURCE / "tools" / "diagram.py"), "--check"],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_rule_is_stated_once_with_its_place(self):
        page = FENCE.sub("", text_of(SOURCE / "docs" / "semantics.md"))
        stated = re.findall(r"^\*\*([MRACS]\d+)\*\* ", page, re.MULTILINE)
        self.assertEqual(stated, RULES)
        parts = re.split(r"^\*\*[MRACS]\d+\*\* ", page, flags=re.MULTILINE)[1:]
        for rule, part in zip(RULES, parts):
            with self.subTest(rule=rule):
                paragraph = part.split("\n\n")[0]
                self.assertRegex(paragraph, "`(src|include)/")

    def test_every_rule_has_a_story_or_a_unit_test(self):
        stories = [path.name for path in (SOURCE / "tests" / "conformance").glob("*")]
        units = "\n".join(text_of(path) for path in (SOURCE / "tests" / "unit").glob("*.cpp"))
        shown = {rule for rule in RULES
                 if f"[{rule}]" in units or any(re.match(rf"{rule}\b", name) for name in stories)}
        self.assertEqual([rule for rule in RULES if rule not in shown], [])


if __name__ == "__main__":
    unittest.main()
