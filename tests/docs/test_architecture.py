# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md is true: its order of modules is the linter's, every header and public name
has its line, each file one in docs/files.md or docs/files-bindings.md, and the places where
things are decided exist."""

import importlib.util
import os
import re
import unittest
from pathlib import Path

SOURCE = Path(os.environ["PROMOFLOW_SOURCE_DIR"]).resolve()
PAGE = (SOURCE / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = PAGE + "".join(
    (SOURCE / "docs" / name).read_text(encoding="utf-8")
    for name in ("files.md", "files-bindings.md"))

spec = importlib.util.spec_from_file_location("lint", SOURCE / "tools" / "lint.py")
lint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint)


def section(title):
    """The text below a heading, up to the next one of its level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"docs/architecture.md has no section '{title}'"
    return found.group(1)


def rows(title):
    """The rows of the first table of a section, each as its list of cells."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code_of(file):
    """A source file without its comments."""
    text = file.read_text(encoding="utf-8")
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


class Architecture(unittest.TestCase):
    def test_the_order_of_modules_is_the_linters(self):
        drawn = re.search(r"^```\n(bindings -> .*)\n```$", section("Modules"), re.M).group(1)
        groups = [re.findall(r"\w+", group) for group in drawn.split("->")]
        for left, right in zip(groups, groups[1:]):
            for above in left:
                for below in right:
                    with self.subTest(above=above, below=below):
                        self.assertLess(lint.ORDER.index(above), lint.ORDER.index(below))
        modules = {path.name for path in (SOURCE / "src").iterdir() if path.is_dir()}
        named = {name for group in groups for name in group}
        self.assertEqual(modules - named, set())

    def test_the_glossary_is_short(self):
        self.assertEqual(len(rows("Glossary")), 10)

    def test_ten_decisions_have_a_place_that_exists(self):
        found = rows("Where is it decided that ...")
        self.assertGreaterEqual(len(found), 10)
        for question, file, name in found:
            with self.subTest(question=question):
                self.assertTrue(question.endswith("?"))
                path, symbol = SOURCE / file.strip("`"), name.strip("`")
                self.assertTrue(path.is_file(), f"there is no {path}")
                self.assertRegex(code_of(path), rf"(?<![\w:]){re.escape(symbol)}\b")

    def test_every_header_name_and_file_has_its_line(self):
        files = [path.relative_to(SOURCE) for folder in ("include", "src", "capi")
                 for path in (SOURCE / folder).rglob("*") if path.suffix in (".hpp", ".cpp", ".h")]
        self.assertEqual([str(path) for path in sorted(files) if f"`{path}`" not in FILES], [])
        missing = []
        for header in sorted((SOURCE / "include").rglob("*.hpp")):
            text = re.sub(r"^namespace detail \{.*?^\}", "", header.read_text(encoding="utf-8"),
                          flags=re.M | re.S)
            names = re.findall(r"^(?:enum class|struct|class(?: PROMOFLOW_API)?) (\w+)(?![\w;])",
                               text, re.M)
            names += re.findall(r"^using (\w+) =", text, re.M)
            names += re.findall(r"^PROMOFLOW_API [^;(]*?\b(\w+)\(", text, re.M)
            missing += [name for name in names if f"`{name}`" not in PAGE]
        self.assertEqual(sorted(set(missing)), [])


if __name__ == "__main__":
    unittest.main()
