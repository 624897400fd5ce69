#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The GitHub workflow and the pre-commit hook of docs/configuration.md do what the guide says, in a
scratch repository."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(os.environ["PROMOFLOW_PROGRAM"]).resolve()
SOURCE = Path(os.environ["PROMOFLOW_SOURCE_DIR"])
GUIDE = (SOURCE / "docs" / "configuration.md").read_text(encoding="utf-8")

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec: {triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [UPSTREAM]}]}
"""


def block(first_line):
    """The block of YAML that begins with this comment."""
    return re.search(r"^```yaml\n# " + re.escape(first_line) + r"\n(.*?)^```$", GUIDE,
                     re.MULTILINE | re.DOTALL).group(1)


def value(text, key):
    return re.search(rf"^ *(?:- )?{key}: (.*)$", text, re.MULTILINE).group(1)


class Guide(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.environment = {
            **os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}

    def run_in(self, *command):
        return subprocess.run(command, cwd=self.path, env=self.environment, text=True,
                              capture_output=True)

    def write_flow(self, upstream):
        (self.path / "flow.yaml").write_text(FLOW.replace("UPSTREAM", upstream))

    def test_the_workflow_fails_and_leaves_what_is_uploaded(self):
        workflow = block(".github/workflows/promotions.yaml")
        script = value(workflow, "run")
        uploaded = re.search(r"sarif_file: (\S+?)}", workflow).group(1)
        for upstream, status in (("dev", 0), ("devv", 1)):
            self.write_flow(upstream)
            done = self.run_in("bash", "-e", "-c", script)  # As GitHub runs a step.
            self.assertEqual(done.returncode, status, done.stderr)
            log = json.loads((self.path / uploaded).read_text(encoding="utf-8"))
            errors = [one for one in log["runs"][0]["results"] if one["level"] == "error"]
            self.assertEqual(len(errors), status)
        place = errors[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.assertEqual(place, "flow.yaml")

    def test_the_hook_refuses_a_commit_with_an_error(self):
        hook = block(".pre-commit-config.yaml")
        # What pre-commit does with a local hook of the system: nothing is downloaded for it.
        self.assertEqual((value(hook, "language"), value(hook, "pass_filenames")),
                         ("system", "false"))
        self.assertEqual(self.run_in("git", "init", "-q", ".").returncode, 0)
        script = self.path / ".git" / "hooks" / "pre-commit"
        script.write_text("#!/bin/sh\ngit diff --cached --name-only | "
                          f"grep -qE '{value(hook, 'files')}' || exit 0\n{value(hook, 'entry')}\n")
        script.chmod(0o755)

        def commit(file):
            self.assertEqual(self.run_in("git", "add", file).returncode, 0)
            return self.run_in("git", "commit", "-q", "-m", "Change it")

        self.write_flow("devv")
        refused = commit("flow.yaml")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("flow.yaml:4:", refused.stdout + refused.stderr)
        self.assertIn("did you mean 'dev'", refused.stdout + refused.stderr)
        self.write_flow("dev")
        taken = commit("flow.yaml")
        self.assertEqual(taken.returncode, 0, taken.stderr)
        self.write_flow("devv")  # Not in the next commit, which has no manifest.
        (self.path / "notes.txt").write_text("x")
        self.assertEqual(commit("notes.txt").returncode, 0)


if __name__ == "__main__":
    unittest.main()
