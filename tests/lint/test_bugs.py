# SPDX-License-Identifier: Apache-2.0
"""The bugs of tests/prove/bugs still fit the sources: each names a text that occurs once."""

import importlib.util
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("mutate", SOURCE / "tools" / "mutation" / "mutate.py")
mutate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutate)


class Bugs(unittest.TestCase):
    def test_each_bug_names_a_text_that_occurs_once(self):
        bugs = sorted((SOURCE / "tests" / "prove" / "bugs").glob("*.txt"))
        self.assertGreaterEqual(len(bugs), 10)
        for file in bugs:
            with self.subTest(bug=file.name):
                head, wanted, put = mutate.read_bug(file)
                self.assertEqual((SOURCE / head["file"]).read_text().count(wanted), 1)
                self.assertNotEqual(wanted, put)


if __name__ == "__main__":
    unittest.main()
