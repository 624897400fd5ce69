# SPDX-License-Identifier: Apache-2.0
"""tools/bench_against.py runs two benchmarks in turns and fails when a figure became worse."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TOOL = Path(__file__).resolve().parents[2] / "tools" / "bench_against.py"
spec = importlib.util.spec_from_file_location("bench_against", TOOL)
bench_against = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench_against)

# Stands in for promoflow_bench: writes figures, one value of each list for each run.
PROGRAM = """#!{python}
import json, pathlib, sys
if "--help" in sys.argv:
    sys.exit("usage: promoflow_bench [--quick] [--json FILE]")
folder = pathlib.Path(__file__).parent
with open(folder / "runs.txt", "a") as log:
    log.write(pathlib.Path(__file__).name + "\\n")
count = folder / (pathlib.Path(__file__).name + ".count")
number = int(count.read_text()) if count.exists() else 0
count.write_text(str(number + 1))
figures = [dict(name=name, unit=unit, value=values[number % len(values)])
           for name, unit, values in {figures!r}]
pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(dict(figures=figures)))
"""


class BenchAgainst(unittest.TestCase):
    def compare(self, old, new, *options):
        """The tool's status, its output, and the programs in the order in which they ran."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            for name, figures in (("old", old), ("new", new)):
                program = folder / name
                program.write_text(PROGRAM.format(python=sys.executable, figures=figures))
                program.chmod(0o755)
            words = ["--against", "HEAD", "--old-program", str(folder / "old"), "--new-program",
                     str(folder / "new"), "--rounds", "3", *options]
            out = io.StringIO()
            with mock.patch.object(bench_against, "HOME", folder), contextlib.redirect_stdout(out):
                status = bench_against.main(words)
            return status, out.getvalue(), (folder / "runs.txt").read_text().split()

    def test_equal_figures_pass(self):
        status, out, runs = self.compare([("a", "ns", [10])], [("a", "ns", [10])])
        self.assertEqual(status, 0, out)
        self.assertIn("no figure is more than 5 % worse", out)
        self.assertEqual(runs, ["old", "new", "new", "old", "old", "new"])

    def test_a_figure_that_is_worse_is_measured_again_and_fails(self):
        status, out, runs = self.compare([("a", "ns", [100]), ("b", "MB", [5])],
                                         [("a", "ns", [106]), ("b", "MB", [4])])
        self.assertEqual(status, 1, out)
        self.assertRegex(out, r"1\.060  a \[ns\] WORSE")
        self.assertRegex(out, r"0\.800  b \[MB\]\n")
        self.assertEqual(len(runs), 12)

    def test_one_slow_run_does_not_decide(self):
        status, out, _ = self.compare([("a", "ns", [100])], [("a", "ns", [100, 300, 100])])
        self.assertEqual(status, 0, out)

    def test_the_limit_can_be_set(self):
        sides = [("a", "ns", [100])], [("a", "ns", [108])]
        self.assertEqual(self.compare(*sides)[0], 1)
        self.assertEqual(self.compare(*sides, "--limit", "10")[0], 0)

    def test_peers_and_differences_below_the_clock_are_not_judged(self):
        status, out, _ = self.compare([("limit/chain/1k", "ns", [10]), ("call", "ns/call", [1.5])],
                                      [("limit/chain/1k", "ns", [90]), ("call", "ns/call", [1.9])])
        self.assertEqual(status, 0, out)
        self.assertIn("peer", out)

    def test_a_count_that_was_nothing_and_is_something_fails(self):
        status, out, _ = self.compare([("allocations", "", [0])], [("allocations", "", [1])])
        self.assertEqual(status, 1, out)

    def test_figures_that_one_side_lacks_are_left_out(self):
        status, out, _ = self.compare([("a", "ns", [1]), ("gone", "ns", [1])],
                                      [("a", "ns", [1]), ("added", "ns", [9])])
        self.assertEqual(status, 0, out)
        self.assertNotIn("added", out)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(self.compare([("a", "ns", [1])], [("b", "ns", [1])])[0], 2)

    def test_the_table_is_written_as_json(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "table.json"
            self.compare([("a", "ns", [4])], [("a", "ns", [2])], "--json", str(file))
            self.assertEqual(json.loads(file.read_text())["figures"], [
                {"name": "a", "unit": "ns", "old": 4, "new": 2, "ratio": 0.5, "judged": True}])


if __name__ == "__main__":
    unittest.main()
