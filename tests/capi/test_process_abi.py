# SPDX-License-Identifier: Apache-2.0
"""The C interface of libpromoflow_process: what is declared, listed and exported is the same, and
of libpromoflow's C interface it takes what that exports."""

import os
import re
import subprocess
import unittest
from pathlib import Path

CAPI = Path(__file__).resolve().parent.parent.parent / "capi"
HEADER = CAPI / "promoflow_process.h"
LIBRARY = os.environ.get("PROMOFLOW_PROCESS", "")
FUNCTION = re.compile(r"^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", re.MULTILINE)


def names(*options):
    done = subprocess.run(["nm", "-D", *options, LIBRARY], text=True, check=True,
                          stdout=subprocess.PIPE, env=dict(os.environ, LC_ALL="C"))
    return sorted(set(re.findall(r" [TU] (promoflow_\w+)$", done.stdout, re.MULTILINE)))


def listed(name):
    return (CAPI / name).read_text(encoding="utf-8").split()


@unittest.skipUnless(LIBRARY, "the process executor is not built")
class ProcessInterface(unittest.TestCase):
    def test_the_list_is_what_the_header_declares(self):
        declared = FUNCTION.findall(HEADER.read_text(encoding="utf-8"))
        self.assertEqual(listed("promoflow_process.symbols"), sorted(declared))

    def test_the_library_exports_the_list(self):
        self.assertEqual(names("--defined-only"), listed("promoflow_process.symbols"))

    def test_it_asks_the_other_library_for_exported_functions_only(self):
        asked = names("--undefined-only")
        self.assertIn("promoflow_reply_succeeded", asked)
        self.assertEqual(set(asked) - set(listed("promoflow.symbols")), set())

    def test_each_function_says_which_thread_may_call(self):
        comment, silent = "", []
        text = HEADER.read_text(encoding="utf-8")
        for said, name in re.findall(r"/\*(.*?)\*/|^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(",
                                     text, re.DOTALL | re.MULTILINE):
            if said:
                comment = said
            elif not name.endswith("_free") and "[shared]" not in comment:
                silent.append(name)
        self.assertEqual(silent, [])

    def test_no_two_libraries_export_the_same_name(self):
        both = set(listed("promoflow.symbols")) & set(listed("promoflow_process.symbols"))
        self.assertEqual(both, set())


if __name__ == "__main__":
    unittest.main()
