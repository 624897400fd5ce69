# SPDX-License-Identifier: Apache-2.0
"""The hooks of the tests do on the real controller what their comments say: Workflows of them are
created by hand, without promoflow."""

import json
import unittest

from api import GROUP
from kubelet import Kubelet
from support import ClusterTest, wait_until


def exported(status):
    """The promotion context that a Workflow has exported, as its text; None: none."""
    parameters = status.get("outputs", {}).get("parameters", [])
    return next((p["value"] for p in parameters if p["name"] == "PROMOTION_CONTEXT"), None)


class WithoutPods(ClusterTest):
    def outcome(self, template, **parameters):
        self.create_workflow(template, "w", parameters=parameters)
        return wait_until(f"the end of {template}", lambda: self.ended("w"))

    def test_succeed(self):
        self.assertEqual(self.outcome("succeed", EXTRA="is accepted")["phase"], "Succeeded")

    def test_export(self):
        status = self.outcome("export", RELEASE_ID="r-7", PRODUCT_NAME='the "product"')
        self.assertEqual(json.loads(exported(status)), {"SEEN": "r-7", "PRODUCT": 'the "product"'})

    def test_export_text(self):
        status = self.outcome("export-text")
        self.assertEqual(json.loads(exported(status))["N"], 7)

    def test_export_text_that_is_given(self):
        text = '{"A": "\u65e5\u672c \\"quoted\\" \U0001f680"}'
        self.assertEqual(exported(self.outcome("export-text", CONTEXT=text)), text)

    def test_export_large(self):
        self.assertEqual(len(json.loads(exported(self.outcome("export-large")))["LARGE"]), 300000)

    def test_needs_seen(self):
        status = self.outcome("needs-seen", SEEN="it")
        self.assertEqual(json.loads(exported(status)), {"ECHO": "it"})

    def test_needs_the_unknown(self):
        status = self.outcome("needs-the-unknown")
        self.assertEqual(status["phase"], "Failed")
        self.assertIn("invalid spec: spec.arguments.UNKNOWN_THING.value", status["message"])

    def test_uses_undeclared(self):
        self.assertEqual(self.outcome("uses-undeclared", RELEASE_ID="r")["phase"], "Succeeded")

    def test_fail(self):
        status = self.outcome("fail")
        self.assertEqual(status["phase"], "Failed")
        self.assertIn("has not been set", json.dumps(status))

    def test_error(self):
        self.assertEqual(self.outcome("error")["phase"], "Error")

    def test_a_template_that_is_missing(self):
        status = self.outcome("no-such-hook")
        self.assertEqual(status["phase"], "Error")
        self.assertIn("not found", status["message"])

    def test_delay(self):
        self.create_workflow("delay", "w")
        wait_until("that it waits", lambda: self.nodes("w", "Suspend", "Running"))
        self.assertEqual(wait_until("the end", lambda: self.ended("w"))["phase"], "Succeeded")

    def nodes(self, name, kind, phase):
        status = self.api.workflow(self.namespace, name).get("status", {})
        return [node for node in status.get("nodes", {}).values()
                if node["type"] == kind and node["phase"] == phase]

    def test_approval_is_resumed(self):
        self.create_workflow("approval", "w")
        gate, = wait_until("the gate", lambda: self.nodes("w", "Suspend", "Running"))
        self.api.merge(f"{GROUP}/namespaces/{self.namespace}/workflows/w",
                       {"status": {"nodes": {gate["id"]: {"phase": "Succeeded"}}}})
        self.assertEqual(wait_until("the end", lambda: self.ended("w"))["phase"], "Succeeded")

    def test_approval_is_stopped_with_its_exit_handler(self):
        for strategy, handlers in (("Stop", 1), ("Terminate", 0)):
            with self.subTest(strategy=strategy):
                name = self.create_workflow("approval", strategy.lower())
                wait_until("the gate", lambda: self.nodes(name, "Suspend", "Running"))
                self.api.merge(f"{GROUP}/namespaces/{self.namespace}/workflows/{name}",
                               {"spec": {"shutdown": strategy}})
                status = wait_until("the end", lambda: self.ended(name))
                self.assertEqual(status["phase"], "Failed")
                self.assertIn(f"Stopped with strategy '{strategy}'", status["message"])
                found = [node for node in status["nodes"].values()
                         if node["name"] == f"{name}.onExit"]
                self.assertEqual(len(found), handlers)

    def test_export_and_vanish(self):
        self.create_workflow("export-and-vanish", "w")
        wait_until("that it is deleted", lambda: not self.api.workflow(self.namespace, "w"))

    def test_the_longest_name(self):
        name = "a-hook-with-a-name-as-long-as-the-names-of-kubernetes-may-be-63"
        self.assertEqual(len(name), 63)
        self.assertEqual(self.outcome(name)["phase"], "Succeeded")


class WithPods(ClusterTest):
    hooks = ("templates/with-pods.yaml",)

    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.api).start()
        self.addCleanup(self.kubelet.stop)

    def outcome(self, template, **parameters):
        self.create_workflow(template, "w", parameters=parameters)
        status = wait_until(f"the end of {template}", lambda: self.ended("w"))
        self.assertEqual(self.kubelet.failures, [])
        return status

    def test_exit_3(self):
        status = self.outcome("exit-3")
        self.assertEqual(status["phase"], "Failed")
        self.assertIn("Error (exit code 3)", status["message"])

    def test_script_context(self):
        status = self.outcome("script-context", RELEASE_ID="r-9")
        self.assertEqual(json.loads(exported(status)), {"BY_SCRIPT": "r-9"})

    def test_script_forever_is_stopped(self):
        self.create_workflow("script-forever", "w")
        process = wait_until("its process", lambda: next(
            (p for p in list(self.kubelet.processes.values()) if p), None))
        self.api.merge(f"{GROUP}/namespaces/{self.namespace}/workflows/w",
                       {"spec": {"shutdown": "Stop"}})
        self.assertEqual(wait_until("the end", lambda: self.ended("w"))["phase"], "Failed")
        wait_until("the end of the process", lambda: process.poll() is not None)


if __name__ == "__main__":
    unittest.main()
