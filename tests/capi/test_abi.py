# SPDX-License-Identifier: Apache-2.0
"""The binary interface of the C ABI: what is exported, under which name, with which types. Called
with --renew, writes the types and numbers of this version, which later versions must keep."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
HEADER = SOURCE / "capi" / "promoflow.h"
BATCHES = SOURCE / "capi" / "promoflow_batch.h"
SYMBOLS = SOURCE / "capi" / "promoflow.symbols"
FIRST = HERE / "abi" / "promoflow-0.1.abi"
LIBRARY = os.environ.get("PROMOFLOW_LIBRARY", "")
CAPI = os.environ.get("PROMOFLOW_CAPI", "")
FUNCTION = re.compile(r"^PROMOFLOW_API [^;(]*?\b(promoflow_\w+)\(", re.MULTILINE)


def run(*command):
    done = subprocess.run([str(part) for part in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, LC_ALL="C"))
    return done.returncode, done.stdout


def declared():
    return FUNCTION.findall(HEADER.read_text(encoding="utf-8") +
                            BATCHES.read_text(encoding="utf-8"))


def listed():
    return SYMBOLS.read_text(encoding="utf-8").split()


def exported(library):
    """The C names that a shared library exports."""
    _, names = run("nm", "-D", "--defined-only", "--without-symbol-versions", library)
    return sorted(set(re.findall(r" T (promoflow_\w+)$", names, re.MULTILINE)))


def numbers():
    """What the header gives numbers to: `NAME value`."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\b(PROMOFLOW_\w+) = (-?\d+)", text)
    found += re.findall(r"^#define (PROMOFLOW_(?!ABI|VERSION)\w+) (\w+)\s*$", text, re.MULTILINE)
    return [f"{name} {value}" for name, value in found]


def dump(library):
    """The types of the header; all others are opaque. abidw goes by file names, so the header is
    copied into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HEADER, folder)
        code, text = run("abidw", "--no-show-locs", "--no-architecture", "--no-corpus-path",
                         "--no-comp-dir-path", "--no-elf-needed", "--exported-interfaces-only",
                         "--drop-private-types", "--headers-dir", folder, library)
    if code != 0:
        raise AssertionError(f"abidw ended with {code}\n{text}")
    # Not compared: versions of symbols, of which programs of 0.1 and 0.2 know none, and the SONAME,
    # which has a test of its own.
    text = re.sub(r"(<abi-corpus [^>]*soname=)'[^']*'", r"\1'libpromoflow_capi.so'", text)
    text = re.sub(r" version='PROMOFLOW_C_\d+' is-default-version='yes'", "", text)
    return re.sub(r"@@PROMOFLOW_C_\d+", "", text)


def version():
    """MAJOR.MINOR of the header."""
    return ".".join(re.search(rf"#define PROMOFLOW_ABI_{part} (\d+)",
                              HEADER.read_text(encoding="utf-8")).group(1)
                    for part in ("MAJOR", "MINOR"))


def structs(root):
    return {one.get("name"): one for one in root.iter("class-decl") if one.get("size-in-bits")}


def without_growth(before, after):
    """The later dump with each struct that has grown cut to the size that it had: members may be
    added at the end, and struct_size says which of them a program knows."""
    grown = ElementTree.fromstring(after)
    sizes = {name: int(one.get("size-in-bits"))
             for name, one in structs(ElementTree.fromstring(before)).items()}
    for name, one in structs(grown).items():
        if int(one.get("size-in-bits")) <= sizes.get(name, sys.maxsize):
            continue
        one.set("size-in-bits", str(sizes[name]))
        for member in one.findall("data-member"):
            if int(member.get("layout-offset-in-bits")) >= sizes[name]:
                one.remove(member)
    return ElementTree.tostring(grown, encoding="unicode")


def differences(before, after):
    """What abidiff says of two dumps; empty: nothing breaks, though something may be new."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("before.abi", "after.abi")]
        for file, text in zip(files, (before, without_growth(before, after))):
            file.write_text(text, encoding="utf-8")
        code, report = run("abidiff", "--no-architecture", "--no-show-locs", "--no-added-syms",
                           *files)
    if code & 3:
        raise AssertionError(f"abidiff could not compare\n{report}")
    return report if code != 0 else ""  # 4: there are changes, 8: some of them break.


