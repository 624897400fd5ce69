# SPDX-License-Identifier: Apache-2.0
"""[H37] What package managers get of a build that is there already: CPack, Meson, a vcpkg port."""

import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import BUILD, CMAKE, CXX, PACKAGING, SOURCE, run

HERE = Path(__file__).resolve().parent


class Archives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-archives-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.prefix = cls.scratch / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.library = next(cls.prefix.glob("**/libpromoflow.so")).parent

    def cpack(self, generator):
        folder = self.scratch / generator
        run(Path(CMAKE).with_name("cpack"), "-G", generator, "--config",
            BUILD / "CPackConfig.cmake", "-B", folder)
        return next(path for path in folder.iterdir() if path.is_file())

    def installed(self):
        return {path.relative_to(self.prefix).as_posix() for path in self.prefix.rglob("*")
                if not path.is_dir()}

    def test_cpack_makes_an_archive_of_all_that_is_installed(self):
        with tarfile.open(self.cpack("TGZ")) as archive:
            names = {member.name.partition("/")[2] for member in archive if not member.isdir()}
        self.assertEqual(names, self.installed())

    @unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "dpkg-dev is not installed")
    def test_cpack_makes_a_debian_package(self):
        package = self.cpack("DEB")
        fields = run("dpkg-deb", "--field", package)
        self.assertRegex(fields, r"(?m)^Package: promoflow$")
        self.assertRegex(fields, r"(?m)^Depends: .*\blibyaml-0-2\b")
        self.assertIn("usr/bin/promoflow", run("dpkg-deb", "--contents", package))

    @unittest.skipUnless(shutil.which("meson"), "meson is not installed")
    def test_meson_builds_a_program_with_the_installed_library(self):
        environment = dict(os.environ, CXX=CXX, PKG_CONFIG_PATH=str(self.library / "pkgconfig"),
                           LD_LIBRARY_PATH=str(self.library))
        folder = self.scratch / "meson"
        run("meson", "setup", folder, PACKAGING / "meson", env=environment)
        run("meson", "test", "-C", folder, env=environment)
        wrap = (PACKAGING / "meson" / "promoflow.wrap").read_text()
        self.assertRegex(wrap, r"(?m)^method = cmake$")

    def test_the_vcpkg_port_configures_and_packs(self):
        """With stand-ins for vcpkg's own functions, which use this build instead of another one."""
        packages = self.scratch / "vcpkg"
        run(CMAKE, f"-DPORT_FOLDER={PACKAGING}/vcpkg/ports/promoflow", f"-DPACKAGES={packages}",
            f"-DTREES={self.scratch}/trees", f"-DBUILT={BUILD}", f"-DCXX={CXX}",
            "-P", HERE / "vcpkg_functions.cmake")
        self.assertTrue((packages / "share" / "promoflow" / "copyright").is_file())
        self.assertTrue((packages / "share" / "promoflow" / "usage").is_file())
        self.assertTrue((packages / "share" / "promoflow" / "promoflow-config.cmake").is_file())
        self.assertTrue((packages / "tools" / "promoflow" / "promoflow").is_file())

    def test_the_vcpkg_port_needs_what_the_project_needs(self):
        ours = json.loads((SOURCE / "vcpkg.json").read_text())
        port = json.loads((PACKAGING / "vcpkg" / "ports" / "promoflow" / "vcpkg.json").read_text())
        for key in ("name", "version", "description", "license", "dependencies"):
            self.assertEqual(port[key], ours[key])
        self.assertEqual(port["features"]["cli"], ours["features"]["cli"])

    def test_bazel_and_conan_name_the_dependencies_of_the_build(self):
        wanted = set(re.findall(r"^\s*(?:promoflow_find\(\S+ \S+ |find_package\()(\w[\w-]*)",
                                (SOURCE / "cmake" / "dependencies.cmake").read_text(), re.M))
        self.assertGreaterEqual(
            wanted, {"fmt", "nlohmann_json", "tl-expected", "CLI11", "SQLite3", "CURL"})
        for file, leaves_out in (("conan/conanfile.py", set()),
                                 ("bazel/MODULE.bazel", {"CLI11", "SQLite3", "CURL"})):
            text = (PACKAGING / file).read_text().lower().replace("_", "-")
            missing = [name for name in wanted - leaves_out - {"Catch2", "benchmark", "TBB"}
                       if name.lower().replace("_", "-") not in text]
            with self.subTest(file=file):
                self.assertEqual([name for name in missing if name not in ("yaml-cpp",)], [])


if __name__ == "__main__":
    unittest.main()
