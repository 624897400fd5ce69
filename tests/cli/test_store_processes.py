# SPDX-License-Identifier: Apache-2.0
"""Several processes on one store: [D3] kill it at any instant and go on, [D4] one owner, [D6] any
process may ask, [D11] what was handed out, and status 75, which leaves the answer to a person."""

import json
import os
import signal
import subprocess
import unittest

from run_support import PROGRAM, living, wait_for
from store_support import StoreCase


class Asking(StoreCase):
    """[D6] One process runs a release; others look at it and ask for something."""

    def test_a_release_is_seen_while_it_runs(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        shown = self.show()
        self.assertEqual(shown["status"], "Running")
        self.assertEqual(shown["owner"]["process"], process.pid)
        self.assertEqual([c["state"] for c in shown["commands"]], ["succeeded", "running"])
        b = [e for e in shown["environments"] if e["name"] == "b"][0]
        self.assertEqual((b["status"], b["waitsFor"]), ("Pending", ["a"]))
        self.assertIn("driven by process %d on " % process.pid, self.call("show", "r-1")[1])
        self.assertIn("process %d on " % process.pid, self.call("list")[1])
        follower = self.begin("logs", "r-1", "--follow")
        self.touch("gate")
        code, out, err = self.finish(follower)
        self.assertEqual((code, err), (0, ""))
        for text in ("==> a promotion, ticket 2 <==", "==> b promotion, ticket 4 <==", "out-2"):
            self.assertIn(text, out)
        self.assertEqual(self.finish(process)[0], 0)
        self.assertIsNone(self.show()["owner"])

    def test_terminate_ends_it_and_the_record_says_who_and_why(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        code, out, err = self.call("terminate", "r-1", "--reason", "the database is down")
        self.assertEqual((code, out, err), (0, "r-1: applied\n", ""))
        code, out, _ = self.finish(process)
        self.assertEqual(code, 1)
        self.assertIn("terminate: the database is down (by ", out)
        self.assertEqual(self.show()["status"], "Terminated")
        self.assertEqual(self.read("journal"), "before\npromoting\npage\n")
        code, out, err = self.call("terminate", "r-1")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("has ended: it is Terminated", err)

    def test_what_is_refused_says_why(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        code, out, err = self.call("answer", "r-1", "1", "--succeeded")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("refused it: ", err)
        code, _, err = self.call("approve", "r-1", "2")
        self.assertEqual(code, 1)
        self.assertIn("does not wait for a person: it runs", err)
        code, _, err = self.call("answer", "r-1", "99", "--succeeded")
        self.assertEqual(code, 1)
        self.assertIn("has no command with the ticket 99", err)
        self.touch("gate")
        self.assertEqual(self.finish(process)[0], 0)

    def test_nobody_drives_it(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.kill(process)
        for call in (("terminate", "r-1"), ("answer", "r-1", "2", "--succeeded"),
                     ("retry", "r-1")):
            code, out, err = self.call(*call)
            self.assertEqual((code, out), (3, ""))
            self.assertIn("promoflow resume r-1", err)
        self.assertIsNone(self.show()["owner"])
        self.assertIn("nobody drives it: process %d on " % process.pid, self.call("show", "r-1")[1])
        self.assertIn("nobody\n", self.call("list")[1])

    def test_the_asker_need_not_wait(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.assertEqual(self.call("terminate", "r-1", "--no-wait"), (0, "", ""))
        self.assertEqual(self.finish(process)[0], 1)
        self.assertEqual(self.show()["status"], "Terminated")


class Persons(StoreCase):
    """Exit status 75 waits for a person."""

    def test_approve_lets_it_succeed(self):
        process = self.start(self.approved_flow())
        self.wait_until_suspended()
        shown = self.show()
        self.assertEqual((shown["status"], shown["commands"][0]["state"]),
                         ("Suspended", "suspended"))
        out = self.call("show", "r-1")[1]
        self.assertIn("\nWaiting for a person\n", out)
        self.assertIn("\n    promoflow approve r-1 1\n", out)
        self.assertEqual(self.call("approve", "r-1", "1")[0], 0)
        code, _, err = self.finish(process)
        self.assertEqual(code, 0, err)
        events = [line["event"] for line in self.lines()]
        self.assertEqual([e for e in events if e in ("suspended", "resumed",
                                                     "promotion-succeeded")],
                         ["suspended", "resumed", "promotion-succeeded"])
        self.assertEqual(self.read("journal"), "asks\n")

    def test_reject_lets_it_fail_with_the_reason(self):
        process = self.start(self.approved_flow())
        self.wait_until_suspended()
        self.assertEqual(self.call("reject", "r-1", "1", "--reason", "not on a Friday")[0], 0)
        self.assertEqual(self.finish(process)[0], 1)
        self.assertIn("not on a Friday", self.read("journal"))
        self.assertEqual(self.commands()[1]["message"], "not on a Friday")

    def test_a_hook_is_answered_with_a_context(self):
        self.script("ask", "exit 75")
        self.script("tell", 'echo "$PROMOFLOW_CONTEXT_WHO" >%s' % self.path("told"))
        self.script("promotions/default", "true")
        process = self.start(self.flow(
            "  steps:\n    - {environment: a, dependsOn: [dev], "
            "hooks: {onStart: ask, onSuccess: tell}}\n"))
        self.wait_until_suspended()
        with open(self.path("context.json"), "w", encoding="utf-8") as file:
            file.write('{"WHO": "ann"}')
        code, _, err = self.call("answer", "r-1", "1", "--succeeded", "--context",
                                 self.path("context.json"))
        self.assertEqual(code, 0, err)
        self.assertEqual(self.finish(process)[0], 0)
        self.assertEqual(self.read("told"), "ann\n")

    def test_it_waits_across_a_restart(self):
        process = self.start(self.approved_flow())
        self.wait_until_suspended()
        self.kill(process)
        resumed = self.begin("resume", "r-1")
        wait_for(lambda: (self.show()["owner"] or {}).get("process") == resumed.pid,
                 "the new owner")
        self.assertEqual(self.commands()[1]["state"], "suspended")
        self.assertEqual(self.call("approve", "r-1", "1")[0], 0)
        code, _, err = self.finish(resumed)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.read("journal"), "asks\n")

    def test_what_waits_is_cancelled_like_all_else(self):
        process = self.start(self.approved_flow())
        self.wait_until_suspended()
        self.assertEqual(self.call("terminate", "r-1")[0], 0)
        self.assertEqual(self.finish(process)[0], 1)
        self.assertIn("page", self.read("journal"))
        self.assertEqual(self.commands()[1]["state"], "cancelled")

    def test_without_a_store_nobody_could_answer_so_it_fails(self):
        flow = self.approved_flow("echo 'ask somebody' >&2; exit 75")
        done = subprocess.run([PROGRAM, "run", flow, "--hooks", self.hooks, "--no-store"],
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Failed: ask somebody", done.stderr)


class Restart(StoreCase):
    def test_a_killed_run_is_resumed_and_nothing_is_done_twice(self):  # [D3] [D11]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.kill(process)
        code, out, err = self.call("resume", "r-1")
        self.assertEqual(code, 0, err)
        self.assertEqual(out.splitlines()[0], "release r-1 of tested goes on")
        self.assertEqual(self.read("journal"), "before\npromoting\nafter ABC-1\npromoting\n")
        self.assertEqual(self.show()["status"], "Succeeded")
        self.assertEqual(self.call("verify", "r-1")[0], 0)
        self.assertEqual(self.call("replay", "r-1")[0], 0)

    def test_what_still_runs_is_found_again(self):  # [D12]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        process.kill()
        process.communicate()
        resumed = self.begin("resume", "r-1", "--format", "jsonl")
        wait_for(lambda: self.show()["owner"] is not None, "the new owner")
        self.assertEqual(self.commands()[2]["state"], "running")
        self.touch("gate")
        code, _, err = self.finish(resumed)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.read("journal"), "before\npromoting\nafter ABC-1\npromoting\n")
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")

    def test_what_was_killed_with_its_supervisor_is_lost_and_fails(self):  # [D11]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        process.kill()
        process.communicate()
        self.end_all()
        code, out, _ = self.call("resume", "r-1")
        self.assertEqual(code, 1)
        self.assertIn("nobody knows how", self.commands()[2]["message"])
        self.assertEqual(self.read("journal"), "before\npromoting\npage\n")

    def test_one_process_drives_a_release(self):  # [D4]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        code, out, err = self.call("resume", "r-1")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("process %d on " % process.pid, err)
        code, out, err = self.call("resume", "--all")
        self.assertEqual((code, out), (0, ""))
        self.assertIn("nothing to go on with", err)
        self.touch("gate")
        self.assertEqual(self.finish(process)[0], 0)

    def test_resume_all_takes_up_what_nobody_drives(self):
        flow = self.gated_flow()
        processes = [self.start(flow, "--set", "release.id=" + name) for name in ("r-1", "r-2")]
        wait_for(lambda: os.path.exists(self.path("journal"))
                 and self.read("journal").count("promoting") == 2, "both promotions")
        for process in processes:
            process.kill()
        for process in processes:
            self.kill(process)
        code, out, err = self.call("resume", "--all", "--format", "jsonl")
        self.assertEqual(code, 0, err)
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual({line["release"] for line in lines}, {"r-1", "r-2"})
        self.assertEqual([line["event"] for line in lines[:1]], ["resumed"])
        self.assertTrue(self.call("list", "--format", "json", "--status", "Running")[1] == "")
        self.assertEqual(living(self.marker), [])

    def test_a_release_that_has_ended_is_not_resumed(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        code, out, err = self.call("resume", "r-1")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("has ended: it is Succeeded", err)

    def test_options_of_the_resume_stand_over_those_of_the_run(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.kill(process)
        mended = self.path("mended")
        os.makedirs(os.path.join(mended, "promotions"))
        for name in ("promotions/default", "before", "after", "page"):
            with open(os.path.join(mended, name), "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho mended >>%s\n" % self.path("journal"))
            os.chmod(os.path.join(mended, name), 0o755)
        code, _, err = self.call("resume", "r-1", "--hooks", mended)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.read("journal"), "before\npromoting\nmended\nmended\n")

    def test_programs_run_where_they_ran_before(self):
        flow = self.gated_flow()
        self.script("after", "pwd >%s" % self.path("where"))
        process = self.start(flow)
        self.wait_for_file("promoting")
        self.kill(process)
        done = subprocess.run([PROGRAM, "resume", "r-1", "--store", self.store], cwd="/",
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.read("where").strip(), os.getcwd())

    def test_a_failed_release_is_retried_by_whoever_asks(self):
        flow = self.approved_flow("[ -e %s ]" % self.path("gate"))
        self.assertEqual(self.run_it(flow)[0], 1)
        self.touch("gate")
        code, out, err = self.call("retry", "r-1")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"release +retry \(by ")
        self.assertEqual(self.show()["status"], "Succeeded")
        self.assertEqual(self.call("replay", "r-1")[0], 0)
        code, out, err = self.call("retry", "r-1")
        self.assertEqual(code, 1)
        self.assertEqual(self.show()["status"], "Succeeded")

    def test_a_retry_of_a_release_that_runs_is_asked_of_its_process(self):
        self.script("promotions/default", "if [ $PROMOFLOW_ENVIRONMENT = b ] && ! [ -e %s ]; then "
                    "exit 1; fi\nwhile [ $PROMOFLOW_ENVIRONMENT = a ] && ! [ -e %s ]; do sleep "
                    "0.02; done" % (self.path("mended"), self.path("gate")))
        process = self.start(self.flow(
            "  failurePolicy: continue\n  steps:\n    - {environment: a, dependsOn: [dev]}\n"
            "    - {environment: b, dependsOn: [dev]}\n"))

        def failed():
            code, out, _ = self.call("show", "r-1", "--format", "json")
            return code == 0 and any(e["status"] == "Failed"
                                     for e in json.loads(out)["environments"])
        wait_for(failed, "the failure of b")
        self.touch("mended")
        code, out, err = self.call("retry", "r-1", "--environments", "b")
        self.assertEqual((code, out), (0, "r-1: applied\n"), err)
        self.touch("gate")
        self.finish(process)
        self.assertEqual({e["name"]: e["status"] for e in self.show()["environments"]},
                         {"dev": "Successful", "a": "Successful", "b": "Successful"})

    def test_an_interrupt_may_leave_the_release_as_it_is(self):
        process = self.start(self.approved_flow(), "--detach-on-interrupt")
        self.wait_until_suspended()
        process.send_signal(signal.SIGINT)
        code, _, err = self.finish(process)
        self.assertEqual(code, 1)
        self.assertIn("the release is Suspended; go on with it: promoflow resume r-1", err)
        self.assertEqual(self.show()["status"], "Suspended")
        resumed = self.begin("resume", "r-1")
        wait_for(lambda: self.show()["owner"] is not None, "the new owner")
        self.assertEqual(self.call("approve", "r-1", "1")[0], 0)
        self.assertEqual(self.finish(resumed)[0], 0)


if __name__ == "__main__":
    unittest.main()
