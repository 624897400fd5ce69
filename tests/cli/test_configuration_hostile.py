#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile directories of manifests: they are answered in bounded memory and output. What would take
exponential or quadratic time never ends here, and the test with it."""

import json
import os
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PROMOFLOW_PROGRAM"]
MEMORY = 1 << 30

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: f}
spec: {triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev]}]}
"""


def run(*arguments, memory=MEMORY):
    def bounded():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          preexec_fn=bounded)


def product(selectors):
    return json.dumps({
        "apiVersion": "codefresh.io/v1beta1", "kind": "Product", "metadata": {"name": "p"},
        "spec": {"promotionFlows": [{"name": "f", "gitTriggerSelectors": selectors}]}})


class HostileConfiguration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        (self.path / "flow.yaml").write_text(FLOW)

    def resolved(self, *arguments):
        result = run("resolve", self.path, "--product", "p", "--format", "json", *arguments)
        self.assertEqual(result.stderr, "")
        return json.loads(result.stdout)["flow"]

    def test_a_thousand_files_with_a_thousand_mistakes_each(self):
        mistakes = "".join(f"  wrong{i}: {i}\n" for i in range(1000))
        text = ("apiVersion: codefresh.io/v1beta1\nkind: Product\nmetadata: {name: NAME}\n"
                "spec:\n" + mistakes)
        for i in range(1000):
            (self.path / f"product-{i:04}.yaml").write_text(text.replace("NAME", f"p{i}"))
        result = run("validate", self.path, "--format", "json")
        self.assertEqual(result.returncode, 1, result.stderr)
        found = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertLessEqual(len(found), 1001)
        self.assertIn("999", found[-1]["message"])  # How many are not listed.
        self.assertEqual(found[-1]["code"], "limit-exceeded")

    def test_a_wildcard_that_a_naive_matcher_tries_in_exponentially_many_ways(self):
        value = "*a" * 40 + "*b"
        selector = {"key": "commitMessage", "operator": "In", "values": [value]}
        (self.path / "product.json").write_text(product([selector]))
        text = "a" * 100_000
        self.assertIsNone(self.resolved("--message", text)["name"])
        self.assertEqual(self.resolved("--message", text + "b")["name"], "f")

    def test_policies_that_lose_take_no_memory_where_nobody_asks_for_them(self):
        count = 2000
        steps = [{"environment": f"e{i}", "dependsOn": ["dev"]} for i in range(count)]
        head = {"apiVersion": "codefresh.io/v1beta1"}
        policies = [{**head, "kind": "PromotionPolicy", "metadata": {"name": f"q{i}"},
                     "spec": {"priority": i, "policy": {"preAction": "a"},
                              "selector": {"targetEnvironment": {"names": [f"e{i}"]}}}}
                    for i in range(count)]
        (self.path / "flow.yaml").write_text(json.dumps(
            {**head, "kind": "PromotionFlow", "metadata": {"name": "f"},
             "spec": {"triggerEnvironment": "dev", "steps": steps}}))
        (self.path / "policies.json").write_text("\n".join(map(json.dumps, policies)))
        always = {"key": "commitMessage", "operator": "In", "values": ["*"]}
        (self.path / "product.json").write_text(product([always]))
        for arguments in (["graph", "--config", self.path], ["simulate", "--config", self.path],
                          ["resolve", self.path, "--environment", "e7"]):
            result = run(*arguments, "--product", "p", memory=200 << 20)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_selector_with_a_hundred_thousand_values(self):
        values = [f"release-{i}" for i in range(100_000)]
        for operator, revision, flow in (("In", "release-99999", "f"), ("In", "main", None),
                                         ("NotIn", "release-99999", None), ("NotIn", "main", "f")):
            selector = {"key": "gitRevision", "operator": operator, "values": values}
            (self.path / "product.json").write_text(product([selector]))
            self.assertEqual(self.resolved("--revision", revision)["name"], flow)

    def test_a_template_with_a_hundred_thousand_keys_on_half_as_many_hooks(self):
        count = 100_000
        keys = ", ".join(f"K{i}" for i in range(count))
        (self.path / "hook.json").write_text(json.dumps({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
            "metadata": {"name": "h", "annotations": {
                "codefresh.io/workflow-origin": "promotion", "promoflow.dev/exports": keys}},
            "spec": {"templates": []}}))
        (self.path / "large.json").write_text(json.dumps({
            "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "large"},
            "spec": {"triggerEnvironment": "dev", "steps": [
                {"environment": f"e{i}", "dependsOn": ["dev"], "hooks": {"onSuccess": "h"}}
                for i in range(count // 2)]}}))
        result = run("validate", self.path, "--format", "json")
        self.assertEqual(result.returncode, 1, result.stderr)
        found = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([one["code"] for one in found if one["severity"] == "error"],
                         ["limit-exceeded"])
        self.assertIn("more than 10000000 context keys", result.stdout)

    def test_a_hook_with_a_hundred_thousand_keys_of_its_own(self):
        keys = [f"K{i}" for i in range(100_000)]
        (self.path / "large.json").write_text(json.dumps({
            "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "large", "annotations": {"promoflow.dev/extensions": "true"}},
            "spec": {"triggerEnvironment": "dev",
                     "hooks": {"onStart": {"name": "h", "exports": keys}},
                     "steps": [{"environment": "e", "dependsOn": ["dev"],
                                "hooks": {"onSuccess": {"name": "r", "reads": keys}}}]}}))
        result = run("validate", self.path)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("(2 flows, 4 environments, 2 hooks, 2 files)", result.stdout)

    def test_a_policy_with_a_hundred_thousand_names(self):
        (self.path / "product.json").write_text(product([]).replace(
            ', "gitTriggerSelectors": []', ""))
        names = [f"e{i}" for i in range(100_000)] + ["staging"]
        (self.path / "policy.json").write_text(json.dumps({
            "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionPolicy",
            "metadata": {"name": "many"},
            "spec": {"policy": {"action": "pr"},
                     "selector": {"targetEnvironment": {"names": names}}}}))
        result = run("resolve", self.path, "--product", "p", "--format", "json")
        self.assertEqual(json.loads(result.stdout)["environments"][0]["policy"],
                         {"action": {"value": "pr", "origin": "policy many"}})


if __name__ == "__main__":
    unittest.main()
