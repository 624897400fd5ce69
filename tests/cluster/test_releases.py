# SPDX-License-Identifier: Apache-2.0
"""Releases whose hooks are Workflows: from the command line to the controller and back."""

import json
import signal
import unittest

from api import GROUP
from control_plane import ARGO_SERVER
from support import ClusterTest, flow, wait_until

LONGEST_HOOK = "a-hook-with-a-name-as-long-as-the-names-of-kubernetes-may-be-63"

WORD = "na\u00efve \U0001f680 \"quoted\" \u65e5\u672c\u8a9e"


class Releases(ClusterTest):
    def assert_released(self, release="r-1"):
        """Nothing of promoflow's keeps the Workflows from being deleted, once all is stored."""
        def held():
            return [w["metadata"]["name"] for w in self.workflows(release)
                    if w["metadata"].get("finalizers")]
        wait_until(f"no finalizers; there are {held()}", lambda: not held())

    def assert_status(self, program, status):
        self.assertEqual([e["status"] for e in program.matching(event="release")][-1:], [status],
                         program.report())
        self.assertEqual(program.process.returncode, 0 if status == "Succeeded" else 1)

    def first_failure(self, program):
        failed = program.matching(event="hook-failed")
        self.assertTrue(failed, program.report())
        return failed[0]["message"]

    def gate(self, release="r-1"):
        """The Workflow of a release that waits at a suspend node, and that node's id."""
        def waiting():
            return [(w, node["id"]) for w in self.workflows(release)
                    for node in w.get("status", {}).get("nodes", {}).values()
                    if node["type"] == "Suspend" and node["phase"] == "Running"]
        return wait_until("a Workflow that waits", waiting)[0]

    # --- how hooks end ----------------------------------------------------------------------------

    def test_success(self):
        program = self.run_release(flow(onStart="succeed", onSuccess="succeed"))
        self.assert_status(program, "Succeeded")
        found = self.workflows("r-1")
        self.assertEqual(len(found), 2)
        for workflow in found:
            self.assertEqual(workflow["spec"]["workflowTemplateRef"]["name"], "succeed")
            self.assertEqual(workflow["status"]["phase"], "Succeeded")
        self.assert_released()

    def test_labels_say_what_a_workflow_is_of(self):
        self.run_release(flow(onStart="succeed"), "r-1", "--set", "release.product=billing-service",
                         "--set", "release.version=1.4.0")
        workflow, = self.workflows("r-1")
        labels = workflow["metadata"]["labels"]
        for label, value in {
                "codefresh.io/product": "billing-service", "codefresh.io/env": "staging",
                "codefresh.io/promotion-flow": "billing", "promoflow.dev/release": "r-1",
                "promoflow.dev/ticket": "1", "promoflow.dev/attempt": "1"}.items():
            self.assertEqual(labels.get(label), value, label)

    def test_failure(self):
        program = self.run_release(flow(onStart="fail", onFail="succeed"))
        self.assert_status(program, "Failed")
        self.assertIn("has not been set", self.first_failure(program))
        self.assertEqual([w["status"]["phase"] for w in self.workflows("r-1")].count("Failed"), 1)
        self.assert_released()

    def test_error(self):
        program = self.run_release(flow(onStart="error"))
        self.assert_status(program, "Failed")
        self.assertNotEqual(self.first_failure(program), "")
        self.assert_released()

    def test_delay(self):
        program = self.run_release(flow(onStart="delay"))
        self.assert_status(program, "Succeeded")

    def test_a_context_goes_from_one_hook_to_the_next(self):
        program = self.run_release(flow(onStart="export", onSuccess="needs-seen"), "r-1",
                                   "--set", "release.product=billing")
        self.assert_status(program, "Succeeded")
        context = {"SEEN": "r-1", "PRODUCT": "billing"}
        self.assertEqual([e["context"] for e in program.matching(event="hook-succeeded")],
                         [context, {"ECHO": "r-1"}])
        self.assertEqual(self.show()["context"], {**context, "ECHO": "r-1"})

    def test_a_context_of_unicode(self):
        program = self.run_release(flow(onStart="export-text", onSuccess="succeed"))
        self.assert_status(program, "Succeeded")
        self.assertEqual(program.matching(event="hook-succeeded")[0]["context"], {
            "WORD": WORD, "N": 7, "YES": True})
        later = self.workflows("r-1")[-1]["spec"]["arguments"]["parameters"]
        self.assertIn({"name": "WORD", "value": WORD}, later)

    def test_an_output_of_300_kilobytes(self):
        program = self.run_release(flow(onStart="export-large"))
        self.assert_status(program, "Succeeded")
        self.assertEqual(len(self.show()["context"]["LARGE"]), 300000)

    def test_fifty_at_once(self):
        names = [f"site-{number}" for number in range(50)]
        manifest = flow(environments=names)
        for step in manifest["spec"]["steps"]:
            step["dependsOn"] = ["dev"]
            step["hooks"] = {"onStart": "delay"}
        program = self.run_release(manifest, "r-1", "--parallel", "50")
        self.assert_status(program, "Succeeded")
        self.assertEqual(len(self.workflows("r-1")), 50)
        self.assertEqual(len(program.matching(event="hook-succeeded")), 50)
        self.assert_released()

    def test_names_of_63_characters(self):
        release = ("r" + "0123456789" * 7)[:63]
        environment = ("e" + "0123456789" * 7)[:63]
        program = self.run_release(flow(environments=[environment], onStart=LONGEST_HOOK), release)
        self.assert_status(program, "Succeeded")
        workflow, = self.workflows(release)
        self.assertLessEqual(len(workflow["metadata"]["name"]), 63)

    def test_two_releases_whose_long_names_differ_at_the_end(self):
        common = "release-" * 8
        for end in "ab":
            self.assert_status(self.run_release(flow(onStart="succeed"), common + end), "Succeeded")
        self.assertEqual(len({w["metadata"]["name"] for w in self.workflows()}), 2)

    # --- parameters and templates -----------------------------------------------------------------

    def test_a_parameter_that_nobody_provides(self):
        program = self.run_release(flow(onStart="needs-the-unknown"))
        self.assertIn("UNKNOWN_THING", program.report())
        self.assertNotEqual(program.process.returncode, 0)

    def test_a_parameter_that_is_not_declared(self):
        self.assert_status(self.run_release(flow(onStart="uses-undeclared")), "Succeeded")

    def test_a_template_that_is_missing(self):
        program = self.run_release(flow(onStart="no-such-hook"))
        self.assertNotEqual(program.process.returncode, 0)
        self.assertIn("no-such-hook", program.report())

    def test_a_template_that_is_deleted_before_its_turn(self):
        program = self.start_release(flow(onStart="approval", onSuccess="succeed"))
        program.wait_for(event="suspended", ticket=1)
        self.api.delete(f"{GROUP}/namespaces/{self.namespace}/workflowtemplates/succeed")
        status, text = self.call("approve", "r-1", "1", "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        self.assert_status(program, "Failed")
        self.assertIn("succeed", self.first_failure(program))
        self.assert_released()

    def test_a_workflow_that_vanishes_at_once(self):
        program = self.run_release(flow(onStart="export-and-vanish"))
        self.assert_status(program, "Succeeded")
        self.assertEqual(self.show()["context"], {"VANISHED": "yes"})
        wait_until("that the controller deletes it", lambda: not self.workflows("r-1"))

    def test_a_workflow_that_somebody_deletes(self):
        program = self.start_release(flow(onStart="approval"))
        workflow, _ = self.gate()
        name = workflow["metadata"]["name"]
        self.api.delete(f"{GROUP}/namespaces/{self.namespace}/workflows/{name}")
        program.end()
        self.assert_status(program, "Failed")
        self.assertIn(f"workflow {name} was deleted", self.first_failure(program))
        wait_until("that it is gone", lambda: not self.workflows("r-1"))

    # --- people -----------------------------------------------------------------------------------

    def test_a_suspended_workflow_is_resumed_on_the_cluster(self):
        program = self.start_release(flow(onStart="approval"))
        program.wait_for(event="suspended", ticket=1)
        workflow, node = self.gate()
        path = f"{GROUP}/namespaces/{self.namespace}/workflows/{workflow['metadata']['name']}"
        self.api.merge(path, {"status": {"nodes": {node: {"phase": "Succeeded"}}}})
        program.end()
        self.assert_status(program, "Succeeded")
        self.assertTrue(program.matching(event="resumed", ticket=1)
                        or program.matching(event="hook-succeeded", ticket=1))

    def test_approval_from_another_terminal(self):
        program = self.start_release(flow(onStart="approval"))
        program.wait_for(event="suspended", ticket=1)
        status, text = self.call("approve", "r-1", "1", "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        self.assert_status(program, "Succeeded")
        name = self.workflows("r-1")[0]["metadata"]["name"]
        wait_until("that nothing waits on the cluster", lambda: self.ended(name))
        self.assert_released()

    def test_rejection_from_another_terminal(self):
        program = self.start_release(flow(onStart="approval"))
        program.wait_for(event="suspended", ticket=1)
        status, text = self.call("reject", "r-1", "1", "--reason", "not today",
                                 "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        self.assert_status(program, "Failed")
        self.assertIn("not today", self.first_failure(program))

    # --- stopping ---------------------------------------------------------------------------------

    def exit_handlers(self, workflow):
        name = workflow["metadata"]["name"]
        return [n for n in self.ended(name)["nodes"].values() if n["name"] == f"{name}.onExit"]

    def test_terminate_stops_the_workflow_and_its_exit_handler_runs(self):
        program = self.start_release(flow(onStart="long-delay", onFail="succeed"))
        workflow, _ = self.gate()
        status, text = self.call("terminate", "r-1", "--reason", "enough", "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        self.assert_status(program, "Terminated")
        stopped = self.ended(workflow["metadata"]["name"])
        self.assertIn("Stopped with strategy 'Stop'", stopped["message"])
        self.assertEqual(len(self.exit_handlers(workflow)), 1)
        self.assert_released()

    def test_force_terminates_the_workflow_without_its_exit_handler(self):
        program = self.start_release(flow(onStart="long-delay", onFail="succeed"))
        workflow, _ = self.gate()
        status, text = self.call("terminate", "r-1", "--force", "--store", self.store)
        self.assertEqual(status, 0, text)
        program.end()
        name = workflow["metadata"]["name"]
        stopped = wait_until("the end of the Workflow", lambda: self.ended(name))
        self.assertIn("Stopped with strategy 'Terminate'", stopped["message"])
        self.assertEqual(self.exit_handlers(workflow), [])
        self.assertEqual(len(self.workflows("r-1")), 1)
        self.assert_released()

    def test_ctrl_c_terminates(self):
        program = self.start_release(flow(onStart="long-delay"))
        workflow, _ = self.gate()
        program.process.send_signal(signal.SIGINT)
        program.end()
        self.assert_status(program, "Terminated")
        self.assertTrue(self.ended(workflow["metadata"]["name"]))

    def test_a_hook_that_times_out_is_stopped(self):
        hook = {"name": "long-delay", "timeout": "1s"}
        program = self.run_release(flow(onStart=[hook]))
        self.assert_status(program, "Failed")
        workflow, = self.workflows("r-1")
        self.assertIn("Stopped", self.ended(workflow["metadata"]["name"])["message"])

    # --- more than one try ------------------------------------------------------------------------

    def test_each_attempt_is_a_workflow_of_its_own(self):
        hook = {"name": "fail", "retry": {"limit": 2}}
        program = self.run_release(flow(onStart=[hook]))
        self.assert_status(program, "Failed")
        found = self.workflows("r-1")
        self.assertEqual(len({w["metadata"]["name"] for w in found}), 3)
        self.assertEqual(sorted(w["metadata"]["labels"]["promoflow.dev/attempt"] for w in found),
                         ["1", "2", "3"])

    def test_a_release_is_retried(self):
        program = self.run_release(flow(onStart="fail"))
        self.assert_status(program, "Failed")
        retried = self.start("retry", "r-1", "--store", self.store)
        retried.end()
        self.assertEqual(len(self.workflows("r-1")), 2, retried.report())

    def test_resume_after_detaching(self):
        program = self.start_release(flow(onStart="approval"), "r-1", "--detach-on-interrupt")
        program.wait_for(event="suspended", ticket=1)
        program.process.send_signal(signal.SIGINT)
        program.end()
        workflow, node = self.gate()
        path = f"{GROUP}/namespaces/{self.namespace}/workflows/{workflow['metadata']['name']}"
        self.api.merge(path, {"status": {"nodes": {node: {"phase": "Succeeded"}}}})
        resumed = self.start("resume", "r-1", "--store", self.store, "--format", "jsonl")
        resumed.end()
        self.assert_status(resumed, "Succeeded")
        self.assertEqual(len(self.workflows("r-1")), 1)

    # --- names that are taken ---------------------------------------------------------------------

    def test_a_workflow_of_somebody_else_with_our_name(self):
        self.run_release(flow(onStart="succeed"), "r-1")
        name = self.workflows("r-1")[0]["metadata"]["name"]
        taken = name.replace("r-1", "r-2")
        self.assertNotEqual(taken, name)
        self.create_workflow("succeed", taken)
        program = self.run_release(flow(onStart="succeed"), "r-2")
        self.assert_status(program, "Failed")
        self.assertIn(taken, self.first_failure(program))


class ReleasesThroughArgoServer(Releases):
    """The same through the other API."""

    door = ("--argo-server", ARGO_SERVER)


class Promotions(ClusterTest):
    """preAction, the host's own promotion, postAction."""

    def policy(self, **policy):
        manifest = flow()
        manifest["spec"]["steps"][0]["policy"] = policy
        return manifest

    def test_both_actions_run_around_a_promotion(self):
        program = self.run_release(
            self.policy(action="commit", preAction="succeed", postAction="export"))
        self.assertEqual(program.process.returncode, 0, program.report())
        templates = [w["spec"]["workflowTemplateRef"]["name"] for w in self.workflows("r-1")]
        self.assertEqual(sorted(templates), ["export", "succeed"])

    def test_a_failed_pre_action_fails_the_promotion(self):
        program = self.run_release(
            self.policy(action="none", preAction="fail", postAction="succeed"))
        self.assertEqual(program.process.returncode, 1, program.report())
        self.assertEqual(len(self.workflows("r-1")), 1)
        self.assertTrue(program.matching(event="promotion-failed"))


class Argument(ClusterTest):
    """What a user sees who calls it wrongly."""

    def refused(self, *arguments):
        manifest = self.folder / "flow.json"
        manifest.write_text(json.dumps(flow(onStart="succeed")), encoding="utf-8")
        status, text = self.call("run", manifest, "--store", self.store, "--no-promotions",
                                 *arguments)
        self.assertEqual(status, 2, text)
        self.assertEqual(self.workflows(), [])
        return text

    def test_a_kubeconfig_that_is_missing(self):
        self.assertIn("/no/such/file", self.refused(
            "--executor", "argo", "--namespace", self.namespace, "--kubeconfig", "/no/such/file"))

    def test_an_executor_that_is_unknown(self):
        self.assertIn("argo", self.refused("--executor", "jenkins"))


if __name__ == "__main__":
    unittest.main()
