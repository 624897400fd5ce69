# SPDX-License-Identifier: Apache-2.0
"""[H29] [H31] A result that is dropped, and whatever is borrowed of what has ended, are seen by the
compiler: misuse.cpp has examples, and what is right beside them."""

import re
import shutil
import subprocess
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"
CLANGS = [found for found in map(shutil.which, (
    "clang++", *(f"clang++-{version}" for version in range(14, 23)))) if found]


@unittest.skipUnless(CLANGS, "clang is not installed")
class Misuse(unittest.TestCase):
    def test_the_compiler_complains_where_it_should(self):
        source = HERE / "misuse.cpp"
        lines = source.read_text(encoding="utf-8").splitlines()
        expected = [number for number, line in enumerate(lines, 1) if line.endswith("// complains")]
        self.assertGreater(len(expected), 50)
        for clang in CLANGS:
            with self.subTest(clang=clang):
                done = subprocess.run(
                    [clang, "-std=c++20", "-fsyntax-only", "-ferror-limit=0", "-Wdangling",
                     "-Wunused-result", f"-I{INCLUDE}", str(source)], text=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                found = re.findall(r"^\S*misuse\.cpp:(\d+):\d+: (?:warning|error):", done.stdout,
                                   re.MULTILINE)
                self.assertEqual(sorted(set(map(int, found))), expected, done.stdout)


if __name__ == "__main__":
    unittest.main()
