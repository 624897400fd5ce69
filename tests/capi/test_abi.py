# SPDX-License-Identifier: Apache-2.0
"""The binary interface of the C ABI: what is exported, under which name, with which types. Called
with --renew, writes what the last two tests compare with."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
HEADER = SOURCE / "capi" / "promoflow.h"
SYMBOLS = SOURCE / "capi" / "promoflow.symbols"
DUMP = HERE / "abi" / "promoflow-0.1.abi"
NUMBERS = HERE / "abi" / "promoflow-0.1.txt"
LIBRARY = os.environ.get("PROMOFLOW_LIBRARY", "")
CAPI = os.environ.get("PROMOFLOW_CAPI", "")
FUNCTION = re.compile(r"^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", re.MULTILINE)


def run(*command):
    done = subprocess.run([str(part) for part in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, LC_ALL="C"))
    return done.returncode, done.stdout


def declared():
    return FUNCTION.findall(HEADER.read_text(encoding="utf-8"))


def listed():
    return SYMBOLS.read_text(encoding="utf-8").split()


def exported(library):
    """The C names that a shared library exports."""
    _, names = run("nm", "-D", "--defined-only", library)
    return sorted(set(re.findall(r" T (promoflow_\w+)$", names, re.MULTILINE)))


def numbers():
    """What the header gives numbers to: `NAME value`."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\b(PROMOFLOW_\w+) = (-?\d+)", text)
    found += re.findall(r"^#define (PROMOFLOW_(?!ABI)\w+) (\w+)\s*$", text, re.MULTILINE)
    return [f"{name} {value}" for name, value in found]


def abigail(tool, *words):
    """Runs a tool on the header's types only: other structs are opaque. By file name, so the header
    stands in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HEADER, folder)
        options = ["--headers-dir1", folder, "--headers-dir2", folder]
        if tool == "abidw":
            options = ["--headers-dir", folder, "--drop-private-types"]
        return run(tool, "--no-show-locs", "--no-architecture", *options, *words)


def dump(library):
    code, text = abigail("abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed",
                         "--exported-interfaces-only", library)
    if code != 0:
        raise AssertionError(f"abidw ended with {code}\n{text}")
    return text


RENEW = f"""What breaks programs that are already built needs another PROMOFLOW_ABI_MAJOR. A struct
that grew at its end does not: its old size stands in capi/capi.hpp. Renew the dump then, and at
each release:
PROMOFLOW_CAPI={CAPI} python3 {Path(__file__).resolve().relative_to(SOURCE)} --renew"""


class BinaryInterface(unittest.TestCase):
    maxDiff = None

    def test_the_list_is_what_the_header_declares(self):
        self.assertEqual(listed(), sorted(declared()))

    def test_each_function_says_which_thread_may_call(self):
        section = comment = ""
        silent = []
        text = HEADER.read_text(encoding="utf-8")
        body = text[text.index("/* --- version, text, errors"):]
        for said, name in re.findall(r"/\*(.*?)\*/|^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", body,
                                     re.DOTALL | re.MULTILINE):
            if said.startswith(" ---"):
                section, comment = said, ""
            elif said:
                comment = said
            elif not re.search(r"\[(shared|confined)\]", section + comment):
                silent.append(name)
        self.assertEqual(silent, [])

    def test_the_library_exports_the_list(self):
        self.assertEqual(exported(LIBRARY), listed())
        self.assertEqual(exported(CAPI), listed())

    def test_the_soname_carries_the_abi_s_major_version(self):
        _, entries = run("readelf", "-d", LIBRARY)
        major = re.search(r"#define PROMOFLOW_ABI_MAJOR (\d+)", HEADER.read_text()).group(1)
        self.assertIn(f"[libpromoflow.so.{major}]", entries)

    @unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (abigail-tools)")
    @unittest.skipUnless(sys.maxsize > 2**32, "the dump is one of 64 bits")
    def test_the_interface_is_the_last_release_s_or_grown(self):
        code, report = abigail("abidiff", "--no-added-syms", DUMP, CAPI)
        self.assertEqual(code & 3, 0, f"abidiff could not compare\n{report}")
        self.assertEqual(code, 0, f"{report}\n{RENEW}")  # 4: changes, 8: some of them break.

    def test_the_numbers_are_the_last_release_s(self):
        before = NUMBERS.read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(before), 90)
        self.assertEqual([line for line in before if line not in numbers()], [], RENEW)


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        DUMP.parent.mkdir(exist_ok=True)
        DUMP.write_text(dump(CAPI), encoding="utf-8")
        NUMBERS.write_text("\n".join(numbers()) + "\n", encoding="utf-8")
    else:
        unittest.main()
