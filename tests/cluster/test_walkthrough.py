# SPDX-License-Identifier: Apache-2.0
"""The walkthrough of the upstream documentation with its own manifests: the promotion into staging
fails, jira-open-bug opens a ticket and exports its URL through set-promotion-context, and
slack-fail-hook gets that URL. kubelet.py runs the containers; programs of the tests stand for the
two images that talk to Jira and Slack."""

import json
import unittest

import yaml

from kubelet import Kubelet
from support import FOLDER, ClusterTest, flow, wait_until

CORPUS = FOLDER.parent / "corpus"
SLACK = "quay.io/codefreshplugins/argo-hub-slack-send-message:0.0.2-main"
JIRA = ("quay.io/codefreshplugins/argo-hub-workflows-jira-versions-0.0.1-images-jira-manager:main")
PROMOTION_FAILS = """#!/bin/sh
[ "$PROMOFLOW_ENVIRONMENT" != staging ] || { echo "Application degraded" >&2; exit 1; }
"""


def upstream(name):
    """A manifest of the documentation, as it is there."""
    file, = (CORPUS / "hooks").glob(f"{name}.*.yaml")
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def renamed(document, name):
    document["metadata"]["name"] = name
    return document


class Walkthrough(ClusterTest):
    hooks = ()

    def setUp(self):
        super().setUp()
        # Not below /tmp: pods have one of their own.
        self.outbox = self.plane.state / f"outbox-{self.namespace}"
        self.outbox.mkdir()
        images = {SLACK: [str(FOLDER / "images" / "slack.sh")],
                  JIRA: [str(FOLDER / "images" / "jira.sh")]}
        self.kubelet = Kubelet(self.api, images, {"OUTBOX": str(self.outbox)}).start()
        self.addCleanup(self.kubelet.stop)
        jira = upstream("jira-open-bug")
        # Argo Workflows refuses an input whose value is to come from a Secret.
        create = next(t for t in jira["spec"]["templates"] if t["name"] == "create-issue")
        create["inputs"]["parameters"] = [
            p for p in create["inputs"]["parameters"] if p["name"] != "SLACK_TOKEN"]
        self.apply([jira, upstream("set-promotion-context"), upstream("slack-fail-hook"),
                    renamed(upstream("on-start-hook"), "slack-start-hook"),
                    renamed(upstream("on-start-hook"), "success-hook-test"),
                    renamed(upstream("on-start-hook"), "simple-fail")])

    def test_staging_fails_and_slack_gets_the_url_of_the_ticket(self):
        text = (CORPUS / "traces" / "01-jira-walkthrough.flow.yaml").read_text(encoding="utf-8")
        promote = self.folder / "promote.sh"
        promote.write_text(PROMOTION_FAILS, encoding="ascii")
        promote.chmod(0o755)
        commands = self.folder / "commands.yaml"
        commands.write_text(json.dumps({"promotions": {"default": str(promote)}}))
        program = self.run_release(
            yaml.safe_load(text), "r-42", "--commands", commands,
            "--set", "release.url=https://releases.example/r-42",
            "--set", "release.product=billing", "--set", "release.version=1.4.0",
            "--set", "release.commitSha=3f2a91c", promotions=())
        self.assertEqual(self.kubelet.failures, [])
        self.assertEqual(program.matching(event="release")[-1]["status"], "Failed",
                         program.report())
        self.assertEqual([e["message"] for e in program.matching(event="promotion-failed")],
                         ["Application degraded"], program.report())
        jira, = program.matching(event="hook", hook="jira-open-bug")
        exported, = program.matching(event="hook-succeeded", ticket=jira["ticket"])
        self.assertEqual(exported["context"], {
            "JIRA_ISSUE_SOURCE_FIELD": "TEST-1",
            "JIRA_ISSUE_URL": "https://testjira273.atlassian.net"})
        slack, = program.matching(event="hook", hook="slack-fail-hook")
        self.assertTrue(program.matching(event="hook-succeeded", ticket=slack["ticket"]))
        messages = [file.read_text(encoding="utf-8") for file in self.outbox.iterdir()]
        failed, = [message for message in messages if "Promotion Failed!" in message]
        self.assertIn("*JIRA Ticket:* https://testjira273.atlassian.net", failed)
        self.assertIn("*Error Message:* Application degraded", failed)
        self.assertIn('"Name":"staging"', failed)
        self.assertEqual(sum("Successfully started" in message for message in messages), 2)


class Scripts(ClusterTest):
    """Hooks that run containers, under a service account of the least rights."""

    hooks = ("templates/with-pods.yaml",)

    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.api).start()
        self.addCleanup(self.kubelet.stop)

    def manifest(self, hook):
        return flow(onStart=hook)

    def test_the_exit_status_of_a_script_is_the_message(self):
        program = self.run_release(self.manifest("exit-3"))
        self.assertEqual(program.matching(event="hook-failed")[0]["message"],
                         "Error (exit code 3)")

    def test_a_script_exports_under_the_printed_service_account(self):
        status, text = self.call("manifests", "service-account", "--namespace", self.namespace,
                                 "--name", "hook")
        self.assertEqual(status, 0, text)
        for document in yaml.safe_load_all(text):
            self.api.apply(document, self.namespace)
        program = self.run_release(self.manifest("script-context"))
        self.assertEqual(self.kubelet.failures, [])
        self.assertEqual(program.process.returncode, 0, program.report())
        self.assertEqual(self.show()["context"], {"BY_SCRIPT": "r-1"})

    def test_force_ends_a_script(self):
        program = self.start_release(self.manifest("script-forever"))
        program.wait_for(event="hook")
        status, text = self.call("terminate", "r-1", "--force", "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        name = self.workflows("r-1")[0]["metadata"]["name"]
        wait_until("the end of the Workflow", lambda: self.ended(name))


if __name__ == "__main__":
    unittest.main()
