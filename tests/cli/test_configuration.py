#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Directories of manifests: validate, resolve, --config, manifests. The broken repository beside
this file has every problem that only shows when the files are read together."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PROMOFLOW_PROGRAM"]
HERE = Path(__file__).resolve().parent
BROKEN = HERE / "configuration" / "broken"
HOOKS = HERE.parent / "corpus" / "hooks"

CODES = {
    "duplicate-document", "ambiguous-name", "unknown-flow", "unknown-promotion-template",
    "unknown-workflow", "policy-never-applies", "not-a-promotion-workflow", "missing-permission",
    "excessive-permission", "context-not-exported", "invalid-parameter",
    "context-key-never-written", "context-key-may-be-missing", "failure-argument-elsewhere",
    "context-key-race", "context-key-unused",
}

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec:
  triggerEnvironment: dev
  steps:
    - {environment: staging, dependsOn: [dev], hooks: {onFail: jira-open-bug}}
    - {environment: production, dependsOn: [staging]}
  hooks: {onFail: slack-fail-hook}
---
apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing}
spec:
  promotionFlows:
    - name: to-prod
      gitTriggerSelectors: [{key: gitRevision, operator: In, values: [main]}]
---
apiVersion: codefresh.io/v1beta1
kind: PromotionPolicy
metadata: {name: by-request}
spec: {policy: {action: pr}, selector: {targetEnvironment: {names: [production]}}}
"""


def run(*arguments, cwd=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        (self.path / "flow.yaml").write_text(FLOW)
        for file in HOOKS.glob("*.yaml"):
            (self.path / file.name).write_text(file.read_text())

    def test_the_broken_repository_has_every_problem(self):
        result = run("validate", BROKEN, "--format", "json")
        self.assertEqual(result.returncode, 1)
        found = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(CODES - {problem["code"] for problem in found}, set())
        for problem in found:
            self.assertGreater(problem["line"], 0)
            self.assertTrue(problem["message"])
            if problem["code"] in {"duplicate-document", "context-key-race", "missing-permission"}:
                self.assertTrue(problem["related"], problem)

    def test_hidden_files_and_links_are_left_out(self):
        (self.path / ".hidden").mkdir()
        (self.path / ".hidden" / "bad.yaml").write_text("kind: PromotionFlow\n")
        (self.path / "link.yaml").symlink_to(BROKEN / "products" / "billing.yaml")
        (self.path / "links").symlink_to(BROKEN)
        result = run("validate", self.path)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("(1 flow, 3 environments, 2 hooks, 6 files)", result.stdout)

    def test_the_walkthrough_says_in_which_run_the_key_is_missing(self):
        result = run("validate", ".", cwd=self.path)
        self.assertIn("flow.yaml:9:19: warning: the release's onFail hook 'slack-fail-hook' "
                      "requires the context key 'JIRA_ISSUE_URL', which is missing when the "
                      "promotion into 'production' fails", result.stdout)
        self.assertEqual(run("validate", ".", "--strict", cwd=self.path).returncode, 1)
        (self.path / "context.jsonc").write_text('{"JIRA_ISSUE_URL": ""}')
        result = run("validate", ".", "--context", "context.jsonc", cwd=self.path)
        self.assertNotIn("JIRA_ISSUE_URL", result.stdout)

    def test_sarif_has_the_other_places(self):
        log = json.loads(run("validate", BROKEN, "--format", "sarif").stdout)
        results = log["runs"][0]["results"]
        related = [result for result in results if "relatedLocations" in result]
        self.assertTrue(related)
        for result in related:
            for place in result["relatedLocations"]:
                self.assertIn("startLine", place["physicalLocation"]["region"])
                self.assertTrue(place["message"]["text"])

    def test_a_directory_without_a_flow_says_so(self):
        (self.path / "flow.yaml").unlink()
        result = run("validate", self.path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the directory holds no PromotionFlow in its 5 files [missing-field]",
                      result.stdout)

    def test_resolve_prints_one_json_object(self):
        result = run("resolve", self.path, "--product", "billing", "--revision", "main",
                     "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout), {
            "product": "billing", "flow": {"name": "to-prod", "rejected": []},
            "environments": [
                {"name": "staging",
                 "policy": {"action": {"value": "commit", "origin": "default"}},
                 "lost": [{"policy": "by-request", "why": "no match: targetEnvironment.names"}]},
                {"name": "production",
                 "policy": {"action": {"value": "pr", "origin": "policy by-request"}},
                 "lost": []}]})
        none = run("resolve", self.path, "--product", "billing", "--format", "json")
        self.assertEqual(none.returncode, 1)
        answer = json.loads(none.stdout)
        self.assertEqual((answer["flow"]["name"], answer["environments"]), (None, []))
        self.assertIn("gitRevision", answer["flow"]["rejected"][0]["why"])

    def test_resolve_refuses_what_is_not_there(self):
        call = ("resolve", self.path, "--revision", "main", "--product")
        one = run(*call, "billing", "--environment", "prodution")
        self.assertEqual((one.returncode, one.stdout), (1, ""))
        self.assertIn("unknown-environment", one.stderr)
        self.assertIn("did you mean 'production'?", one.stderr)
        self.assertEqual(run(*call, "biling").returncode, 1)
        self.assertEqual(run("resolve", BROKEN, "--product", "billing").returncode, 1)
        self.assertIn("unknown-flow", run("resolve", BROKEN, "--product", "billing").stderr)

    def test_simulate_takes_the_flow_of_a_trigger_with_its_policies(self):
        result = run("simulate", "--config", self.path, "--product", "billing", "--revision",
                     "main", "--format", "jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('"environment":"production","attempt":1,"policy":{"action":"pr"}',
                      result.stdout)
        other = run("simulate", "--config", self.path, "--product", "billing")
        self.assertEqual(other.returncode, 1)
        self.assertIn("no flow of product billing is started", other.stderr)
        self.assertEqual(run("simulate", "--config", self.path).returncode, 2)
        self.assertEqual(run("simulate").returncode, 2)

    def test_the_data_flow_is_drawn_in_every_format(self):
        (self.path / "jira-open-bug.733e.yaml").write_text(
            (HOOKS / "jira-open-bug.733e.yaml").read_text().replace(
                "    version: 0.0.1\n",
                "    version: 0.0.1\n    promoflow.dev/exports: JIRA_ISSUE_URL\n", 1))
        for form in ("text", "mermaid", "dot", "svg"):
            result = run("graph", "--config", self.path, "--flow", "to-prod", "--data", "--format",
                         form)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("JIRA", result.stdout)  # Mermaid escapes the rest of the key.
            self.assertIn("jira-open-bug", result.stdout)
            self.assertNotIn("RELEASE", result.stdout)  # A default argument is no context key.
            self.assertNotIn("environments", result.stdout)
            self.assertNotIn("trigger", result.stdout)
            if form == "text":
                summary = result.stdout.splitlines()[1]
                self.assertRegex(summary, r"^\d+ hooks? and \d+ context keys?: "
                                          "who exports which key to whom$")
            if form == "svg":
                self.assertIn(f'<desc id="desc">{summary}.', result.stdout)

    def test_the_manifests_of_a_service_account_pass_their_own_check(self):
        text = run("manifests", "service-account", "--name", "hook").stdout
        (self.path / "account.yaml").write_text(text)
        result = run("validate", self.path)
        self.assertNotIn("permission", result.stdout)
        self.assertEqual(run("manifests", "service-account", "--name", "A B").returncode, 2)


if __name__ == "__main__":
    unittest.main()
