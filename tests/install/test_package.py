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
ENGINE_CONSUMER = (  # Refused for want of a store.
    "#include <promoflow/engine.hpp>\n"
    "#include <promoflow/sqlite_store.hpp>\n"
    "int main() {\n"
    "  const bool opens = promoflow::open_sqlite_store(\"/nowhere/db\").has_value();\n"
    "  return opens || promoflow::Engine::create({}) ? 1 : 0;\n"
    "}\n")
ARGO_CONSUMER = (  # Refused for want of a kubeconfig.
    "#include <promoflow/argo_executor.hpp>\n"
    "int main() {\n"
    "  promoflow::ArgoOptions options;\n"
    "  options.kubeconfig = \"/nowhere/config\";\n"
    "  return promoflow::ArgoExecutor::create(options) ? 1 : 0;\n"
    "}\n")
CONSUMERS = (("process", PROCESS_CONSUMER), ("engine", ENGINE_CONSUMER), ("argo", ARGO_CONSUMER))
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
ARGO_CONSUMER_IN_C = (
    "#include <promoflow/promoflow_argo.h>\n"
    "int main(void) {\n"
    "  promoflow_buffer* out = NULL;\n"
    "  promoflow_status done = promoflow_argo_host_manifests(promoflow_text(\"a\"),\n"
    "                                                        promoflow_text(\"b\"), &out, NULL);\n"
    "  promoflow_buffer_free(out);\n"
    "  return done == PROMOFLOW_OK ? 0 : 1;\n"
    "}\n")
CONSUMERS_IN_C = (("process", PROCESS_CONSUMER_IN_C), ("argo", ARGO_CONSUMER_IN_C))
DURABLE_CONSUMER = (  # It must find the supervisor.
    "#include <promoflow/process_executor.hpp>\n"
    "#include <cstdio>\n"
    "int main(int, char** arguments) {\n"
    "  promoflow::ProcessOptions options;\n"
    "  options.work_directory = arguments[1];\n"
    "  options.durable = true;\n"
    "  const auto made = promoflow::ProcessExecutor::create(options);\n"
    "  if (!made) std::puts(made.error().message.c_str());\n"
    "  return made ? 0 : 1;\n"
    "}\n")