RENEW = f"""Programs that are already built would break: that needs another PROMOFLOW_ABI_MAJOR.
Functions, numbers and members at the end of a struct may be added: capi/structs.hpp has the first
size of each struct that has grown. At each release this writes its types and numbers, and leaves
those of older versions alone:
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

    def test_sonames_carry_the_version_of_what_may_break(self):
        """[H28] In C++ each minor version may break, in C the ABI's major one."""
        def found(name):
            return re.search(rf"#define PROMOFLOW_{name} (\d+)", HEADER.read_text()).group(1)

        _, entries = run("readelf", "-d", LIBRARY)
        minor = f"{found('VERSION_MAJOR')}.{found('VERSION_MINOR')}"
        self.assertIn(f"[libpromoflow.so.{minor}]", entries)
        _, entries = run("readelf", "-d", CAPI)
        self.assertIn(f"[libpromoflow_c.so.{found('ABI_MAJOR')}]", entries)

    def test_the_symbols_of_both_libraries_have_versions(self):
        """[H28] In a process that loads both, none takes the place of the other's."""
        versions = []
        for library in (LIBRARY, CAPI):
            _, names = run("nm", "-D", "--defined-only", library)
            versions.append(set(re.findall(r" T promoflow_\w+(\S*)$", names, re.MULTILINE)))
        self.assertEqual([len(found) for found in versions], [1, 1])
        self.assertTrue(all(one.startswith("@@PROMOFLOW_") for found in versions for one in found))
        self.assertNotEqual(*versions)

    @unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (abigail-tools)")
    @unittest.skipUnless(sys.maxsize > 2**32, "the dumps are of 64 bits")
    def test_the_interface_is_that_of_each_version_or_has_grown(self):
        after = dump(CAPI)
        dumps = sorted((HERE / "abi").glob("*.abi"))
        self.assertIn(FIRST, dumps)
        self.assertIn(HERE / "abi" / f"promoflow-{version()}.abi", dumps, RENEW)
        for before in dumps:
            with self.subTest(version=before.stem):
                self.assertEqual(differences(before.read_text(encoding="utf-8"), after), "", RENEW)

    @unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (abigail-tools)")
    def test_a_struct_may_grow_at_its_end_only(self):
        text = FIRST.read_text(encoding="utf-8")
        state = re.search(r"<class-decl name='promoflow_state'.*?</class-decl>", text,
                          re.S).group(0)
        member = re.search(r"<data-member [^>]*>\s*<var-decl name='status'.*?</data-member>", state,
                           re.S).group(0)
        size = int(re.search(r"size-in-bits='(\d+)'", state).group(1))
        added = re.sub(r"layout-offset-in-bits='\d+'", f"layout-offset-in-bits='{size}'",
                       member.replace("status", "added"))
        grown = state.replace(f"size-in-bits='{size}'", f"size-in-bits='{size + 64}'")
        grown = grown.replace("</class-decl>", added + "</class-decl>")
        self.assertEqual(differences(text, text.replace(state, grown)), "")
        moved = grown.replace("phase", "?").replace("message", "phase").replace("?", "message")
        self.assertIn("offset changed", differences(text, text.replace(state, moved)))
        shrunk = state.replace(f"size-in-bits='{size}'", f"size-in-bits='{size - 64}'")
        self.assertIn("size changed", differences(text, text.replace(state, shrunk)))

    @unittest.skipUnless(shutil.which("abidiff"), "abidiff is not installed (abigail-tools)")
    def test_fields_that_move_and_types_that_change_are_seen(self):
        text = FIRST.read_text(encoding="utf-8")
        state = re.search(r"<class-decl name='promoflow_state'.*?</class-decl>", text,
                          re.S).group(0)
        moved = state.replace("phase", "?").replace("message", "phase").replace("?", "message")
        self.assertIn("offset changed", differences(text, text.replace(state, moved)))
        function = re.search(r"<function-decl name='promoflow_status_name'.*?</function-decl>",
                             text, re.S).group(0)
        other = re.sub(r"<parameter type-id='[\w-]+'", "<parameter type-id='type-id-1'", function)
        self.assertIn("promoflow_status_name", differences(text, text.replace(function, other)))
        self.assertEqual(differences(text, text), "")

    def test_the_numbers_are_those_of_each_version(self):
        for file in (FIRST.with_suffix(".txt"), HERE / "abi" / f"promoflow-{version()}.txt"):
            before = file.read_text(encoding="utf-8").splitlines()
            self.assertGreater(len(before), 90)
            self.assertEqual([line for line in before if line not in numbers()], [], RENEW)

    def test_no_number_is_used_twice(self):
        for prefix in ("PROMOFLOW_E_", "PROMOFLOW_(EVENT|RECORD)_", "PROMOFLOW_DIAGNOSTIC_",
                       "PROMOFLOW_ENVIRONMENT_", "PROMOFLOW_BLOCK_", "PROMOFLOW_SELECT_"):
            found = [line.split()[1] for line in numbers() if re.match(prefix, line)]
            self.assertEqual(len(found), len(set(found)), prefix)
            self.assertGreater(len(found), 3, prefix)


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        now = HERE / "abi" / f"promoflow-{version()}"
        now.with_name(now.name + ".abi").write_text(dump(CAPI), encoding="utf-8")
        now.with_name(now.name + ".txt").write_text("\n".join(numbers()) + "\n",
                                                    encoding="utf-8")
    else:
        unittest.main()
