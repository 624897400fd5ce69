# SPDX-License-Identifier: Apache-2.0
"""[H37] packaging/conan makes a package, and a program builds with it. Conan comes from PyPI; the
dependencies, which Conan would get from a server of its own, are recipes for what is installed."""

import re
import shutil
import sys
import tempfile
import unittest
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import BUILD, PACKAGING, run, with_ccache

# What is installed is found by the compiler itself. CMake finds it as without Conan; only for what
# users of promoflow compile with, too, CMakeDeps makes a target, as it does for the real package.
INSTALLED = '''
from conan import ConanFile

class Installed(ConanFile):
    name = "{name}"
    version = "{version}"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.includedirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.bindirs = []
        {more}
'''
BY_CMAKE = 'self.cpp_info.set_property("cmake_find_mode", "none")'
MORE = {
    "tl-expected": 'self.cpp_info.set_property("cmake_target_name", "tl::expected")',
    "boost": BY_CMAKE + '; self.cpp_info.components["headers"].includedirs = []',
}


class Conan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-conan-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        tools = BUILD / "packaging" / "conan"
        if not (tools / "bin" / "conan").exists():
            venv.create(tools, with_pip=True, clear=True)
            run(tools / "bin" / "python", "-m", "pip", "install", "--quiet", "conan>=2,<3")
        cls.conan = tools / "bin" / "conan"
        cls.environment = dict(with_ccache(cls.scratch), CONAN_HOME=str(cls.scratch / "home"))
        run(cls.conan, "profile", "detect", env=cls.environment)

    def test_a_package_is_made_and_used(self):
        recipe = (PACKAGING / "conan" / "conanfile.py").read_text()
        for name, version in re.findall(r'requires\("([\w-]+)/([\d.]+)"', recipe):
            folder = self.scratch / name
            folder.mkdir()
            (folder / "conanfile.py").write_text(INSTALLED.format(
                name=name, version=version, more=MORE.get(name, BY_CMAKE)))
            run(self.conan, "create", folder, env=self.environment)
        printed = run(self.conan, "create", PACKAGING / "conan", "--no-remote",
                      "-c", f"tools.cmake.cmake_layout:test_folder={self.scratch / 'test'}",
                      "-c", "tools.cmake.cmaketoolchain:user_presets=",
                      # Quicker to build and to link.
                      "-s", "compiler.cppstd=20", "-s", "build_type=Debug",
                      "-c", 'tools.build:cxxflags=["-g0"]',
                      "-o", "promoflow/*:shared=True", "-o", "promoflow/*:argo=True",
                      env=self.environment)
        self.assertRegex(printed, r"0\.2\.0 billing Succeeded")
        self.assertRegex(printed, r"(?m)^\S*/nowhere/config")


if __name__ == "__main__":
    unittest.main()
