# SPDX-License-Identifier: Apache-2.0
"""Conan 2: conan create packaging/conan --build=missing"""

from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir

required_conan_version = ">=2.0"
TOP = Path(__file__).resolve().parent.parent.parent
SOURCES = ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "capi/*", "packaging/*")


class Promoflow(ConanFile):
    name = "promoflow"
    version = "0.2.0"
    description = "Decides what a GitOps promotion release must run next, and with which arguments"
    license = "Apache-2.0"
    topics = ("gitops", "promotion", "workflow", "state-machine")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    # argo: promoflow::argo, which runs hooks as Argo Workflows; it needs libcurl.
    options = {"shared": [True, False], "fPIC": [True, False], "cli": [True, False],
               "argo": [True, False]}
    default_options = {"shared": False, "fPIC": True, "cli": False, "argo": False}
    implements = ["auto_shared_fpic"]

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, TOP, self.export_sources_folder)

    def requirements(self):
        self.requires("tl-expected/1.1.0", transitive_headers=True)
        self.requires("libyaml/0.2.5")
        self.requires("fmt/10.2.1")
        self.requires("nlohmann_json/3.11.3")
        if self.settings.os != "Windows":
            self.requires("sqlite3/3.45.0")
        self.requires("boost/1.84.0")  # Headers only: Boost.Graph.
        if self.options.cli:
            self.requires("cli11/2.4.1")
        if self.options.argo:
            self.requires("libcurl/8.10.1")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.options.argo and self.settings.os == "Windows":
            raise ConanInvalidConfiguration("promoflow has the option argo on POSIX systems only")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for name in ("TESTS", "EXAMPLES"):
            toolchain.cache_variables[f"PROMOFLOW_BUILD_{name}"] = False
        toolchain.cache_variables["PROMOFLOW_BUILD_CLI"] = bool(self.options.cli)
        toolchain.cache_variables["PROMOFLOW_BUILD_ARGO"] = bool(self.options.argo)
        toolchain.cache_variables["PROMOFLOW_FETCH_DEPENDENCIES"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, Path(self.package_folder) / "licenses")
        rmdir(self, Path(self.package_folder) / "lib" / "pkgconfig")
        rmdir(self, Path(self.package_folder) / "lib" / "cmake")
        rmdir(self, Path(self.package_folder) / "share")
        lib = Path(self.package_folder) / "lib"
        for file in [*lib.glob("*.a")] if self.options.shared else [*lib.glob("*.so*")]:
            file.unlink()  # A package is of one kind.

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "promoflow")
        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "promoflow::promoflow")
        core.libs = ["promoflow"]
        core.requires = ["tl-expected::tl-expected", "libyaml::libyaml", "fmt::fmt",
                         "nlohmann_json::nlohmann_json", "boost::headers"]
        if self.options.cli:
            core.requires.append("cli11::cli11")
        if not self.options.shared:
            core.defines = ["PROMOFLOW_STATIC"]
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
        if self.settings.os != "Windows":
            process = self.cpp_info.components["process"]
            process.set_property("cmake_target_name", "promoflow::process")
            process.libs = ["promoflow_process"]
            process.requires = ["core"]
            engine = self.cpp_info.components["engine"]
            engine.set_property("cmake_target_name", "promoflow::engine")
            engine.libs = ["promoflow_engine"]
            engine.requires = ["core", "sqlite3::sqlite3"]
        if self.options.argo:
            argo = self.cpp_info.components["argo"]
            argo.set_property("cmake_target_name", "promoflow::argo")
            argo.libs = ["promoflow_argo"]
            argo.requires = ["core", "libcurl::libcurl"]
