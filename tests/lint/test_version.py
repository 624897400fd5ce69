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
