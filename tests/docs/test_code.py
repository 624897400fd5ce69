# SPDX-License-Identifier: Apache-2.0
"""[H32] Every block of code in the documentation is compiled and run, or is part of a program that
is: C++, C, CMake, shell, YAML; the Python package's own tests run those in Python."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from documents import BUILD, PAGES, PROGRAM, SOURCE, blocks, text_of

CC = os.environ.get("CC", "cc")
CXX = os.environ.get("CXX", "c++")
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
HERE = Path(__file__).resolve().parent
RUN_ELSEWHERE = {  # Which test runs the blocks of this language, if not one of this file.
    "console": "test_docs.py", "text": "test_docs.py", "python": "bindings/python/tests",
    "mermaid": "tools/diagram.py", "": "plain text", "ini": "systemd, which is not here",
}
HAS_ARGO = (BUILD / "libpromoflow_argo.so").exists()
LANGUAGES = {"cpp", "c", "cmake", "sh", "yaml"}


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], text=True, encoding="utf-8",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=240, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}")
    return done.stdout


def include_flags():
    """Where this build finds its headers: ours, and those of tl::expected."""
    flags = [f"-I{SOURCE / 'include'}", f"-I{BUILD / 'capi'}"]
    database = BUILD / "compile_commands.json"
    entries = json.loads(text_of(database)) if database.exists() else []
    for entry in entries:
        if "/examples/01" in entry["file"]:
            words = shlex.split(entry["command"])
            for word, following in zip(words, words[1:] + [""]):
                if word == "-isystem":
                    flags += [word, following]
                elif word.startswith("-I"):
                    flags.append(word)
    return flags


def pages_with(language, leave_out=lambda block: False):
    """The blocks of each page in a language, by the page's path."""
    found = {}
    for where, block in blocks(language):
        if not leave_out(block):
            found.setdefault(where.split(":")[0], []).append(block)
    return found


