# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of this folder, or those that are named.

    python3 run.py [module[.Class[.test]]...]

What these tests watch are programs of others on a machine that may be busy. So a test that fails is
run once more after all others, and one that passes then is named at the end.
"""

import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(names):
    loader, runner = unittest.TestLoader(), unittest.TextTestRunner(sys.stdout, verbosity=2)
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(FOLDER))
    result = runner.run(suite)
    if result.wasSuccessful():
        return 0
    failed = sorted({test.id().split(" ")[0] for test, _ in result.failures + result.errors})
    again = runner.run(loader.loadTestsFromNames(failed))
    if not again.wasSuccessful() or result.unexpectedSuccesses:
        return 1
    for name in failed:
        print(f"{name}: failed, and passed when it was run once more")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
