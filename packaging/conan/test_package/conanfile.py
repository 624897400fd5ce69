# SPDX-License-Identifier: Apache-2.0
"""Builds programs against the package that was just made, and runs them."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    @property
    def has_argo(self):
        return bool(self.dependencies["promoflow"].options.argo)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["HAS_ARGO"] = self.has_argo
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for program in ("user", *(["argo_user"] if self.has_argo else [])):
                self.run(os.path.join(self.cpp.build.bindir, program), env="conanrun")
