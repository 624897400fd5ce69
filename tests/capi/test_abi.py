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


def dump(library):
    """The types of the header; all others are opaque. By file name, so the header stands in a
    folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HEADER, folder)
        code, text = run("abidw", "--no-show-locs", "--no-architecture", "--no-corpus-path",
                         "--no-comp-dir-path", "--no-elf-needed", "--exported-interfaces-only",
                         "--drop-private-types", "--headers-dir", folder, library)
    if code != 0:
        raise AssertionError(f"abidw ended with {code}\n{text}")
    return text


def differences(before, after):
    """What abidiff says of two dumps; empty: nothing breaks, though something may be new."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("before.abi", "after.abi")]
        for file, text in zip(files, (before, after)):
            file.write_text(text, encoding="utf-8")
        code, report = run("abidiff", "--no-architecture", "--no-show-locs", "--no-added-syms",
                           *files)
    if code & 3:
        raise AssertionError(f"abidiff could not compare\n{report}")
    return report if code != 0 else ""  # 4: there are changes, 8: some of them break.


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
        report = differences(DUMP.read_text(encoding="utf-8"), dump(CAPI))
        self.assertEqual(report, "", RENEW)

    @unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (abigail-tools)")
    def test_fields_that_move_and_types_that_change_are_seen(self):
        text = DUMP.read_text(encoding="utf-8")
        state = re.search(r"<class-decl name='promoflow_state'.*?</class-decl>", text,
                          re.S).group(0)
        moved = state.replace("phase", "?").replace("message", "phase").replace("?", "message")
        self.assertIn("offset changed", differences(text, text.replace(state, moved)))
        function = re.search(r"<function-decl name='promoflow_status_name'.*?</function-decl>",
                             text, re.S).group(0)
        other = re.sub(r"<parameter type-id='[\w-]+'", "<parameter type-id='type-id-1'", function)
        self.assertIn("promoflow_status_name", differences(text, text.replace(function, other)))
        self.assertEqual(differences(text, text), "")

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
