# SPDX-License-Identifier: Apache-2.0
"""tests/costs/run.py fails for what costs more, and prints what costs less."""

import importlib.util
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("run", HERE / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)

TABLE = {"start": ("release", 1000.0, 300, 50.0)}


class Table(unittest.TestCase):
    def compare(self, instructions, allocations, size=50.0):
        return run.compare(TABLE, {"start": ("release", instructions, allocations, size)})

    def test_a_table_is_read_as_it_is_written(self):
        build = "GNU 12.2.0, x86_64, -O1 -g1"
        self.assertEqual(run.read_table(run.write_table(build, TABLE)), (build, TABLE))

    def test_equal_costs_are_not_mentioned(self):
        self.assertEqual(self.compare(1000.0, 300), ([], []))

    def test_a_few_instructions_more_or_less_pass(self):
        self.assertEqual(self.compare(1079.0, 300), ([], []))
        self.assertEqual(self.compare(921.0, 300), ([], []))

    def test_many_instructions_more_are_worse(self):
        worse, better = self.compare(1100.0, 300)
        self.assertEqual(worse, ["start: 1100.0 instructions for each release, not 1000.0 (+10%)"])
        self.assertEqual(better, [])

    def test_many_instructions_less_are_better(self):
        worse, better = self.compare(500.0, 300)
        self.assertEqual(worse, [])
        self.assertEqual(len(better), 1)

    def test_one_allocation_more_is_worse(self):
        worse, _ = self.compare(1000.0, 301)
        self.assertEqual(worse, ["start: 301 allocations in a round, not 300"])

    def test_one_allocation_less_is_better(self):
        worse, better = self.compare(1000.0, 299)
        self.assertEqual((worse, len(better)), ([], 1))

    def test_many_bytes_more_are_worse(self):
        self.assertEqual(self.compare(1000.0, 300, 54.0), ([], []))
        worse, _ = self.compare(1000.0, 300, 55.0)
        self.assertEqual(worse, ["start: 55.0 bytes for each release, not 50.0 (+10%)"])

    def test_bytes_that_were_not_measured_are_not_compared(self):
        self.assertEqual(self.compare(1000.0, 300, None), ([], []))

    def test_instructions_that_were_not_counted_are_not_compared(self):
        self.assertEqual(self.compare(None, 300), ([], []))
        self.assertEqual(len(self.compare(None, 301)[0]), 1)

    def test_the_table_and_the_program_have_the_same_scenarios(self):
        got = {"restore": ("environment", 10.0, 1, None)}
        self.assertEqual(run.compare(TABLE, got)[0], ["restore: not in the table",
                                                      "start: in the table, not in the program"])


if __name__ == "__main__":
    unittest.main()
