# SPDX-License-Identifier: Apache-2.0
"""./dev is short, documents its commands, refuses unknown ones, and ends its children on Ctrl-C."""

import json
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"bench", "build", "clean", "cluster", "coverage", "cppcheck", "demo", "docs", "format",
            "fuzz", "help", "lint", "playground", "prove", "test", "trace", "tsan", "valgrind"}


def call(*words):
    return subprocess.run([str(word) for word in words], cwd=ROOT, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Dev(unittest.TestCase):
    def test_it_has_fewer_than_200_lines(self):
        self.assertLess(len((ROOT / "dev").read_text().splitlines()), 200)

    def test_help_lists_every_command(self):
        done = call("./dev", "help")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(re.findall(r"^\./dev (\w+)", done.stdout, re.MULTILINE)), COMMANDS)
        self.assertEqual(call("./dev").stdout, done.stdout)

    def test_what_it_does_not_know_ends_with_2(self):
        for words, message in ((["nonsense"], "no such command: nonsense"),
                               (["test", "nonsense"], "no such part: nonsense"),
                               (["prove", "--nonsense"], "no such option of prove: --nonsense")):
            with self.subTest(words=words):
                done = call("./dev", *words)
                self.assertEqual(done.returncode, 2)
                self.assertIn(message, done.stderr)

    def open_playground(self, programs):
        """`./dev playground --open` in a folder where everything that it calls is a stand-in that
        writes down its call; gives how it ended, and the calls."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            stand_in = "#!/bin/sh\necho \"${0##*/} $*\" >> calls\n"
            for path in ("tools/wasm.sh", "examples/playground/check.sh",
                         *(f"bin/{program}" for program in programs)):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(stand_in)
                (folder / path).chmod(0o755)
            for path in ("dev", "tools/common.sh"):
                shutil.copy(ROOT / path, folder / path)
            for program in ("bash", "sh", "dirname", "env"):
                (folder / "bin" / program).symlink_to(shutil.which(program))
            done = subprocess.run([folder / "dev", "playground", "--open"], text=True, check=False,
                                  env={"PATH": str(folder / "bin")}, capture_output=True)
            return done, (folder / "calls").read_text().splitlines()

    def test_the_playground_is_opened_by_what_opens_files_here(self):
        built = ["wasm.sh ", "check.sh build"]
        for programs, opener in ((["npm", "xdg-open"], "xdg-open"), (["npm", "open"], "open"),
                                 (["npm", "open", "xdg-open"], "xdg-open")):
            with self.subTest(programs=programs):
                done, calls = self.open_playground(programs)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(calls, [*built, f"{opener} build/playground/index.html"])
        done, calls = self.open_playground(["npm"])
        self.assertEqual((done.returncode, calls), (2, built))
        self.assertIn("neither xdg-open nor open", done.stderr)

    def test_its_signals_reach_the_children_of_its_children(self):
        script = ". tools/common.sh; run sh -c 'sh -c \"echo started; exec tail -f /dev/null\"'"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                process = subprocess.Popen(["bash", "-c", script], cwd=ROOT, text=True,
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                self.assertEqual(process.stdout.readline(), "started\n")
                process.send_signal(number)
                # The output ends once every process that has it open is gone.
                _, errors = process.communicate()
                self.assertEqual(process.returncode, 130)
                self.assertIn("dev: interrupted", errors)

    def test_the_packages_of_each_set_can_be_listed(self):
        listed = {name: set(call("tools/setup-debian.sh", "--list", name).stdout.split())
                  for name in ("build", "test", "lint", "all")}
        self.assertIn("cmake", listed["build"])
        self.assertLess(listed["build"], listed["test"])
        self.assertLess(listed["lint"], listed["all"])
        self.assertEqual(call("tools/setup-debian.sh", "nonsense").returncode, 2)


class Presets(unittest.TestCase):
    def setUp(self):
        self.presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))

    def test_the_file_asks_for_the_cmake_that_its_version_needs(self):
        # Workflow presets came with version 6, which came with CMake 3.25.
        self.assertEqual(self.presets["version"], 6)
        self.assertEqual(self.presets["cmakeMinimumRequired"]["minor"], 25)

    def test_each_configuration_has_a_workflow(self):
        configured = {one["name"] for one in self.presets["configurePresets"]
                      if not one.get("hidden")}
        workflows = {step["name"] for one in self.presets["workflowPresets"]
                     for step in one["steps"] if step["type"] == "configure"}
        self.assertEqual(configured, workflows)

    def test_the_scripts_use_presets_that_exist(self):
        built = {one["name"] for one in self.presets["buildPresets"]}
        scripts = [ROOT / "dev", *(ROOT / "tools").glob("*.sh")]
        used = {name for script in scripts for name in re.findall(
            r"^\s*(?:sanitize\(\) \{ )?build ([a-z-]+)\b", script.read_text(), re.MULTILINE)}
        self.assertGreater(len(used), 5)
        self.assertLessEqual(used, built)


if __name__ == "__main__":
    unittest.main()
