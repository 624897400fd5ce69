# SPDX-License-Identifier: Apache-2.0
"""The version is the same everywhere, and the changelog has a section for it."""

import json
import re
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def found(path, pattern):
    return re.search(pattern, (SOURCE / path).read_text(encoding="utf-8"), re.MULTILINE).group(1)


class Version(unittest.TestCase):
    def setUp(self):
        self.version = found("CMakeLists.txt", r"^project\(promoflow VERSION ([\d.]+)")

    def test_every_file_has_the_same_version(self):
        package = json.loads((SOURCE / "vcpkg.json").read_text(encoding="utf-8"))
        self.assertEqual({
            "vcpkg.json": package["version"],
            "pyproject.toml": found("bindings/python/pyproject.toml", r'^version = "([\d.]+)"'),
            "Doxyfile": found("docs/Doxyfile", r"^PROJECT_NUMBER +=\s*([\d.]+)"),
        }, dict.fromkeys(["vcpkg.json", "pyproject.toml", "Doxyfile"], self.version))

    def test_every_package_of_a_language_has_the_same_version(self):
        java = r"<artifactId>promoflow</artifactId>\s+<version>([\d.]+)</version>"
        for file, pattern in (("node/package.json", r'^  "version": "([\d.]+)"'),
                              ("node/package-lock.json", r'^  "version": "([\d.]+)"'),
                              ("go/flow.go", r'^const Version = "([\d.]+)"'),
                              ("go/check.sh", r"^require promoflow v([\d.]+)$"),
                              ("rust/promoflow/Cargo.toml", r'^version = "([\d.]+)"'),
                              ("rust/promoflow/Cargo.toml", r'promoflow-sys = .*"=([\d.]+)"'),
                              ("rust/promoflow-sys/Cargo.toml", r'^version = "([\d.]+)"'),
                              ("java/pom.xml", java), ("java/consumer/pom.xml", java),
                              ("java/README.md", java)):
            with self.subTest(file=file):
                self.assertEqual(found(f"bindings/{file}", pattern), self.version)

    def test_every_recipe_has_the_same_version(self):
        """[H37]"""
        port = json.loads((SOURCE / "packaging/vcpkg/ports/promoflow/vcpkg.json").read_text())
        self.assertEqual(port["version"], self.version)
        for file, pattern in (("conan/conanfile.py", r'^    version = "([\d.]+)"'),
                              ("debian/changelog", r"^promoflow \(([\d.]+)-\d+\)"),
                              ("bazel/MODULE.bazel", r'^    version = "([\d.]+)"'),
                              ("meson/promoflow.wrap", r"^revision = v([\d.]+)$")):
            with self.subTest(file=file):
                self.assertEqual(found(f"packaging/{file}", pattern), self.version)
        minor = self.version.rsplit(".", 1)[0]
        self.assertEqual(found("packaging/debian/control", r"^Package: libpromoflow([\d.]+)$"),
                         minor)

    def test_the_headers_have_the_same_version(self):
        """[H28] The macros of C++ and of C."""
        numbers = dict(zip(("MAJOR", "MINOR", "PATCH"), self.version.split(".")))
        for header in ("include/promoflow/version.hpp", "capi/promoflow.h"):
            with self.subTest(header=header):
                for name, number in numbers.items():
                    self.assertEqual(
                        found(header, rf"^#define PROMOFLOW_VERSION_{name} (\d+)$"), number)
                self.assertEqual(found(header, r'^#define PROMOFLOW_VERSION "([^"]+)"$'),
                                 self.version)

    def test_the_pages_name_the_present_minor_version(self):
        minor = self.version.rsplit(".", 1)[0]
        for page in ("README.md", "docs/c-abi.md", "docs/versioning.md"):
            with self.subTest(page=page):
                self.assertEqual(found(page, r"find_package\(promoflow ([\d.]+)"), minor)

    def test_the_changelog_has_a_section_for_it(self):
        changes = (SOURCE / "CHANGELOG.md").read_text(encoding="utf-8")
        self.assertRegex(changes, rf"(?m)^## \[{re.escape(self.version)}\]")


if __name__ == "__main__":
    unittest.main()
