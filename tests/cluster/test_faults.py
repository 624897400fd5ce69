# SPDX-License-Identifier: Apache-2.0
"""What the cluster may do to a release without harm: parts of the control plane die, the server is
overloaded, and connections break in every way."""

import os
import re
import ssl
import threading
import unittest

from control_plane import API_SERVER
from proxy import FAULTS, Proxy, by_chance
from support import SECONDS, ClusterTest, flow, wait_until

SEEDS = int(os.environ.get("PROMOFLOW_CLUSTER_SEEDS", "6"))
LONG = 300  # Seconds until a release has failed whose controller has lost its server, too.


class Faults(ClusterTest):
    """Each test ends with: everything has succeeded, and each Workflow was created once."""

    def assert_whole(self, program, release="r-1"):
        """Every hook has one Workflow and one answer."""
        self.assertEqual(program.process.returncode, 0, program.report())
        hooks = program.matching(event="hook")
        answers = program.matching(event="hook-succeeded")
        self.assertEqual([e["ticket"] for e in sorted(answers, key=lambda e: e["ticket"])],
                         [e["ticket"] for e in hooks])
        labels = [w["metadata"]["labels"] for w in self.workflows(release)]
        self.assertEqual(sorted(int(label["promoflow.dev/ticket"]) for label in labels),
                         [e["ticket"] for e in hooks])
        wait_until("no finalizers", lambda: not any(
            w["metadata"].get("finalizers") for w in self.workflows(release)))

    def through(self, token=None, **options):
        """A proxy before the API server, and a kubeconfig that leads to it."""
        proxy = Proxy(self.plane, API_SERVER, **options).start()
        self.addCleanup(proxy.stop)
        return proxy, self.write_kubeconfig("proxy", token=token, server=proxy.address)

    def run_through(self, fault, release="r-1"):
        """Runs a release; from its start on `fault` decides what goes wrong."""
        proxy, config = self.through()
        program = self.start_release(self.manifest(), release, kubeconfig_file=config)
        program.wait_for(event="started")
        proxy.fault = fault
        program.end(LONG)
        self.assert_whole(program, release)
        return proxy

    def manifest(self):
        manifest = flow(environments=("staging", "qa", "production"),
                        release={"onSuccess": "needs-seen"})
        for step, hook in zip(manifest["spec"]["steps"], ("export", "delay", "succeed")):
            step["hooks"] = {"onStart": hook, "onSuccess": "delay"}
        return manifest


class HeldSlot:
    """The only place of the server for a request that changes something: taken by a request whose
    body does not come, until the server gives it up after a minute. An administrator is always let
    in: so `token` is asked for whether others are refused."""

    def __init__(self, api, token):
        self.api = api
        self.other = api.with_token(token)
        self.connection = None
        self.lock = threading.Lock()

    def take(self):
        """Returns when the server refuses others for it."""
        with self.lock:
            wait_until("the only slot", self.is_taken)

    def release(self):
        with self.lock:
            if self.connection:
                self.connection.close()
                self.connection = None

    def is_taken(self):
        if not self.connection:
            self.connection = self.begin(self.api, length=100)
            self.connection.sock.settimeout(0)
        # A controller may have it for a moment; not each time.
        refused = all(self.status_of_another() == 429 for _ in range(5))
        try:
            self.connection.sock.recv(1)
        except ssl.SSLWantReadError:
            return refused
        self.connection.close()  # It was answered.
        self.connection = None
        return False

    def status_of_another(self):
        connection = self.begin(self.other, length=0)
        status = connection.getresponse().status
        connection.close()
        return status

    @staticmethod
    def begin(api, length):
        connection = api.connect(timeout=SECONDS)
        connection.putrequest("POST", "/api/v1/namespaces")
        for name, value in api.headers("application/json").items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection


