# SPDX-License-Identifier: Apache-2.0
"""The rights that `promoflow manifests host` prints are enough, and each of them is needed: where
one is missing, the message names the verb and the resource."""

import copy
import unittest

from control_plane import ARGO_SERVER
from support import ClusterTest, flow, wait_until

ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles/{}"


class HostRole(ClusterTest):
    """The printed role, applied, and a token that has it."""

    def setUp(self):
        super().setUp()
        printed, self.token = self.host_role()
        self.role, = [document for document in printed if document["kind"] == "Role"]
        self.host = self.write_kubeconfig("host", token=self.token)

    def manifest(self):
        return flow(onStart="export", onSuccess="needs-seen")

    def set_role(self, role):
        path = ROLES.format(self.namespace, role["metadata"]["name"])
        current = self.api.get(path)
        self.api.request("PUT", path, dict(
            current, rules=[rule for rule in role["rules"] if rule["verbs"]]))

    def allowed(self, verb, rule):
        """Whether the API server already goes by the changed role."""
        answer = self.api.with_token(self.token).create(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {
                    "namespace": self.namespace, "verb": verb, "group": rule["apiGroups"][0],
                    "resource": rule["resources"][0]}}})
        return answer["status"]["allowed"]


class Permissions(HostRole):
    def test_a_token_with_the_printed_role_works(self):
        program = self.run_release(self.manifest(), kubeconfig_file=self.host)
        self.assertEqual(program.process.returncode, 0, program.report())
        self.assertNotIn(self.token, program.report())
        program = self.run_release(self.manifest(), "r-2", "--lease", kubeconfig_file=self.host)
        self.assertEqual(program.process.returncode, 0, program.report())

    def test_with_one_verb_less_the_message_names_the_verb_and_the_resource(self):
        tried = 0
        for index, rule in enumerate(self.role["rules"]):
            for verb in rule["verbs"]:
                with self.subTest(verb=verb, resources=rule["resources"]):
                    less = copy.deepcopy(self.role)
                    less["rules"][index]["verbs"].remove(verb)
                    self.set_role(less)
                    wait_until("the role", lambda: not self.allowed(verb, rule))
                    tried += 1
                    program = self.run_release(self.manifest(), f"r-{tried}", "--check",
                                               "--lease", kubeconfig_file=self.host)
                    # Without a look at the templates a release may be run all the same.
                    self.assertEqual(program.process.returncode,
                                     0 if rule["resources"] == ["workflowtemplates"] else 2)
                    self.assertIn(verb, program.messages)
                    self.assertIn(rule["resources"][0], program.messages)
                    self.assertNotIn(self.token, program.report())
        self.assertGreater(tried, 3)
        self.assertEqual(self.workflows(), [])

    def test_a_token_that_is_wrong(self):
        wrong = self.write_kubeconfig("wrong", token="not-a-token-of-this-cluster")
        program = self.run_release(self.manifest(), "r-1", "--check", kubeconfig_file=wrong)
        self.assertEqual(program.process.returncode, 2, program.report())
        self.assertNotIn("not-a-token-of-this-cluster", program.report())


class PermissionsThroughArgoServer(HostRole):
    """The other API passes the token on."""

    door = ("--argo-server", ARGO_SERVER)

    def test_a_token_with_the_printed_role_works(self):
        program = self.run_release(self.manifest(), kubeconfig_file=self.host)
        self.assertEqual(program.process.returncode, 0, program.report())
        self.assertNotIn(self.token, program.report())

    def test_without_the_right_to_create_the_message_names_it(self):
        less = copy.deepcopy(self.role)
        rule = less["rules"][0]
        rule["verbs"].remove("create")
        self.set_role(less)
        wait_until("the role", lambda: not self.allowed("create", rule))
        program = self.run_release(self.manifest(), kubeconfig_file=self.host)
        self.assertEqual(program.process.returncode, 1, program.report())
        failure = program.matching(event="hook-failed")[0]["message"]
        self.assertIn("cannot create resource", failure)
        self.assertIn("workflows", failure)
        self.assertNotIn(self.token, program.report())


if __name__ == "__main__":
    unittest.main()