LIBRARIES = ("promoflow", "promoflow_process", "promoflow_engine", "promoflow_argo")
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

    def exported(self, library):
        """The names that a shared library defines, without those of its symbols' versions."""
        listing = run("nm", "-DC", "--defined-only", "--without-symbol-versions",
                      self.lib / library, env=C_LOCALE)
        found = [line.split(" ", 2) for line in listing.splitlines()]
        return [name for _, kind, name in found if kind != "A"]

    def test_everything_is_where_it_belongs_and_nothing_else(self):
        lib = self.lib.relative_to(self.prefix)
        headers = {f"include/promoflow/{p.name}"
                   for p in (SOURCE / "include" / "promoflow").glob("*.hpp")}
        headers |= {f"include/promoflow/{name}.h" for name in (*LIBRARIES, "promoflow_batch")}
        package = {f"{lib}/cmake/promoflow/{name}" for name in (
            "promoflow-config.cmake", "promoflow-config-version.cmake", "promoflow-targets.cmake",
            "FindLibYaml.cmake")}
        shell = {f"share/man/man1/promoflow-{command}.1" for command in (
            "validate", "simulate", "graph", "explore", "diff", "resolve", "manifests", "schema",
            "completion", "run", "resume", "list", "show", "logs", "approve", "reject", "answer",
            "retry", "terminate", "export", "verify", "replay", "prune")}
        shell |= {"share/man/man1/promoflow.1"}
        shell |= {"share/bash-completion/completions/promoflow",
                  "share/zsh/site-functions/_promoflow",
                  "share/fish/vendor_completions.d/promoflow.fish"}
        found = self.installed()
        per_build_type = {f for f in found if re.search(r"promoflow-targets-\w+\.cmake$", f)}
        self.assertEqual(len(per_build_type), 1)
        self.assertEqual(found - per_build_type, headers | package | shell | {
            "bin/promoflow", "libexec/promoflow/promoflow-supervisor",
            "share/doc/promoflow/LICENSE",
            f"{lib}/libpromoflow_store_conformance.a",
            *(f"{lib}/lib{name}.a" for name in LIBRARIES)}
            | {f"{lib}/lib{name}.so{version}"
               for name in (*LIBRARIES, *(library + "_c" for library in LIBRARIES))
               for version in ("", ".0" if name.endswith("_c") else ".0.2", ".0.2.0")}
            | {f"{lib}/pkgconfig/{name}.pc"
               for name in (*LIBRARIES, *(library + "_c" for library in LIBRARIES))})

    def test_the_installed_program_runs_on_its_own(self):
        program = self.prefix / "bin" / "promoflow"
        self.assertIn("0.2.0", run(program, "--version"))
        self.assertFalse([n for n in self.needed(program) if "promoflow" in n])

    def test_a_consumer_links_the_shared_library_by_default(self):
        program = self.build_consumer("shared")
        self.assertEqual(run(program), PRINTED)
        self.assertIn("libpromoflow.so.0.2", self.needed(program))

    def test_a_consumer_links_the_static_library_by_component(self):
        program = self.build_consumer("static", "-DCONSUMER_COMPONENTS=static")
        self.assertEqual(run(program), PRINTED)
        self.assertFalse([n for n in self.needed(program) if "promoflow" in n])

    def test_a_consumer_links_the_static_library_by_variable(self):
        program = self.build_consumer("variable", "-Dpromoflow_USE_STATIC_LIBS=ON")
        self.assertFalse([n for n in self.needed(program) if "promoflow" in n])

    def test_a_consumer_links_a_component(self):
        for name, source in CONSUMERS:
            for kind in ("", " static"):
                with self.subTest(component=name + kind):
                    self.build_component(name, kind, source)

    def build_component(self, name, kind, source):
        folder = self.scratch / (name + kind).replace(" ", "-")
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(runner LANGUAGES CXX)\n"
            f"find_package(promoflow 0.2 REQUIRED COMPONENTS {name}{kind})\n"
            "add_executable(runner main.cpp)\n"
            f"target_link_libraries(runner PRIVATE promoflow::{name})\n")
        (folder / "main.cpp").write_text(source)
        configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run(CMAKE, "--build", folder / "build")
        program = folder / "build" / "runner"
        run(program)
        self.assertEqual(f"libpromoflow_{name}.so.0.2" in self.needed(program), kind == "")

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

    def test_a_consumer_of_a_component_with_pkg_config(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        for name, text in CONSUMERS:
            with self.subTest(component=name):
                flags = run("pkg-config", "--cflags", "--libs", f"promoflow_{name}", env=env)
                program, source = self.scratch / f"plain-{name}", self.scratch / f"{name}.cpp"
                source.write_text(text)
                run(CXX, "-std=c++20", source, *flags.split(), "-o", program)
                run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(self.lib)))

    def test_the_supervisor_is_found_wherever_the_whole_was_installed(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow_process", env=env)
        program, source = self.scratch / "durable", self.scratch / "durable.cpp"
        source.write_text(DURABLE_CONSUMER)
        run(CXX, "-std=c++20", source, *flags.split(), "-o", program)
        env["LD_LIBRARY_PATH"] = str(self.lib)
        run(program, self.scratch / "work", env=env)
        supervisor = self.prefix / "libexec" / "promoflow" / "promoflow-supervisor"
        self.assertFalse(self.needed(supervisor))  # It is small, and needs nothing.
        moved = supervisor.rename(self.scratch / "moved")
        self.addCleanup(moved.rename, supervisor)
        done = subprocess.run([program, self.scratch / "work"], env=env, text=True,
                              stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("promoflow-supervisor is neither beside this program nor", done.stdout)

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
            self.assertEqual("libpromoflow.so.0.2" in self.needed(program), kind == "")

    def test_a_consumer_in_c_needs_no_header_of_c_plus_plus(self):
        """[H35] Neither tl::expected nor a C++ compiler, for the shared and the static library."""
        for components in ("c", "c static", "static", ""):
            with self.subTest(components=components):
                folder = self.scratch / f"only-c-{components.replace(' ', '-')}"
                folder.mkdir()
                target = "c" if "c" in components.split() else "promoflow"
                (folder / "CMakeLists.txt").write_text(
                    "cmake_minimum_required(VERSION 3.22)\nproject(user LANGUAGES C)\n"
                    "set(CMAKE_DISABLE_FIND_PACKAGE_tl-expected ON)\n"
                    f"find_package(promoflow 0.2 REQUIRED COMPONENTS {components})\n"
                    f"add_executable(user {C_EXAMPLE})\n"
                    f"target_link_libraries(user PRIVATE promoflow::{target})\n")
                run(CMAKE, "-S", folder, "-B", folder / "build", "-G", "Ninja",
                    f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_PREFIX_PATH={self.prefix}")
                run(CMAKE, "--build", folder / "build")
                program = folder / "build" / "user"
                self.assertEqual(run(program), C_EXAMPLE.with_suffix(".txt").read_text())
                ours = [name for name in self.needed(program) if "promoflow" in name]
                self.assertEqual(ours, {"c": ["libpromoflow_c.so.0"], "": ["libpromoflow.so.0.2"]}
                                 .get(components, []))

    def test_a_consumer_in_c_of_a_component(self):
        """[H35] It goes with the library for C, and with no other."""
        for name, text in CONSUMERS_IN_C:
            with self.subTest(component=name):
                folder = self.scratch / f"{name}-c"
                folder.mkdir()
                (folder / "main.c").write_text(text)
                (folder / "CMakeLists.txt").write_text(
                    "cmake_minimum_required(VERSION 3.22)\nproject(user LANGUAGES C)\n"
                    f"find_package(promoflow 0.2 REQUIRED COMPONENTS c {name})\n"
                    "add_executable(user main.c)\n"
                    f"target_link_libraries(user PRIVATE promoflow::{name}_c)\n")
                run(CMAKE, "-S", folder, "-B", folder / "build", "-G", "Ninja",
                    f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_PREFIX_PATH={self.prefix}")
                run(CMAKE, "--build", folder / "build")
                program = folder / "build" / "user"
                run(program)
                ours = {one for one in self.needed(program) if "promoflow" in one}
                self.assertLessEqual(ours, {f"libpromoflow_{name}_c.so.0", "libpromoflow_c.so.0"})
                self.assertIn(f"libpromoflow_{name}_c.so.0", ours)

    def test_a_component_that_cannot_be_is_refused(self):
        """[H35] C++ without tl::expected."""
        folder = self.scratch / "no-expected"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(user LANGUAGES CXX)\n"
            "set(CMAKE_DISABLE_FIND_PACKAGE_tl-expected ON)\n"
            "find_package(promoflow 0.2 REQUIRED COMPONENTS cxx)\n")
        with self.assertRaisesRegex(AssertionError, "tl-expected"):
            configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_a_static_program_in_c_with_plain_compiler_and_pkg_config(self):
        """[H35] Libs.private names all that a linker for C has to know."""
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--static", "--cflags", "--libs", "promoflow", env=env).split()
        program = self.scratch / "static-c"
        run(CC, "-std=c99", C_EXAMPLE, "-static", *flags, "-o", program)
        self.assertEqual(run(program), C_EXAMPLE.with_suffix(".txt").read_text())
        process = run("pkg-config", "--static", "--libs", "promoflow_process", env=env)
        self.assertRegex(process, r"-lpromoflow_process\b.*-lpromoflow\b.*-lyaml\b.*-lstdc\+\+")

    def test_a_consumer_of_the_library_for_c_with_pkg_config(self):
        """[H28] Its SONAME is the major version of the C ABI."""
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow_c", env=env).split()
        program = self.scratch / "plain-abi"
        run(CC, "-std=c99", C_EXAMPLE, *flags, "-o", program)
        env["LD_LIBRARY_PATH"] = str(self.lib)
        self.assertEqual(run(program, env=env), C_EXAMPLE.with_suffix(".txt").read_text())
        self.assertEqual([n for n in self.needed(program) if "promoflow" in n],
                         ["libpromoflow_c.so.0"])

    def test_another_string_or_vector_does_not_link(self):
        """[H28] Parts that do not agree on the standard library's types must not run together."""
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.lib / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "promoflow", env=env).split()
        for macro, name in (("-D_GLIBCXX_DEBUG", "v0_2_debug"),
                            ("-D_GLIBCXX_USE_CXX11_ABI=0", "v0_2_oldstring")):
            with self.subTest(macro=macro):
                with self.assertRaisesRegex(
                        AssertionError, rf"undefined reference to `promoflow::{name}::"):
                    run(CXX, "-std=c++20", macro, CONSUMER / "main.cpp", *flags,
                        "-o", self.scratch / "mismatch", env=C_LOCALE)

    def test_targets_of_the_surrounding_project_are_taken(self):
        """[H27] Nothing is looked for, or downloaded, that the project has already."""
        folder = self.scratch / "host-targets"
        (folder / "headers").mkdir(parents=True)
        for library in ("nlohmann", "tl", "fmt", "boost"):
            (folder / "headers" / library).symlink_to(f"/usr/include/{library}")
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(host LANGUAGES CXX)\n"
            "foreach(name tl::expected nlohmann_json::nlohmann_json fmt::fmt Boost::headers)\n"
            "  add_library(${name} INTERFACE IMPORTED GLOBAL)\n"
            "  target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR}/headers)\n"
            "endforeach()\n"
            "add_library(yaml INTERFACE IMPORTED GLOBAL)\n"
            "target_link_libraries(yaml INTERFACE /usr/lib/of-the-host/libyaml.a)\n"
            "foreach(name tl-expected nlohmann_json fmt LibYaml Boost)\n"
            "  set(CMAKE_DISABLE_FIND_PACKAGE_${name} ON)\nendforeach()\n"
            "set(PROMOFLOW_FETCH_DEPENDENCIES OFF)\n"
            f"add_subdirectory({SOURCE} promoflow)\n")
        configure(folder, folder / "build")
        commands = run("ninja", "-C", folder / "build", "-t", "commands", "promoflow_shared")
        self.assertIn(f"{folder}/headers", commands)
        self.assertIn("/usr/lib/of-the-host/libyaml.a", commands)

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

    def test_a_host_that_builds_its_files_as_one_does_not_do_so_with_ours(self):
        """[H26] Files of ours use the same names for what is local to a file. The host's own files
        are put together all the same, and in optimised builds those of ours that can be."""
        folder = self.scratch / "unity"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(host LANGUAGES C CXX)\n"
            "set(CMAKE_UNITY_BUILD ON)\n"
            f"add_subdirectory({SOURCE} promoflow)\n"
            f"add_executable(host {CONSUMER / 'main.cpp'})\n"
            "target_link_libraries(host PRIVATE promoflow::static)\n")
        for kind, ours in (("Debug", set()), ("Release", {"unity_machine_cxx.cxx"})):
            with self.subTest(kind=kind):
                build = folder / kind
                configure(folder, build, f"-DCMAKE_BUILD_TYPE={kind}", *(
                    f"-DPROMOFLOW_BUILD_{part}=ON"
                    for part in ("CLI", "TESTS", "EXAMPLES", "PROCESS", "ENGINE", "ARGO")))
                made = {path.relative_to(build) for path in build.rglob("unity_*.c*")}
                self.assertEqual({path.name for path in made if path.parts[0] == "promoflow"}, ours)
                self.assertTrue([path for path in made if path.parts[0] != "promoflow"])

    def test_the_link_interface_is_one_header(self):
        text = (self.package / "promoflow-targets.cmake").read_text()
        links = re.findall(r'INTERFACE_LINK_LIBRARIES "(.*?)"', text)
        self.assertEqual(sorted(links), [
            r"\$<TARGET_NAME_IF_EXISTS:tl::expected>",
            r"\$<TARGET_NAME_IF_EXISTS:tl::expected>;\$<LINK_ONLY:LibYaml::LibYaml>;"
            r"\$<LINK_ONLY:Threads::Threads>",
            "promoflow::c_shared", "promoflow::c_shared", "promoflow::c_shared",
            "promoflow::shared", "promoflow::shared", "promoflow::shared",
            r"promoflow::static;\$<LINK_ONLY:CURL::libcurl>",
            r"promoflow::static;\$<LINK_ONLY:SQLite::SQLite3>",
            "promoflow::static;dl"])
        for name in ("nlohmann", "fmt", "oost", "CLI11", "Catch"):
            self.assertNotIn(name, text)

    def test_the_public_headers_name_no_third_party(self):
        named = set()
        for header in (self.prefix / "include").rglob("*.hpp"):
            named |= set(re.findall(r"#include <(\w+)/", header.read_text()))
        self.assertEqual(named - {"promoflow"}, {"tl"})

    def test_the_shared_library_exports_its_namespace_only(self):
        names = self.exported("libpromoflow.so")
        ours = re.compile(r"((typeinfo|typeinfo name|vtable|guard variable) for )?"
                          r"promoflow(::v0_2::|_)")
        self.assertEqual([n for n in names if not ours.match(n)], [])
        self.assertTrue([n for n in names if n.startswith("promoflow::v0_2::load_flow(")])

    def test_the_process_library_exports_its_own_only(self):
        names = self.exported("libpromoflow_process.so")
        ours = re.compile(r"((typeinfo|typeinfo name|vtable) for )?promoflow"
                          r"(::v0_2::ProcessExecutor|::v0_2::read_process_commands|_process_)")
        self.assertEqual([n for n in names if not ours.match(n)], [])
        self.assertTrue([n for n in names if "ProcessExecutor::create(" in n])

    def test_the_libraries_for_c_export_c_only(self):
        for library, prefix in (("libpromoflow_c.so", "promoflow_"),
                                ("libpromoflow_process_c.so", "promoflow_process_"),
                                ("libpromoflow_argo_c.so", "promoflow_argo_")):
            self.assertEqual([n for n in self.exported(library) if not n.startswith(prefix)], [])


if __name__ == "__main__":
    unittest.main()
