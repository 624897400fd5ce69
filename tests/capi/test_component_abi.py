# SPDX-License-Identifier: Apache-2.0
"""The C interfaces of the libraries beside libpromoflow: what is declared, listed and exported is
the same, and of libpromoflow's C interface they take what that exports."""

import os
import re
import subprocess
import unittest
from pathlib import Path

CAPI = Path(__file__).resolve().parent.parent.parent / "capi"
COMPONENTS = ("process", "engine", "argo")
FUNCTION = re.compile(r"^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", re.MULTILINE)


def libraries(component):
    """The shared library for C++ and C, and that for C alone; empty where it is not built."""
    name = f"PROMOFLOW_{component.upper()}"
    return [os.environ[one] for one in (name, f"{name}_C") if os.environ.get(one)]


def header(component):
    return (CAPI / f"promoflow_{component}.h").read_text(encoding="utf-8")


def names(*options, library):
    command = ["nm", "-D", "--without-symbol-versions", *options, library]
    done = subprocess.run(command, text=True, check=True,
                          stdout=subprocess.PIPE, env=dict(os.environ, LC_ALL="C"))
    return sorted(set(re.findall(r" [TU] (promoflow_\w+)$", done.stdout, re.MULTILINE)))


def listed(name):
    return (CAPI / name).read_text(encoding="utf-8").split()


class ComponentInterfaces(unittest.TestCase):
    def each(self):
        """Each component that is built."""
        built = [one for one in COMPONENTS if libraries(one)]
        if not built:
            self.skipTest("no library beside libpromoflow is built")
        for component in built:
            with self.subTest(component=component):
                yield component

    def test_the_list_is_what_the_header_declares(self):
        for component in self.each():
            self.assertEqual(listed(f"promoflow_{component}.symbols"),
                             sorted(FUNCTION.findall(header(component))))

    def test_the_libraries_export_the_list(self):
        for component in self.each():
            for library in libraries(component):
                self.assertEqual(names("--defined-only", library=library),
                                 listed(f"promoflow_{component}.symbols"))

    def test_they_ask_the_other_library_for_exported_functions_only(self):
        for component in self.each():
            for library in libraries(component):
                asked = names("--undefined-only", library=library)
                self.assertIn("promoflow_error_new", asked)
                self.assertEqual(set(asked) - set(listed("promoflow.symbols")), set())

    def test_each_function_says_which_thread_may_call(self):
        for component in self.each():
            comment, silent = "", []
            for said, name in re.findall(
                    r"/\*(.*?)\*/|^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", header(component),
                    re.DOTALL | re.MULTILINE):
                if said:
                    comment = said
                elif not name.endswith("_free") and "[shared]" not in comment:
                    silent.append(name)
            self.assertEqual(silent, [])

    def test_no_two_libraries_export_the_same_name(self):
        every = listed("promoflow.symbols")
        for component in COMPONENTS:
            every += listed(f"promoflow_{component}.symbols")
        self.assertEqual(len(every), len(set(every)))


if __name__ == "__main__":
    unittest.main()
