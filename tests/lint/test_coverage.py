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

SOURCE = "if (a) {\n  b();\n}\n  switch (c) {\n"


def line(number, count, *branches):
    return {"line_number": number, "count": count,
            "branches": [{"count": count} for count in branches]}


class Coverage(unittest.TestCase):
    def told(self, lines, *options):
        """The tool's status, and what it prints."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "a.cpp").write_text(SOURCE, encoding="utf-8")
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
        self.assertNotIn("not reached", out)

    def test_a_line_that_is_not_reached_is_told_and_fails(self):
        status, out = self.told([line(1, 1), line(2, 0)])
        self.assertEqual(status, 1)
        self.assertIn("a.cpp:2: line", out)
        self.assertIn("lines:  50.00 % (1 of 2); UNDER the bar of 98 %", out)

    def test_a_branch_that_is_not_taken_is_told_and_fails(self):
        status, out = self.told([line(1, 1, 1, 0)])
        self.assertEqual(status, 1)
        self.assertIn("a.cpp:1: 1 of 2 branches", out)
        self.assertIn("UNDER the bar of 95 %", out)
        self.assertEqual(self.told([line(1, 1, 1, 0)], "--branches", "50")[0], 0)

    def test_the_way_past_all_enumerators_of_a_switch_is_not_counted(self):
        self.assertEqual(self.told([line(4, 2, 1, 1, 0)])[0], 0)
        self.assertEqual(self.told([line(4, 2, 2, 0, 0)])[0], 1)

    def test_an_empty_report_is_no_success(self):
        self.assertEqual(self.told([])[0], 1)


if __name__ == "__main__":
    unittest.main()
