# SPDX-License-Identifier: Apache-2.0
"""promoflow run --executor argo, as far as it goes without a cluster: options, kubeconfigs, and a
server that is not there. tests/unit/argo_*.cpp has the rest."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PROMOFLOW_PROGRAM"]
SECRET = "very-secret-token-0123456789"
FLOW = """\
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: f}
spec:
  triggerEnvironment: dev
  steps: [{environment: staging, dependsOn: [dev], hooks: {onStart: smoke}}]
"""
# Nothing listens on port 1 of this machine.
CONFIG = f"""\
apiVersion: v1
kind: Config
current-context: a
clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:1"}}}}]
users: [{{name: u, user: {{token: {SECRET}}}}}]
contexts: [{{name: a, context: {{cluster: c, user: u}}}}]
"""


def call(*arguments, **environment):
    variables = {key: value for key, value in os.environ.items()
                 if key != "KUBECONFIG" and not key.startswith("KUBERNETES_")}
    return subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, timeout=60,
                          check=False, env={**variables, "HOME": "/nowhere", **environment})


has_argo = "--kubeconfig" in call("run", "--help").stdout


@unittest.skipUnless(has_argo, "built without Argo")
class RunArgo(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.flow = self.root / "flow.yaml"
        self.flow.write_text(FLOW, encoding="utf-8")

    def run_argo(self, *arguments, config=CONFIG):
        path = self.root / "kubeconfig"
        path.write_text(config, encoding="utf-8")
        done = call("run", str(self.flow), "--executor", "argo", "--no-promotions", "--store",
                    str(self.root / "db"), "--kubeconfig", str(path), *arguments)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return done

    def refused(self, done, *parts):
        self.assertEqual(done.returncode, 2, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertFalse((self.root / "db").exists())

    def test_a_server_that_is_not_there_starts_nothing(self):
        self.refused(self.run_argo(), "the cluster is not reached", "nothing is started")

    def test_a_kubeconfig_without_contexts(self):
        self.refused(self.run_argo(config="no: contexts"), "no current-context")

    def test_a_context_that_is_not_there(self):
        self.refused(self.run_argo("--kube-context", "b"), "--kube-context: ", "it has a")

    def test_a_kubeconfig_that_is_not_there(self):
        done = call("run", str(self.flow), "--executor", "argo", "--no-promotions")
        self.refused(done, "there is no kubeconfig")

    def test_options_of_argo_alone_are_refused(self):
        done = call("run", str(self.flow), "--hooks", str(self.root), "--namespace", "n")
        self.refused(done, "--namespace is of --executor argo")
        done = call("run", str(self.flow), "--executor", "kubernetes", "--no-promotions")
        self.assertIn("use process or argo", done.stderr)

    def test_leases_are_of_a_cluster(self):
        done = call("run", str(self.flow), "--hooks", str(self.root), "--lease")
        self.refused(done, "--lease is of --executor argo")
        self.refused(self.run_argo("--lease", "--argo-server", "http://127.0.0.1:1"),
                     "--lease: an Argo Server has no leases")

    def test_promotions_need_a_program_or_the_word(self):
        done = call("run", str(self.flow), "--executor", "argo")
        self.refused(done, "--no-promotions")

    def test_an_instance_must_be_a_label(self):
        self.refused(self.run_argo("--instance", "a b"), "--instance: ")

    def test_the_rights_of_a_host(self):
        done = call("manifests", "host", "--namespace", "argo")
        self.assertEqual(done.returncode, 0)
        self.assertIn("verbs: [create, get, list, watch, patch]", done.stdout)
        self.assertIn("resources: [leases]\n    verbs: [create, get, update]", done.stdout)
        self.assertIn('namespace: "argo"', done.stdout)
        refused = call("manifests", "host", "--namespace", "No_Name")
        self.assertEqual(refused.returncode, 2)


if __name__ == "__main__":
    unittest.main()
