# SPDX-License-Identifier: Apache-2.0
"""Environments whose applications are promoted each on its own, on a real control plane."""

import json
import signal
import unittest

from support import ClusterTest, flow, wait_until

APPLICATIONS = {"applications": {"staging": [
    {"name": "api", "namespace": "argocd", "repoURL": "https://git.example/gitops",
     "branch": "main", "path": "apps/api", "runtime": "us-east"},
    {"name": "An application with a long name", "path": "apps/long"},
    "web"]}}
LONG = "an-app--"

PROMOTE = """#!/bin/sh
echo "$APP_NAME $PROMOFLOW_APP_PATH $PROMOFLOW_IDEMPOTENCY_KEY" >>"$HOME/promoted"
printf '{"COMMIT_SHA": "commit-of-%s"}' "$APP_NAME" >"$PROMOTION_CONTEXT_PATH"
if [ "$APP_NAME" = "$(cat "$HOME/fails")" ]; then echo "the branch is protected" >&2; exit 1; fi
if [ "$APP_NAME" = "$(cat "$HOME/waits")" ]; then
  until [ -e "$HOME/go" ]; do sleep 0.1; done
fi
"""


class Applications(ClusterTest):
    def setUp(self):
        super().setUp()
        promote = self.folder / "promote"
        promote.write_text(PROMOTE, encoding="utf-8")
        promote.chmod(0o755)
        self.say("fails", "")
        self.say("waits", "")
        commands = self.folder / "commands.yaml"
        commands.write_text("promotions: {default: ./promote}\n", encoding="utf-8")
        self.applications = self.folder / "applications.json"
        self.applications.write_text(json.dumps(APPLICATIONS), encoding="utf-8")
        self.promotions = ("--commands", commands, "--applications", self.applications)

    def say(self, what, application):
        (self.folder / what).write_text(application, encoding="utf-8")

    @staticmethod
    def manifest(**policy):
        manifest = flow()
        manifest["spec"]["steps"][0].update(policy=policy, hooks={"onFail": "succeed"})
        return manifest

    def parameters(self, suffix):
        """Of the one Workflow whose name ends so."""
        workflow, = [w for w in self.workflows("r-1") if w["metadata"]["name"].endswith(suffix)]
        return {one["name"]: one.get("value", "")
                for one in workflow["spec"]["arguments"]["parameters"]}

    def promoted(self):
        file = self.folder / "promoted"
        return sorted(file.read_text(encoding="utf-8").splitlines()) if file.exists() else []

    def test_each_has_its_workflows_and_its_promotion(self):
        program = self.run_release(self.manifest(preAction="succeed", postAction="succeed"), "r-1",
                                   promotions=self.promotions)
        self.assertEqual(program.process.returncode, 0, program.report())
        names = sorted(w["metadata"]["name"] for w in self.workflows("r-1"))
        self.assertEqual(len(names), 6, names)
        self.assertEqual(names[2:], ["r-1-1-1--api-post", "r-1-1-1--api-pre",
                                     "r-1-1-1--web-post", "r-1-1-1--web-pre"])
        self.assertTrue(all(name.startswith(f"r-1-1-1--{LONG}") for name in names[:2]), names)
        given = self.parameters("--api-post")
        self.assertEqual(
            {name: given[name] for name in ("APP_NAME", "APP_NAMESPACE", "REPO_URL", "BRANCH",
                                            "PATH", "RUNTIME", "COMMIT_SHA")},
            {"APP_NAME": "api", "APP_NAMESPACE": "argocd", "BRANCH": "main", "PATH": "apps/api",
             "REPO_URL": "https://git.example/gitops", "RUNTIME": "us-east",
             "COMMIT_SHA": "commit-of-api"})
        self.assertEqual(self.promoted(), [
            "An application with a long name apps/long r-1/1/An application with a long name",
            "api apps/api r-1/1/api", "web  r-1/1/web"])
        held = [w["metadata"]["name"] for w in self.workflows("r-1")
                if w["metadata"].get("finalizers")]
        self.assertEqual(held, [])

    def test_one_that_fails_is_named(self):
        self.say("fails", "web")
        program = self.run_release(self.manifest(postAction="succeed"), "r-1",
                                   promotions=self.promotions)
        self.assertEqual(program.process.returncode, 1, program.report())
        self.assertEqual(program.matching(event="promotion-failed")[0]["message"],
                         "1 of 3 applications failed (web): web: the branch is protected")
        self.assertEqual(len(self.promoted()), 3)
        failed = json.loads(self.parameters("r-1-2-1")["FAILED_ENVIRONMENTS"])
        self.assertEqual(failed[0]["Applications"], ["web"])

    def test_a_host_that_is_killed_goes_on_with_each(self):
        self.say("waits", "web")
        program = self.start_release(self.manifest(preAction="succeed", postAction="succeed"),
                                     "r-1", promotions=self.promotions)
        def others_are_over():
            return sum(w["metadata"]["name"].endswith("-post") and
                       w.get("status", {}).get("phase") == "Succeeded"
                       for w in self.workflows("r-1")) == 2
        wait_until("the postActions of two", others_are_over)
        program.kill(signal.SIGKILL)
        self.applications.unlink()  # What the release was started with counts.
        resumed = self.start("resume", "r-1", "--store", self.store, "--format", "jsonl")
        (self.folder / "go").touch()
        self.assertEqual(resumed.end(), 0, resumed.report())
        self.assertEqual(len(self.promoted()), 3, "none is promoted twice")
        self.assertEqual(len(self.workflows("r-1")), 6)

    def test_one_that_is_terminated_stops_all(self):
        program = self.start_release(self.manifest(preAction="approval"), "r-1",
                                     promotions=self.promotions)
        program.wait_for(event="suspended")
        program.process.send_signal(signal.SIGINT)
        self.assertEqual(program.end(), 1, program.report())
        self.assertEqual([w["spec"].get("shutdown") for w in self.workflows("r-1")
                          if w["metadata"]["name"].endswith("-pre")], ["Stop"] * 3)
        self.assertEqual(self.promoted(), [])

    def test_a_file_that_is_wrong_is_refused(self):
        self.applications.write_text("applications:\n  staging:\n    - nam: web\n",
                                     encoding="utf-8")
        program = self.run_release(self.manifest(), "r-1", promotions=self.promotions)
        self.assertEqual(program.process.returncode, 2)
        self.assertIn("applications.json:3:7", program.messages)
        self.assertIn("did you mean 'name'", program.messages)
        self.assertEqual(self.workflows("r-1"), [])


if __name__ == "__main__":
    unittest.main()
