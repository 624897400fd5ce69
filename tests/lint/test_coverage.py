# SPDX-License-Identifier: Apache-2.0
"""tools/coverage.py fails below its bars, and says where to look."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("coverage", ROOT / "tools" / "coverage.py")
coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(coverage)

SOURCE = """if (a) {
  b();
}
  switch (c) {
  }
"""
REASONED = """d();
// Some words. And:
// Not taken: it is
// never so.
if (e &&
    f) {
  g();
}
"""


def line(number, count, *branches):
    return {"line_number": number, "count": count,
            "branches": [{"count": count} for count in branches]}


class Coverage(unittest.TestCase):
    def told(self, lines, *options, source=SOURCE):
        """The tool's status, and what it prints."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "a.cpp").write_text(source, encoding="utf-8")
            report = root / "report.json"
            report.write_text(json.dumps({"files": [{"file": "a.cpp", "lines": lines}]}),
                              encoding="utf-8")
            out = io.StringIO()
            words = ["coverage.py", str(report), *options]
            with mock.patch.object(coverage, "ROOT", root), mock.patch.object(sys, "argv", words), \
                    contextlib.redirect_stdout(out):
                return coverage.main(), out.getvalue()

    def test_all_is_reached(self):
        status, out = self.told([line(1, 2, 1, 1), line(2, 1)])
        self.assertEqual(status, 0)
        self.assertNotIn("reached,", out.lower())

    def test_a_line_that_is_not_reached_is_told_and_fails(self):
        status, out = self.told([line(1, 1), line(2, 0)])
        self.assertEqual(status, 1)
        self.assertIn("a.cpp:2: line", out)
        self.assertIn("lines:  50.00 % (1 of 2); UNDER the bar of 98 %", out)

    def test_a_branch_that_is_not_taken_is_told_and_fails(self):
        status, out = self.told([line(1, 1, 1, 0)])
        self.assertEqual(status, 1)
        self.assertIn("nothing says why (`// Not taken: why.`):\n  a.cpp:1: 1 of 2 branches\n", out)
        self.assertIn("UNDER the bar of 95 %", out)
        self.assertEqual(self.told([line(1, 1, 1, 0)], "--branches", "50")[0], 1)

    def test_a_reason_above_its_statement_is_told(self):
        few = ("--branches", "50")
        for number in (5, 6):
            status, out = self.told([line(number, 1, 1, 0)], *few, source=REASONED)
            self.assertEqual(status, 0, out)
            self.assertIn(f"a.cpp:{number}: 1 of 2 branches: it is never so.", out)
        self.assertEqual(self.told([line(5, 1, 1, 0)], source=REASONED)[0], 1)  # The share counts.

    def test_a_reason_is_that_of_its_statement_alone(self):
        status, out = self.told([line(7, 1, 1, 0)], "--branches", "50", source=REASONED)
        self.assertEqual(status, 1)
        self.assertIn("a.cpp:7: 1 of 2 branches\n", out)

    def test_a_reason_for_what_is_reached_fails(self):
        status, out = self.told([line(5, 1, 1, 1)], source=REASONED)
        self.assertEqual(status, 1)
        self.assertIn("REACHED, though a comment says that it is not:\n  a.cpp:3\n", out)

    def test_the_way_past_all_enumerators_of_a_switch_is_not_counted(self):
        self.assertEqual(self.told([line(4, 2, 1, 1, 0)])[0], 0)
        self.assertEqual(self.told([line(4, 2, 2, 0, 0)])[0], 1)

    def test_an_empty_report_is_no_success(self):
        self.assertEqual(self.told([])[0], 1)


if __name__ == "__main__":
    unittest.main()
