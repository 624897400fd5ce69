# SPDX-License-Identifier: Apache-2.0
"""Hosts without a common store: a Lease of the cluster says which of them drives a release."""

import signal
import unittest

from support import ClusterTest, flow, wait_until

LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
TAKEN_OVER_SECONDS = 60  # 15 s must pass first.


class Leases(ClusterTest):
    def start_host(self, manifest, name, release="r-1"):
        """A host with a store of its own."""
        self.store = self.folder / f"{name}.db"
        return self.start_release(manifest, release, "--lease")

    def holder(self):
        found = self.api.get(LEASES.format(self.namespace))["items"]
        return found[0]["spec"].get("holderIdentity", "") if found else None

    def names(self):
        return sorted(w["metadata"]["name"] for w in self.workflows("r-1"))

    def test_a_second_host_is_refused_and_told_by_whom(self):
        first = self.start_host(flow(onStart="approval"), "first")
        first.wait_for(event="suspended", ticket=1)
        holder = self.holder()
        self.assertIn(str(first.process.pid), holder)
        second = self.start_host(flow(onStart="approval"), "second")
        self.assertEqual(second.end(), 2, second.report())
        self.assertIn(holder, second.messages)
        self.assertEqual(len(self.names()), 1)
        first.kill()

    def test_an_orderly_end_lets_another_host_go_on_at_once(self):
        first = self.start_host(flow(onStart="succeed"), "first")
        self.assertEqual(first.end(), 0, first.report())
        self.assertEqual(self.holder(), "")

    def test_a_host_that_sleeps_beyond_its_lease_creates_nothing_when_it_wakes(self):
        manifest = flow(onStart=["delay", "delay", "succeed", "succeed"])
        first = self.start_host(manifest, "first")
        first.wait_for(event="hook", ticket=1)
        wait_until("the first Workflow", self.names)
        first.process.send_signal(signal.SIGSTOP)
        slept = self.holder()
        second = self.start_host(manifest, "second")
        wait_until("another holder", lambda: self.holder() not in (slept, None),
                   TAKEN_OVER_SECONDS)
        self.assertEqual(second.end(), 0, second.report())
        before = {w["metadata"]["name"]: w["metadata"]["uid"] for w in self.workflows("r-1")}
        self.assertEqual(len(before), 4)
        first.process.send_signal(signal.SIGCONT)
        self.assertEqual(first.end(), 1, first.report())
        self.assertIn("another host has taken it over", first.messages)
        after = {w["metadata"]["name"]: w["metadata"]["uid"] for w in self.workflows("r-1")}
        self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main()
