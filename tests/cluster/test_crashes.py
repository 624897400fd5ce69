# SPDX-License-Identifier: Apache-2.0
"""The host is killed at random instants and resumed from its store, again and again until the
release has ended. In the end each Workflow was created once, and each answer was taken once.

PROMOFLOW_CLUSTER_CRASHES says how often a host is killed; ./dev test cluster --deep kills 100."""

import os
import random
import subprocess
import unittest

from control_plane import API_SERVER
from proxy import Proxy
from support import ClusterTest, flow, wait_until

CRASHES = int(os.environ.get("PROMOFLOW_CLUSTER_CRASHES", "12"))
LONGEST_SECONDS = 1.8  # About as long as the release takes when nobody kills its host.


class Crashes(ClusterTest):
    def manifest(self):
        manifest = flow(environments=("staging", "qa", "production"),
                        release={"onStart": "export", "onSuccess": "needs-seen"})
        for step, hooks in zip(manifest["spec"]["steps"], (
                {"onStart": "succeed", "onSuccess": "delay"}, {"onStart": "export-text"},
                {"onStart": "export-and-vanish", "onSuccess": "succeed"})):
            step["hooks"] = hooks
        manifest["spec"]["steps"][1]["dependsOn"] = ["dev"]
        return manifest

    def test_a_host_that_is_killed_at_random_instants(self):
        generator, kills, releases = random.Random(20), 0, 0
        while kills < CRASHES:
            releases += 1
            release = f"r-{releases}"
            kills += self.drive(release, generator)
            with self.subTest(release=release):
                self.check(release)
        # A host that was killed just after the last event has not let go; the next one does.
        last = self.run_release(flow(onStart="succeed"), "r-last")
        self.assertEqual(last.process.returncode, 0, last.report())
        wait_until("no finalizers", lambda: not any(
            w["metadata"].get("finalizers") for w in self.workflows()))
        print(f"{kills} kills of the hosts of {releases} releases", flush=True)

    def test_resume_lets_go_of_what_a_host_left_behind_when_its_release_had_ended(self):
        proxy = Proxy(self.plane, API_SERVER).start()
        self.addCleanup(proxy.stop)
        # The outcome is stored, and the host cannot say so on the cluster before it is killed.
        proxy.fault = lambda seen: "unavailable" if seen.method == "PATCH" else None
        config = self.write_kubeconfig("proxy", server=proxy.address)
        for how in (["r-1"], ["--all"]):
            with self.subTest(how=how):
                release = f"r-{len(how[0])}"
                program = self.start_release(flow(onStart="succeed"), release,
                                             kubeconfig_file=config)
                program.wait_for(event="release", status="Succeeded")
                wait_until("the end in the store",
                           lambda name=release: self.show(name)["status"] == "Succeeded")
                program.kill()
                held, = self.workflows(release)
                self.assertTrue(held["metadata"].get("finalizers"))
                what = [release] if how != ["--all"] else how
                status, text = self.call("resume", *what, "--kubeconfig", self.kubeconfig,
                                         "--store", self.store)
                self.assertEqual(status, 0 if how == ["--all"] else 2, text)
                let_go, = self.workflows(release)
                self.assertFalse(let_go["metadata"].get("finalizers"), text)

    def drive(self, release, generator):
        """Runs a release and kills its host until it has ended; returns how often."""
        kills, program = 0, self.start_release(self.manifest(), release)
        while True:
            try:
                program.process.wait(generator.uniform(0, LONGEST_SECONDS))
            except subprocess.TimeoutExpired:
                program.kill()
                kills += 1
            else:
                program.reader.join()
                self.assertEqual(program.process.returncode, 0, program.report())
                return kills
            program = self.go_on(release)

    def go_on(self, release):
        status, text = self.call("list", "--store", self.store, "--format", "json")
        if status != 0 or f'"id":"{release}"' not in text:
            return self.start_release(self.manifest(), release)  # It was killed before the start.
        if '"status":"Succeeded"' in next(
                line for line in text.splitlines() if f'"id":"{release}"' in line):
            return self.start("show", release, "--store", self.store)
        return self.start("resume", release, "--store", self.store, "--format", "jsonl")

    def check(self, release):
        program = self.start("export", release, "--store", self.store)
        self.assertEqual(program.end(), 0, program.report())
        self.assertEqual(program.matching(event="release")[-1]["status"], "Succeeded")
        hooks = [event["ticket"] for event in program.matching(event="hook")]
        answered = [event["ticket"] for event in program.matching(event="hook-succeeded")]
        self.assertEqual(sorted(answered), sorted(hooks), program.report())
        self.assertEqual(len(hooks), 7)
        found = {w["metadata"]["labels"]["promoflow.dev/ticket"]: w
                 for w in self.workflows(release)}
        self.assertEqual(len(found), len(self.workflows(release)), "a Workflow was created twice")
        vanishing = [str(e["ticket"]) for e in program.matching(event="hook",
                                                                hook="export-and-vanish")]
        wait_until("that the one with a ttl vanishes", lambda: not any(
            w["metadata"]["labels"]["promoflow.dev/ticket"] in vanishing
            for w in self.workflows(release)))
        self.assertEqual(sorted(set(found) | set(vanishing), key=int),
                         [str(ticket) for ticket in sorted(hooks)])
        context = self.show(release)["context"]
        self.assertEqual({key: context.get(key) for key in ("SEEN", "ECHO", "N", "VANISHED")},
                         {"SEEN": release, "ECHO": release, "N": 7, "VANISHED": "yes"})


if __name__ == "__main__":
    unittest.main()
