# SPDX-License-Identifier: Apache-2.0
"""gcovr.cfg fails a build below its bars, and counts no line or branch that carries a marker."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CXX = ["g++"]  # What ./dev coverage uses, whichever compiler built the tests: gcov is GCC's.
LINE, BRANCH = 2, 4  # What gcovr adds to its status for each bar that is missed.

MAIN = "int classify(int); int main() { return classify(1) + classify(2) == 3 ? 0 : 1; }\n"
REACHED = """int classify(int value) {
  switch (value) {
    case 1: return 1;
    case 2: return 2;
  }
  return 0;  // GCOV_EXCL_LINE: no other value is given.
}
"""


class Coverage(unittest.TestCase):
    def status_of(self, source):
        """gcovr's status and report for a program whose one rule is `source`."""
        self.assertIsNotNone(shutil.which("gcovr"), "gcovr is not installed")
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            rules, build = root / "src" / "flow", root / "build" / "coverage"
            rules.mkdir(parents=True)
            build.mkdir(parents=True)
            (rules / "rule.cpp").write_text(source, encoding="utf-8")
            (root / "main.cpp").write_text(MAIN, encoding="utf-8")
            shutil.copy(ROOT / "gcovr.cfg", root)
            for path in (rules / "rule.cpp", root / "main.cpp"):
                subprocess.run([*CXX, "-O0", "--coverage", "-c", str(path), "-o",
                                str(build / (path.stem + ".o"))], check=True, cwd=root)
            objects = sorted(str(path) for path in build.glob("*.o"))
            subprocess.run([*CXX, "--coverage", *objects, "-o", "program"], check=True, cwd=root)
            subprocess.run([str(root / "program")], check=True, cwd=root)
            (build / "html").mkdir()
            done = subprocess.run(["gcovr"], cwd=root, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return done.returncode, done.stdout

    def test_what_is_reached_or_marked_passes(self):
        status, report = self.status_of(REACHED)
        self.assertEqual(status, 0, report)
        self.assertIn("src/flow/rule.cpp", report)
        self.assertNotIn("main.cpp", report)

    def test_a_line_that_no_test_reaches_fails(self):
        status, report = self.status_of(REACHED.replace("  // GCOV_EXCL_LINE:", "  // Note:"))
        self.assertEqual(status & LINE, LINE, report)

    def test_a_branch_that_no_test_takes_fails_unless_it_is_marked(self):
        once = ("int classify(int value) {\n  if (value > 0 && value < 9) { return value; }%s\n"
                "  return 0;  // GCOV_EXCL_LINE: it is always positive.\n}\n")
        status, report = self.status_of(once % "")
        self.assertEqual(status, BRANCH, report)
        status, report = self.status_of(once % "  // GCOV_EXCL_BR_LINE: it is always positive.")
        self.assertEqual(status, 0, report)

    def test_markers_span_a_statement_of_several_lines(self):
        source = ("int classify(int value) {\n"
                  "  // GCOV_EXCL_BR_START: it is never negative.\n"
                  "  if (value < 0 &&\n      value < -1) {\n"
                  "    // GCOV_EXCL_BR_STOP\n"
                  "    return 0;  // GCOV_EXCL_LINE: it is never negative.\n  }\n"
                  "  return value;\n}\n")
        status, report = self.status_of(source)
        self.assertEqual(status, 0, report)


if __name__ == "__main__":
    unittest.main()