class ControlPlaneFaults(Faults):
    def setUp(self):
        # After each loss of its server a controller waits longer before it lists again, up to a
        # minute, and forgets that only after two quiet minutes: so each test has a new one.
        self.plane.restart("workflow-controller")
        super().setUp()

    def survives(self, *parts):
        program = self.start_release(self.manifest())
        for part, hook in zip(parts, ("delay", "succeed", "needs-seen")):
            self.patiently(lambda seconds: program.wait_for(seconds, event="hook", hook=hook))
            self.plane.restart(part)
        self.patiently(program.end)
        self.assert_whole(program)

    def patiently(self, wait):
        """A controller that loses its server while it writes of a Workflow looks at that Workflow
        again after twenty minutes, or when it is started anew."""
        try:
            wait(60)
        except AssertionError:
            self.plane.restart("workflow-controller")
            wait(LONG)

    def tearDown(self):
        if self.plane.flags:
            self.plane.flags.clear()
            self.plane.restart("kube-apiserver")
        for part in ("etcd", "kube-apiserver", "workflow-controller", "argo-server"):
            if not self.plane.pid(part):
                self.plane.start(part)
            self.plane.wait_until_ready(part)
        super().tearDown()

    def test_the_controller_is_killed(self):
        self.survives("workflow-controller", "workflow-controller")

    def test_the_api_server_is_killed(self):
        self.survives("kube-apiserver", "kube-apiserver")

    def test_etcd_is_killed(self):
        self.survives("etcd", "etcd")

    def test_all_of_them_are_killed(self):
        self.survives("workflow-controller", "etcd", "kube-apiserver")

    def test_nothing_is_there_for_a_while(self):
        program = self.start_release(self.manifest())
        program.wait_for(event="hook", hook="delay")
        for part in ("workflow-controller", "kube-apiserver", "etcd"):
            self.plane.kill(part)
        for part in ("etcd", "kube-apiserver", "workflow-controller"):
            self.plane.start(part)
            self.plane.wait_until_ready(part)
        self.patiently(program.end)
        self.assert_whole(program)

    def test_the_server_has_too_many_requests(self):
        self.plane.flags["kube-apiserver"] = [
            "--enable-priority-and-fairness=false", "--max-mutating-requests-inflight=1"]
        self.plane.restart("kube-apiserver")
        token = self.host_role()[1]
        slot = HeldSlot(self.api, token)
        self.addCleanup(slot.release)

        def hold_until_refused(seen):
            if seen.method != "POST" or not seen.path.endswith("/workflows"):
                return
            if 429 in proxy.statuses("POST"):
                slot.release()
            else:
                slot.take()

        proxy, config = self.through(token=token, fault=hold_until_refused)
        program = self.start_release(self.manifest(), kubeconfig_file=config)
        program.end(LONG)
        self.assert_whole(program)
        self.assertIn(429, proxy.statuses("POST"))


class ConnectionFaults(Faults):
    def test_a_version_that_is_too_old_for_a_watch(self):
        """The watch is made to ask for a version that the real server has forgotten: 410."""
        old = []

        def rewrite(seen):
            if seen.is_watch and len(old) < 3:
                old.append(seen)
                return re.sub(r"(?<=[?&])resourceVersion=[^&]*", "resourceVersion=1", seen.path)
            return seen.path

        proxy, config = self.through(rewrite=rewrite)
        program = self.run_release(self.manifest(), kubeconfig_file=config)
        self.assert_whole(program)
        gone = [seen for seen in proxy.seen
                if seen.status == 410 or any('"code":410' in line for line in seen.errors)]
        self.assertTrue(gone, [repr(seen) for seen in proxy.seen if seen.is_watch])

    def test_a_hook_that_is_over_before_it_is_watched(self):
        """Nothing can be listed or watched until the Workflow has ended."""
        asked = []

        def fault(seen):
            if seen.method != "GET" or not seen.path.split("?")[0].endswith("/workflows"):
                return None
            asked.append(seen)
            is_first = len(asked) == 1  # It may come after the end.
            return "unavailable" if is_first or not self.ended("r-1-1-1") else None

        proxy, config = self.through(fault=fault)
        program = self.run_release(flow(onStart="export"), kubeconfig_file=config)
        self.assert_whole(program)
        self.assertEqual(asked[0].status, 503)
        # The release may end before there is a watch.
        self.assertFalse(next(seen for seen in asked if seen.status == 200).is_watch)

    def test_an_answer_to_a_creation_is_lost(self):
        """The second request is answered with 409, and the Workflow is known as ours."""
        proxy, config = self.through()

        def fault(seen):
            if not seen.path.split("?")[0].endswith("/workflows"):
                return None
            if seen.method == "POST":
                return None if any(s.fault == "lose" for s in proxy.seen) else "lose"
            return None if 409 in proxy.statuses("POST") else "unavailable"

        proxy.fault = fault
        program = self.run_release(self.manifest(), kubeconfig_file=config)
        self.assert_whole(program)
        self.assertIn(409, proxy.statuses("POST"))

    def test_each_fault_alone(self):
        for number, kind in enumerate(FAULTS):
            with self.subTest(fault=kind):
                proxy = self.run_through(by_chance(number, 0.3, [kind]), f"r-{kind}")
                self.assertTrue([seen for seen in proxy.seen if seen.fault], "no fault happened")

    def test_all_faults_by_chance(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                self.run_through(by_chance(seed, 0.25), f"r-{seed}")


if __name__ == "__main__":
    unittest.main()