class Code(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-docs-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.prefix = cls.scratch / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.library = next(cls.prefix.glob("**/libpromoflow.so")).parent
        cls.environment = dict(
            os.environ, PKG_CONFIG_PATH=str(cls.library / "pkgconfig"),
            LD_LIBRARY_PATH=str(cls.library),
            PATH=f"{Path(PROGRAM).resolve().parent}:{os.environ.get('PATH', '')}")
        cls.environment.pop("COLUMNS", None)

    def build_page(self, page, parts, compiler, flags):
        """The page's blocks, one after another, with an end from tests/docs/pages, as a program."""
        end = HERE / "pages" / f"{Path(page).stem}.{'c' if compiler == CC else 'cpp'}"
        self.assertTrue(end.exists(), f"{page}: there is no {end}, so its code is never run")
        source = self.scratch / end.name
        source.write_text("\n".join([*parts, text_of(end)]), encoding="utf-8")
        program = source.with_suffix(".exe")
        run(*shlex.split(compiler), *flags, "-Wall", "-Wextra", "-Werror", *include_flags(), source,
            f"-L{BUILD}", f"-Wl,-rpath,{BUILD}", "-lpromoflow_store_conformance",
            *(["-lpromoflow_argo"] if HAS_ARGO else []),
            "-lpromoflow_engine", "-lpromoflow_process", "-lpromoflow", "-pthread", "-o", program)
        return program

    def test_every_language_has_a_test(self):
        found = {language for page in PAGES
                 for language in re.findall(r"^```(\w*)\n.*?^```$", text_of(page),
                                            re.MULTILINE | re.DOTALL)}
        self.assertEqual(found - LANGUAGES - set(RUN_ELSEWHERE), set())

    def test_cpp_is_code_of_an_example_or_runs(self):
        examples = [text_of(path) for path in (SOURCE / "examples").glob("*/*.?pp")]
        pages = pages_with("cpp", lambda block: any(block in text for text in examples))
        self.assertGreaterEqual(set(pages), {"docs/embedding.md", "docs/executors.md"})
        self.assertNotIn("README.md", pages, "no example has this code")
        words = {"docs/executors.md": (self.scratch / "commands.yaml", self.scratch / "journal")}
        (self.scratch / "commands.yaml").write_text(
            "".join(block for _, block in blocks("yaml", [SOURCE / "docs" / "executors.md"])))
        for page, parts in pages.items():
            with self.subTest(page=page):
                program = self.build_page(page, parts, CXX, ["-std=c++20"])
                self.assertEqual(run(program, *words.get(page, ()))[-3:], "ok\n")

    def test_c_runs(self):
        pages = pages_with("c")
        self.assertGreaterEqual(set(pages), {"docs/c-abi.md", "docs/c-executors.md"})
        if not HAS_ARGO:  # This build was made without libcurl.
            del pages["docs/argo-c.md"]
        for page, parts in pages.items():
            with self.subTest(page=page):
                program = self.build_page(page, parts, CC, ["-std=c99", "-pedantic"])
                self.assertEqual(run(program, self.scratch / "work")[-3:], "ok\n")

    def test_cmake_builds(self):
        found = list(blocks("cmake"))
        self.assertGreaterEqual(len(found), 2)
        for number, (where, block) in enumerate(found):
            folder = self.scratch / f"cmake-{number}"
            (folder / "third_party").mkdir(parents=True)
            (folder / "third_party" / "promoflow").symlink_to(SOURCE)
            shutil.copy(SOURCE / "tests" / "install" / "consumer" / "main.cpp",
                        folder / "engine.cpp")
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.22)\nproject(engine LANGUAGES C CXX)\n"
                f"add_executable(engine engine.cpp)\n{block}")
            with self.subTest(where=where):
                run(CMAKE, "-S", folder, "-B", folder / "build", "-G", "Ninja",
                    f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_PREFIX_PATH={self.prefix}")
                if "find_package" in block:  # The other one would build the library anew.
                    run(CMAKE, "--build", folder / "build")
                    self.assertIn("billing", run(folder / "build" / "engine"))

    def test_yaml_is_what_it_is_for(self):
        flow = None
        for where, block in blocks("yaml"):
            with self.subTest(where=where):
                lines = [line for line in block.splitlines() if not line.startswith("#")]
                keys = {line.split(":")[0] for line in lines if re.match(r"\w", line)}
                file = self.scratch / "block.yaml"
                file.write_text(block)
                if "kind: PromotionFlow" in block:
                    run(PROGRAM, "validate", file)
                    flow = self.scratch / "flow.yaml"
                    file.replace(flow)
                elif "outcomes" in keys:  # A scenario of the flow that the page has shown.
                    done = subprocess.run([PROGRAM, "simulate", flow, "--scenario", file],
                                          text=True, stdout=subprocess.PIPE,
                                          stderr=subprocess.STDOUT)
                    self.assertIn(done.returncode, (0, 1), done.stdout)  # How the release ended.
                    self.assertNotIn(f"{file}:", done.stdout)  # Nothing is wrong with the block.
                elif keys == {"properties"}:
                    self.check_properties(file)
                elif keys == {"applications"}:
                    self.check_applications(file)
                elif where.startswith("docs/configuration.md"):
                    self.check_configuration(block, keys)
                elif keys:  # Programs: the page's program reads them.
                    self.assertEqual(keys, {"hooks", "promotions"})
                    self.assertTrue(where.startswith("docs/executors.md"))

    def check_applications(self, file):
        """They are read before the cluster is looked for, of which there is none."""
        flow = self.scratch / "applications-flow.yaml"
        flow.write_text("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
                        "metadata: {name: checked}\nspec:\n  triggerEnvironment: dev\n"
                        "  steps:\n    - {environment: staging, dependsOn: [dev]}\n")
        nowhere = self.scratch / "no-kubeconfig"
        done = subprocess.run(
            [PROGRAM, "run", flow, "--executor", "argo", "--no-promotions", "--no-store",
             "--applications", file, "--kubeconfig", nowhere],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(str(nowhere), done.stdout)
        self.assertNotIn(f"{file}:", done.stdout)

    def check_properties(self, file):
        """Of a flow that has what they name; whether they hold is not asked."""
        flow = self.scratch / "properties-flow.yaml"
        flow.write_text("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
                        "metadata: {name: checked}\nspec:\n  triggerEnvironment: dev\n"
                        "  hooks: {onFail: slack-fail}\n  steps:\n"
                        "    - {environment: staging, dependsOn: [dev],"
                        " hooks: {onStart: security-scan}}\n"
                        "    - {environment: production, dependsOn: [staging]}\n")
        done = subprocess.run([PROGRAM, "explore", flow, "--check", file], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertIn(done.returncode, (0, 1), done.stdout)
        self.assertNotIn(f"{file}:", done.stdout)

    def check_configuration(self, block, keys):
        """A part of a flow or a template in a directory with the rest, or what calls validate."""
        if not keys <= {"hooks", "apiVersion", "kind", "metadata"}:
            self.assertRegex(block, r"(?m)^ *(?:-? *run|entry): promoflow validate \.")
            return
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        spec = block if keys == {"hooks"} else "hooks: {onFail: jira-open-bug}"
        (folder / "flow.yaml").write_text(
            "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: checked,\n"
            "  annotations: {promoflow.dev/initial-context: SUMMARY}}\nspec:\n"
            "  triggerEnvironment: dev\n"
            "  steps: [{environment: staging, dependsOn: [dev]}]\n"
            + textwrap.indent(spec, "  "))
        if "kind" in keys:
            (folder / "template.yaml").write_text(block)
        self.assertIn("1 flow", run(PROGRAM, "validate", folder))

    def run_line(self, line, folder):
        """One command of a shell block. What builds everything or installs is not run here, but it
        exists."""
        words = shlex.split(line, comments=True)
        if words[0] == "sqlite3":  # As the shell of SQLite, which need not be installed, does it.
            copy = str(folder / "copy.db")
            with sqlite3.connect(self.store) as database:
                database.execute(re.sub(r"'[^']*/[^']*'", f"'{copy}'", words[2]))
            self.assertTrue(os.path.getsize(copy) > 0)
        elif words[0] == "./dev":
            self.assertRegex(run(SOURCE / "dev", "help"), rf"\n?\./dev {words[1]}\b")
        elif words[0] == "tools/setup-debian.sh":
            run(SOURCE / words[0], "--list", *words[1:])
        elif words[:2] in (["cmake", "--workflow"], ["cmake", "--build"], ["ctest", "--preset"]):
            presets = json.loads(text_of(SOURCE / "CMakePresets.json"))
            kind = {"--workflow": "workflow", "--build": "build"}.get(words[1], "test")
            self.assertIn(words[words.index("--preset") + 1],
                          [preset["name"] for preset in presets[f"{kind}Presets"]])
        elif words[:2] == ["pip", "install"]:
            self.assertTrue((SOURCE / words[2] / "pyproject.toml").exists())
        else:
            printed = run("bash", "-euo", "pipefail", "-c", line, cwd=folder, env=self.environment)
            self.assertNotIn("No tests ran", printed)

    def test_commands_of_the_shell_work(self):
        folder = self.scratch / "shell"
        folder.mkdir()
        self.environment["XDG_STATE_HOME"] = str(self.scratch / "state")
        run(PROGRAM, "run", SOURCE / "examples" / "run" / "flow.yaml", "--hooks",
            SOURCE / "examples" / "run" / "hooks", "--set", "release.id=r-42",
            env=self.environment)  # The release that the pages look at.
        self.store = self.scratch / "state" / "promoflow" / "promoflow.db"
        for path in SOURCE.iterdir():
            if path.name != "build" and not path.name.startswith("."):
                (folder / path.name).symlink_to(path)
        (folder / "build").mkdir()
        (folder / "build" / "dev").symlink_to(BUILD)
        shutil.copy(SOURCE / "examples" / "c" / "host_loop.c", folder / "engine.c")
        shutil.copy(SOURCE / "examples" / "02-host-loop" / "main.cpp", folder / "engine.cpp")
        count = 0
        for where, block in blocks("sh"):
            if where.startswith("docs/argo.md"):
                continue  # tests/cluster/test_guide.py runs them where there is a cluster.
            for line in block.splitlines():
                if line.strip() and not line.startswith("#"):
                    with self.subTest(where=where, line=line):
                        self.run_line(line, folder)
                    count += 1
        self.assertGreater(count, 20)


if __name__ == "__main__":
    unittest.main()
