# SPDX-License-Identifier: Apache-2.0
"""[H28] The binary interface of the C++ library: its functions, and the sizes of its types. They
may change with each minor version, whose namespace has another name then, and never within one.
Called with --renew, writes those of this version."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
LIBRARY = os.environ.get("PROMOFLOW_LIBRARY", "")
CXX = os.environ.get("CXX", "c++")
HEADER = SOURCE / "include" / "promoflow" / "version.hpp"
TYPE = re.compile(r"^(?:class|struct)(?: PROMOFLOW_API)? (\w+)(?: final)?(?: : [^{]+)? \{", re.M)


def run(*command):
    done = subprocess.run([str(part) for part in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, LC_ALL="C"))
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def version():
    return ".".join(re.search(rf"#define PROMOFLOW_VERSION_{part} (\d+)",
                              HEADER.read_text(encoding="utf-8")).group(1)
                    for part in ("MAJOR", "MINOR"))


def library(name):
    return LIBRARY.replace("libpromoflow.so", f"libpromoflow_{name}.so")


def functions():
    """What the libraries export, as the compiler names it: no compiler adds or leaves out any."""
    libraries = [LIBRARY, *map(library, ("process", "engine", "argo"))]
    listing = run("nm", "-D", "--defined-only", "--without-symbol-versions", *libraries)
    names = re.findall(r" T (_Z\w+)$", listing, re.MULTILINE)
    found = run("c++filt", *names).splitlines()
    return sorted(one for one in set(found) if "promoflow::" in one)


def types():
    """The public classes of the headers."""
    found = set()
    for header in sorted((SOURCE / "include" / "promoflow").glob("*.hpp")):
        text = re.sub(r"^namespace detail \{.*?^\}", "", header.read_text(encoding="utf-8"),
                      flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"^template <.*?>\n(?:class|struct) \w+", "", text, flags=re.MULTILINE)
        found |= set(TYPE.findall(text))
    return sorted(found)


def sizes():
    """`NAME size alignment` of each type, as this compiler lays it out."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f'  std::printf("%s %zu %zu\\n", "{name}", sizeof(promoflow::{name}), '
                 f"alignof(promoflow::{name}));" for name in types()]
        source, program = Path(folder) / "sizes.cpp", Path(folder) / "sizes"
        headers = sorted(path.name for path in (SOURCE / "include" / "promoflow").glob("*.hpp"))
        source.write_text("#include <cstdio>\n"
                          + "".join(f"#include <promoflow/{name}>\n" for name in headers)
                          + "int main() {\n" + "\n".join(lines) + "\n}\n", encoding="utf-8")
        run(CXX, "-std=c++20", f"-I{SOURCE / 'include'}", source, LIBRARY,
            f"-Wl,-rpath,{Path(LIBRARY).parent}", "-o", program)
        return run(program).splitlines()


def file():
    return HERE / "abi" / f"cxx-{version()}.txt"


RENEW = f"""A program that was built for this minor version would break. That needs the next one,
in whose first change this writes the interface anew:
PROMOFLOW_LIBRARY={LIBRARY} python3 {Path(__file__).resolve().relative_to(SOURCE)} --renew"""


@unittest.skipUnless(LIBRARY and Path(library("argo")).exists(),
                     "there is no shared library, or none for clusters: libcurl was missing")
class CxxInterface(unittest.TestCase):
    maxDiff = None

    def test_it_is_that_of_the_minor_version(self):
        self.assertEqual(file().read_text(encoding="utf-8").splitlines(),
                         functions() + sizes(), RENEW)

    def test_all_of_it_is_in_the_version_s_namespace(self):
        namespace = "promoflow::v" + version().replace(".", "_") + "::"
        self.assertEqual([one for one in functions() if namespace not in one], [])
        self.assertGreater(len(functions()), 90)
        self.assertIn("Release", types())


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        file().write_text("\n".join(functions() + sizes()) + "\n", encoding="utf-8")
    else:
        unittest.main()
