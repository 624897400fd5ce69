# SPDX-License-Identifier: Apache-2.0
"""Installs the build into an empty prefix and uses it as a stranger would."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["PROMOFLOW_SOURCE_DIR"])
BUILD = Path(os.environ["PROMOFLOW_BUILD_DIR"])
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CC = os.environ.get("CC", "gcc")
CXX = os.environ.get("CXX", "g++")
CONSUMER = SOURCE / "tests" / "install" / "consumer"
C_EXAMPLE = SOURCE / "examples" / "c" / "host_loop.c"
C_LOCALE = dict(os.environ, LC_ALL="C")
PROCESS_CONSUMER = (
    "#include <promoflow/process_executor.hpp>\n"
    "int main() { return promoflow::ProcessExecutor::create({}) ? 1 : 0; }\n")
PROCESS_CONSUMER_IN_C = (  # Refused for want of options, and says so: both libraries are there.
    "#include <promoflow/promoflow_process.h>\n"
    "int main(void) {\n"
    "  promoflow_process_executor* out = NULL;\n"
    "  promoflow_error* error = NULL;\n"
    "  int code = promoflow_process_executor_new(NULL, &out, &error);\n"
    "  code = code == promoflow_error_code(error) ? code : 0;\n"
    "  promoflow_error_free(error);\n"
    "  return code == PROMOFLOW_E_INVALID_ARGUMENT ? 0 : 1;\n"
    "}\n")
PRINTED = "0.2.0 billing-to-production\n"


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}")
    return done.stdout


def configure(source, build, *options):
    run(CMAKE, "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={CXX}", *options)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.prefix = cls.scratch / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.lib = next(cls.prefix.glob("**/libpromoflow.a")).parent
        cls.package = cls.lib / "cmake" / "promoflow"

    def installed(self):
        return {str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if not p.is_dir()}

    def build_consumer(self, name, *options):
        folder = self.scratch / name
        configure(CONSUMER, folder, f"-DCMAKE_PREFIX_PATH={self.prefix}", *options)
        run(CMAKE, "--build", folder)
        return folder / "consumer"

    def needed(self, program):
        return re.findall(r"NEEDED.*\[(.*?)\]", run("readelf", "-d", program, env=C_LOCALE))

    def test_everything_is_where_it_belongs_and_nothing_else(self):
        lib = self.lib.relative_to(self.prefix)
        headers = {f"include/promoflow/{p.name}"
                   for p in (SOURCE / "include" / "promoflow").glob("*.hpp")}
        headers |= {"include/promoflow/promoflow.h", "include/promoflow/promoflow_process.h"}
        package = {f"{lib}/cmake/promoflow/{name}" for name in (
            "promoflow-config.cmake", "promoflow-config-version.cmake", "promoflow-targets.cmake",
            "FindLibYaml.cmake")}
        found = self.installed()
        per_build_type = {f for f in found if re.search(r"promoflow-targets-\w+\.cmake$", f)}
        self.assertEqual(len(per_build_type), 1)
        self.assertEqual(found - per_build_type, headers | package | {
            "bin/promoflow", "share/doc/promoflow/LICENSE",
            f"{lib}/libpromoflow.a", f"{lib}/libpromoflow.so", f"{lib}/libpromoflow.so.0",
            f"{lib}/libpromoflow.so.0.2.0", f"{lib}/libpromoflow_process.a",
            f"{lib}/libpromoflow_process.so", f"{lib}/libpromoflow_process.so.0",
            f"{lib}/libpromoflow_process.so.0.2.0", f"{lib}/pkgconfig/promoflow.pc",
            f"{lib}/pkgconfig/promoflow_process.pc"})

    def test_the_installed_program_runs_on_its_own(self):
        program = self.prefix / "bin" / "promoflow"
        self.assertIn("0.2.0", run(program, "--version"))
        self.assertFalse([n for n in self.needed(program) if "promoflow" in n])

    def test_a_consumer_links_the_shared_library_by_default(self):
        program = self.build_consumer("shared")
        self.assertEqual(run(program), PRINTED)
        self.assertIn("libpromoflow.so.0", self.needed(program))

    def test_a_consumer_links_the_static_library_by_component(self):
        program = self.build_consumer("static", "-DCONSUMER_COMPONENTS=static")
        self.assertEqual(run(program), PRINTED)
        self.assertNotIn("libpromoflow.so.0", self.needed(program))

    def test_a_consumer_links_the_static_library_by_variable(self):
        program = self.build_consumer("variable", "-Dpromoflow_USE_STATIC_LIBS=ON")
        self.assertNotIn("libpromoflow.so.0", self.needed(program))

    def test_a_consumer_links_the_process_component(self):
        for kind, is_shared in (("process", True), ("process static", False)):
            folder = self.scratch / kind.replace(" ", "-")
            folder.mkdir()
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.22)\nproject(runner LANGUAGES CXX)\n"
                f"find_package(promoflow 0.2 REQUIRED COMPONENTS {kind})\n"
                "add_executable(runner main.cpp)\n"
                "target_link_libraries(runner PRIVATE promoflow::process)\n")
            (folder / "main.cpp").write_text(PROCESS_CONSUMER)
            configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
            run(CMAKE, "--build", folder / "build")
            program = folder / "build" / "runner"
            run(program)
            self.assertEqual("libpromoflow_process.so.0" in self.needed(program), is_shared)

    def test_an_unknown_component_and_an_older_interface_are_refused(self):
        for text in ("0.2 REQUIRED COMPONENTS nonsense", "0.3 REQUIRED"):  # This is 0.2.
            folder = self.scratch / "refused"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.22)\nproject(refused LANGUAGES CXX)\n"
                f"find_package(promoflow {text})\n")
            with self.assertRaisesRegex(AssertionError, "nonsense|0.3", msg=text):
                configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_consumer_with_plain_compiler_and_pkg_config(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow", env=env).split()
        program = self.scratch / "plain"
        run(CXX, "-std=c++20", CONSUMER / "main.cpp", *flags, "-o", program)
        self.assertEqual(run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(self.lib))), PRINTED)

    def test_a_consumer_of_the_process_executor_with_pkg_config(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow_process", env=env).split()
        program, source = self.scratch / "plain-process", self.scratch / "process.cpp"
        source.write_text(PROCESS_CONSUMER)
        run(CXX, "-std=c++20", source, *flags, "-o", program)
        run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(self.lib)))

    def test_a_consumer_of_the_process_executor_in_c(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow_process", env=env).split()
        program, source = self.scratch / "plain-process-c", self.scratch / "process.c"
        source.write_text(PROCESS_CONSUMER_IN_C)
        run(CC, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", source, *flags,
            "-o", program)
        run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(self.lib)))
        self.assertFalse([n for n in self.needed(program) if "stdc++" in n])

    def test_a_consumer_in_c_with_cmake(self):
        for kind in ("", "static"):
            folder = self.scratch / f"user-{kind}"
            folder.mkdir()
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.22)\n"
                f"project(user LANGUAGES C {'CXX' if kind else ''})\n"  # To link C++ into it.
                f"find_package(promoflow 0.2 REQUIRED COMPONENTS {kind})\n"
                f"add_executable(user {C_EXAMPLE})\n"
                "target_link_libraries(user PRIVATE promoflow::promoflow)\n")
            run(CMAKE, "-S", folder, "-B", folder / "build", "-G", "Ninja",
                f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_PREFIX_PATH={self.prefix}")
            run(CMAKE, "--build", folder / "build")
            program = folder / "build" / "user"
            self.assertEqual(run(program), C_EXAMPLE.with_suffix(".txt").read_text())
            self.assertEqual("libpromoflow.so.0" in self.needed(program), kind == "")

    def test_a_consumer_in_c_with_plain_compiler_and_pkg_config(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow", env=env).split()
        program = self.scratch / "plain-c"
        run(CC, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", C_EXAMPLE, *flags,
            "-o", program)
        env["LD_LIBRARY_PATH"] = str(self.lib)
        self.assertEqual(run(program, env=env), C_EXAMPLE.with_suffix(".txt").read_text())
        self.assertFalse([n for n in self.needed(program) if "stdc++" in n])

    def test_as_a_folder_of_another_project_it_brings_the_library_only(self):
        folder = self.scratch / "subdirectory"
        configure(CONSUMER, folder, f"-DCONSUMER_SUBDIRECTORY={SOURCE}")
        targets = run(CMAKE, "--build", folder, "--target", "help")
        self.assertIn("promoflow_shared", targets)
        for name in ("unit_tests", "promoflow_cli", "example-"):
            self.assertNotIn(name, targets)

    def test_the_link_interface_is_one_header(self):
        text = (self.package / "promoflow-targets.cmake").read_text()
        links = re.findall(r'INTERFACE_LINK_LIBRARIES "(.*?)"', text)
        self.assertEqual(sorted(links), [
            r"promoflow::shared", r"promoflow::static", r"tl::expected",
            r"tl::expected;\$<LINK_ONLY:LibYaml::LibYaml>;\$<LINK_ONLY:Threads::Threads>"])
        for name in ("nlohmann", "fmt", "oost", "CLI11", "Catch"):
            self.assertNotIn(name, text)

    def test_the_public_headers_name_no_third_party(self):
        named = set()
        for header in (self.prefix / "include").rglob("*.hpp"):
            named |= set(re.findall(r"#include <(\w+)/", header.read_text()))
        self.assertEqual(named - {"promoflow"}, {"tl"})

    def test_the_shared_library_exports_its_namespace_only(self):
        listing = run("nm", "-DC", "--defined-only", self.lib / "libpromoflow.so", env=C_LOCALE)
        names = [line.split(" ", 2)[2] for line in listing.splitlines()]
        ours = re.compile(r"((typeinfo|typeinfo name|vtable|guard variable) for )?promoflow(::|_)")
        self.assertEqual([n for n in names if not ours.match(n)], [])
        self.assertTrue([n for n in names if n.startswith("promoflow::load_flow(")])

    def test_the_process_library_exports_its_own_only(self):
        listing = run("nm", "-DC", "--defined-only", self.lib / "libpromoflow_process.so",
                      env=C_LOCALE)
        names = [line.split(" ", 2)[2] for line in listing.splitlines()]
        ours = re.compile(r"((typeinfo|typeinfo name|vtable) for )?promoflow"
                          r"(::ProcessExecutor|::read_process_commands|_process_)")
        self.assertEqual([n for n in names if not ours.match(n)], [])


if __name__ == "__main__":
    unittest.main()
