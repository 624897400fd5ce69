#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference against the worked traces, and against rules that no scenario can show.

A scenario has no field for late events, Queued, Started and events for odd tickets: here the
machine is driven event by event.
"""

import glob
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TRACES = os.path.join(HERE, "..", "corpus", "traces")
sys.path.insert(0, HERE)

import generate  # noqa: E402
import reference  # noqa: E402
import reference_checks as checks  # noqa: E402
import reference_context as context  # noqa: E402
import reference_machine as machine  # noqa: E402
import reference_model as model  # noqa: E402

MINUTE = 60000


def flow_of(steps, **spec):
    return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "f"},
            "spec": dict({"triggerEnvironment": "dev", "steps": steps}, **spec)}


def step(name, *depends, **fields):
    return dict({"environment": name, "dependsOn": list(depends) or ["dev"]}, **fields)


class Driver:
    """A started release; `new()` gives the lines since the last look, without their times."""

    def __init__(self, steps, start=None, **spec):
        self.release = machine.Release(flow_of(steps, **spec))
        self.release.start(**(start or {}))
        self.seen = 0

    def new(self):
        lines = self.release.effects[self.seen:]
        self.seen = len(self.release.effects)
        return [" ".join(str(value) for key, value in line.items()
                         if key not in ("t", "arguments", "policy", "point", "attempt"))
                for line in lines]

    def after(self, time, event, **fields):
        """What an event causes, its own line left out."""
        self.new()
        self.release.apply(time, dict({"event": event}, **fields))
        return self.new()[1:]

    def status(self, name):
        return self.release.by_name[name].status


class ReferenceTest(unittest.TestCase):
    def refuses(self, driver, error, time, event, **fields):
        """Refused with this error, and nothing has changed."""
        driver.new()
        now = driver.release.now
        with self.assertRaises(checks.Refused) as found:
            driver.release.apply(time, dict({"event": event}, **fields))
        self.assertEqual(str(found.exception), error)
        self.assertEqual((driver.new(), driver.release.now), ([], now))


class WorkedTraces(unittest.TestCase):
    def test_each_worked_trace_comes_out_to_the_byte(self):
        import yaml  # noqa: F401  # PyYAML is needed, not optional
        paths = sorted(glob.glob(os.path.join(TRACES, "*.flow.yaml")))
        self.assertGreaterEqual(len(paths), 22)
        for path in paths:
            base = path[:-len(".flow.yaml")]
            with self.subTest(os.path.basename(base)):
                with open(base + ".trace.jsonl", "rb") as file:
                    expected = file.read()
                lines = reference.simulate(reference.load(path),
                                           reference.load(base + ".scenario.yaml"))
                # What C4's reasons say beyond their first words is the program's own.
                self.assertEqual(
                    [context.comparable(line) for line in lines],
                    [context.comparable(line) for line in expected.decode("utf-8").splitlines()])


class Values(unittest.TestCase):
    def test_durations_are_read_and_printed_as_go_does_without_zero_parts(self):  # M5
        for text, printed in (("24h", "24h"), ("90s", "1m30s"), ("0s", "0s"), ("1500ms", "1.5s"),
                              ("500ms", "500ms"), ("1h30m", "1h30m"), ("3601s", "1h1s"),
                              ("60.01s", "1m0.01s"), ("0.5s", "500ms")):
            self.assertEqual(model.print_duration(model.parse_duration(text)), printed)

    def test_a_backoff_is_truncated_to_milliseconds(self):  # R9
        rule = model.RetryRule({"limit": 3, "backoff": {"duration": "1ms", "factor": 1.5,
                                                        "maxDuration": "3ms"}})
        self.assertEqual([rule.delay(n) for n in (1, 2, 3, 4)], [1, 1, 2, 3])

    def test_a_long_message_is_cut_at_a_code_point(self):  # R5
        self.assertEqual(model.message_of(""), "no message was given")
        self.assertEqual(model.message_of("x" * 4096), "x" * 4096)
        self.assertEqual(model.message_of("x" * 4097), "x" * 4093 + "...")
        self.assertEqual(model.message_of("\u00e9" * 2049), "\u00e9" * 2046 + "...")  # 4092 bytes
        self.assertEqual(model.message_of("a" + "\u00e9" * 2049), "a" + "\u00e9" * 2046 + "...")

    def test_the_bounds_of_an_export_are_exact(self):  # C4
        def nested(levels):
            return '{"K":' * (levels - 1) + "{}" + "}" * (levels - 1)

        def why(text):
            try:
                context.parse_context(text)
            except context.InvalidContext as error:
                return str(error)
            return None
        room = context.CONTEXT_BYTES_MAX
        self.assertIsNone(why("{}".ljust(room)))
        self.assertEqual(why("{}".ljust(room + 1)), context.WHY_TOO_LARGE)
        self.assertIsNone(why(nested(64)))
        self.assertEqual(why(nested(65)), context.WHY_TOO_DEEP)
        self.assertEqual(why(nested(100000)), context.WHY_TOO_DEEP)
        self.assertEqual(why("[]"), context.WHY_NOT_OBJECT)
        self.assertEqual(why('{"A":NaN}'), context.WHY_NOT_JSON)
        self.assertEqual(why('{"A":"\\ud800"}'), context.WHY_NOT_JSON)
        self.assertEqual(why(b'{"A":"\xff"}'), context.WHY_NOT_UTF8)
        self.assertEqual(context.parse_context('{"A":1,"A":2}'), {"A": 2})

    def test_white_space_of_json_alone_is_no_export(self):  # C1
        for text in ("", " \t\r\n", b"\n"):
            self.assertTrue(context.is_blank(text))
        self.assertFalse(context.is_blank("\u00a0"))


class Conflicts(unittest.TestCase):
    def context_of(self, count, deep=False, value=None):
        spec = {"contextMerge": "deep"} if deep else {}
        steps = [step("e%d" % n) for n in range(count)] + [step("last", "e0")]
        return context.Context(model.Flow(flow_of(steps, **spec)), value or {})

    def test_the_latest_live_write_whose_order_matters_is_named(self):  # C5
        found = self.context_of(3)
        self.assertEqual(found.merge("e0", 1, {"K": 1}), [])
        self.assertEqual(found.merge("e1", 2, {"K": 2}),
                         [("conflict", {"key": "K", "earlier": 1, "later": 2})])
        self.assertEqual(found.merge("e2", 3, {"K": 2}),  # 2 wrote the same
                         [("conflict", {"key": "K", "earlier": 1, "later": 3})])

    def test_a_write_by_the_release_supersedes_all(self):  # C5
        found = self.context_of(2)
        found.merge("e0", 1, {"K": 1})
        self.assertEqual(found.merge(None, 2, {"K": 2}), [])
        self.assertEqual(found.merge("e1", 3, {"K": 3}), [])

    def test_a_write_supersedes_those_of_its_dependencies_only(self):  # C5
        found = self.context_of(2)
        found.merge("e0", 1, {"K": 1})
        found.merge("e1", 2, {"K": 1})
        self.assertEqual(found.merge("last", 3, {"K": 3}),
                         [("conflict", {"key": "K", "earlier": 2, "later": 3})])

    def test_a_conflict_is_looked_for_among_64_live_writes(self):  # C5
        for between, conflicts in ((63, 1), (64, 0)):
            found = self.context_of(70)
            found.merge("e0", 1, {"K": "other"})
            for n in range(between):
                found.live["K"].append(context.Write("e%d" % (n + 1), n + 2, "same"))
            self.assertEqual(len(found.merge("e69", 99, {"K": "same"})), conflicts)

    def test_deep_writes_commute_member_by_member(self):  # C5
        for one, other, commutes in (
                ({"a": 1}, {"b": 2}, True), ({"a": 1}, {"a": 1.0}, True),
                ({"a": 1}, {"a": True}, False), ({"a": {"x": 1}}, {"a": {"y": 1}}, True),
                ({"a": None}, {"a": {}}, False), ({}, 1, False), ({}, {"a": 1}, True),
                ([1], [1], True), (None, None, True)):
            self.assertEqual(context.commute(one, other), commutes, (one, other))
            found = self.context_of(2, deep=True)
            found.merge("e0", 1, {"K": one})
            self.assertEqual(found.merge("e1", 2, {"K": other}) == [], commutes)

    def test_shadowed_comes_before_conflict_for_one_key(self):  # C5, C6
        found = self.context_of(2, value={"VERSION": 0})
        found.merge("e0", 1, {"VERSION": 1, "K": 1})
        self.assertEqual([(event, fields["key"]) for event, fields in
                          found.merge("e1", 2, {"VERSION": 2, "K": 2})],
                         [("shadowed", "VERSION"), ("conflict", "VERSION"), ("conflict", "K")])
        self.assertEqual(found.writers, {"VERSION": 2, "K": 2})


class Events(ReferenceTest):
    def test_errors_of_a_ticket_come_before_not_allowed(self):  # R13
        driver = Driver([step("a")])
        self.refuses(driver, "unknown-ticket", 5, "resumed", ticket=2)
        self.refuses(driver, "wrong-kind", 5, "hook-succeeded", ticket=1)
        self.refuses(driver, "not-allowed", 5, "resumed", ticket=1)
        self.refuses(driver, "not-allowed", 5, "retry")
        self.refuses(driver, "not-allowed", 5, "retry", environments=[])
        self.refuses(driver, "not-allowed", 5, "retry", environments=["a"])
        self.refuses(driver, "unknown-environment", 5, "retry", environments=["a", "b"])
        self.refuses(driver, "unknown-environment", 5, "skip", environment="b")
        driver.after(0, "promotion-succeeded", ticket=1)
        self.assertEqual(driver.release.release.status, "Succeeded")
        self.refuses(driver, "settled-ticket", 5, "promotion-succeeded", ticket=1)
        self.refuses(driver, "not-allowed", 5, "terminate", reason="r", force=True)
        self.refuses(driver, "unknown-environment", 5, "retry", environments=["b"])
        self.refuses(driver, "not-allowed", 5, "skip", environment="a")

    def test_a_late_event_lets_the_deadline_fire_before_an_earlier_timer(self):  # R10
        driver = Driver([step("a", timeout="1m")], promotionTimeoutLimit=2)
        driver.new()
        driver.release.apply(5 * MINUTE, {"event": "tick"})
        self.assertEqual(driver.new(), ["terminate promotion flow timed out after 2m",
                                        "release Terminating", "cancel 1",
                                        "environment a Terminated", "release Terminated"])

    def test_timers_fire_at_the_time_of_a_late_event_in_order_of_time(self):  # R10
        driver = Driver([step("a", timeout="2m"), step("b", timeout="1m")])
        driver.new()
        driver.release.apply(5 * MINUTE, {"event": "tick"})
        self.assertEqual(driver.new()[:2], ["cancel 2", "promotion-failed 2 timed out after 1m"])
        self.assertEqual(driver.release.now, 5 * MINUTE)
        self.assertEqual(driver.release.effects[-1]["t"], 5 * MINUTE)

    def test_time_never_runs_backwards(self):  # R10
        driver = Driver([step("a", retry={"limit": 1, "backoff": {"duration": "1m"}})])
        driver.release.apply(5 * MINUTE, {"event": "suspended", "ticket": 1})
        driver.release.apply(MINUTE, {"event": "promotion-failed", "ticket": 1, "message": "m"})
        self.assertEqual(driver.release.next_timer(), 6 * MINUTE)

    def test_a_queued_command_does_not_expire(self):  # R19
        driver = Driver([step("a", timeout="1m")])
        self.assertEqual(driver.after(0, "queued", ticket=1), [])
        self.refuses(driver, "not-allowed", 0, "queued", ticket=1)
        self.assertEqual(driver.release.next_timer(), 1440 * MINUTE)
        self.assertEqual(driver.after(5 * MINUTE, "started", ticket=1), [])
        self.assertEqual(driver.release.next_timer(), 6 * MINUTE)
        self.refuses(driver, "not-allowed", 5 * MINUTE, "started", ticket=1)
        self.refuses(driver, "not-allowed", 5 * MINUTE, "queued", ticket=1)
        driver.release.apply(6 * MINUTE, {"event": "tick"})
        self.assertEqual(driver.status("a"), "Failed")

    def test_started_is_refused_for_what_was_never_queued(self):  # R19
        self.refuses(Driver([step("a")]), "not-allowed", 0, "started", ticket=1)

    def test_a_queued_command_may_be_suspended_end_or_be_cancelled(self):  # R19, R11
        driver = Driver([step("a"), step("b"), step("c")], failurePolicy="abort")
        for ticket in (1, 2, 3):
            self.assertEqual(driver.after(0, "queued", ticket=ticket), [])
        self.assertEqual(driver.after(0, "suspended", ticket=1), ["environment a Suspended"])
        self.assertEqual(driver.after(0, "promotion-succeeded", ticket=3),
                         ["environment c Successful"])
        self.assertEqual(driver.after(0, "resumed", ticket=1), ["environment a Running"])
        self.assertEqual(driver.after(0, "promotion-failed", ticket=1, message="m"),
                         ["environment a Failed", "cancel 2", "environment b Terminated",
                          "release Failed"])

    def test_a_queued_command_keeps_the_release_running(self):  # R19, R11
        driver = Driver([step("a"), step("b")])
        driver.after(0, "queued", ticket=2)
        self.assertEqual(driver.after(0, "suspended", ticket=1), ["environment a Suspended"])

    def test_a_soaking_ticket_takes_bad_news_only(self):  # R18, R13
        driver = Driver([step("a", soak="10m")])
        self.assertEqual(driver.after(0, "promotion-succeeded", ticket=1), [])
        self.assertEqual(driver.release.phase(driver.release.by_name["a"]), "Soaking")
        for event in ("promotion-succeeded", "suspended", "queued", "hook-failed"):
            self.refuses(driver, "settled-ticket", 0, event, ticket=1)
        self.assertEqual(driver.after(0, "promotion-failed", ticket=1, message="m"),
                         ["environment a Failed", "release Failed"])
        self.refuses(driver, "settled-ticket", 0, "promotion-failed", ticket=1, message="m")

    def test_a_soak_begins_anew_after_a_termination(self):  # R12, R18, R9
        driver = Driver([step("a", soak="10m", retry={"limit": 1})])
        driver.after(0, "promotion-succeeded", ticket=1)
        self.assertEqual(driver.after(MINUTE, "terminate", reason="r"),
                         ["release Terminating", "environment a Terminated",
                          "release Terminated"])
        self.refuses(driver, "settled-ticket", MINUTE, "promotion-failed", ticket=1, message="m")
        self.assertEqual(driver.after(2 * MINUTE, "retry"),
                         ["release Running", "environment a Running"])
        self.assertEqual(driver.release.next_timer(), 12 * MINUTE)
        self.assertEqual(driver.after(3 * MINUTE, "promotion-failed", ticket=1, message="m"), [])
        driver.release.apply(3 * MINUTE, {"event": "tick"})  # R9: a further attempt is left
        self.assertEqual(driver.new(), ["promote 2 a"])

    def test_a_forced_environment_is_terminated_without_hooks(self):  # R6
        driver = Driver([step("a", hooks={"onStart": "h", "onFail": "page"}), step("b")])
        driver.after(0, "promotion-failed", ticket=2, message="m")
        self.assertEqual(driver.after(0, "terminate", reason="r", force=True),
                         ["cancel 1", "environment a Terminated", "release Terminated"])
        self.assertEqual(driver.release.release.message, "r (first failure: m)")
        self.assertEqual(driver.release.by_name["a"].message, "r")

    def test_a_force_in_the_release_on_fail_chain_keeps_failed_and_the_message(self):  # R6
        driver = Driver([step("a")], hooks={"onFail": "close"})
        driver.after(0, "promotion-failed", ticket=1, message="m")
        self.refuses(driver, "not-allowed", 0, "terminate", reason="r")
        self.assertEqual(driver.after(0, "terminate", reason="r", force=True),
                         ["cancel 2", "release Failed"])
        self.assertEqual(driver.release.release.message, "m")

    def test_a_pending_environment_may_be_skipped_while_on_start_hooks_run(self):  # R16
        driver = Driver([step("a"), step("b", "a")], hooks={"onStart": "init"})
        self.assertEqual(driver.after(0, "skip", environment="dev"), ["environment dev Skipped"])
        self.assertEqual(driver.after(0, "skip", environment="a"), ["environment a Skipped"])
        self.assertEqual(driver.after(0, "hook-succeeded", ticket=1),
                         ["environment b Running", "promote 2 b"])

    def test_a_final_release_is_not_changed_by_a_skip_until_it_is_retried(self):  # R16, R12
        driver = Driver([step("a"), step("b", "a")])
        driver.after(0, "promotion-failed", ticket=1, message="m")
        self.assertEqual(driver.after(0, "skip", environment="a"), ["environment a Skipped"])
        self.assertEqual(driver.release.release.status, "Failed")
        self.assertEqual(driver.after(0, "retry"),
                         ["release Running", "environment b Running", "promote 2 b"])

    def test_skipping_all_that_is_left_ends_a_running_release(self):  # R16
        driver = Driver([step("a", hooks={"onFail": "page"}), step("b")])
        driver.after(0, "promotion-failed", ticket=1, message="m")
        self.refuses(driver, "not-allowed", 0, "skip", environment="a")  # page still runs
        driver.after(0, "hook-succeeded", ticket=3)
        driver.after(0, "skip", environment="a", reason="known")
        self.assertEqual(driver.release.by_name["a"].message, "known")
        self.assertEqual(driver.after(0, "promotion-succeeded", ticket=2),
                         ["environment b Successful", "release Succeeded"])
        self.assertIsNone(driver.release.release.message)

    def test_a_start_with_a_wrong_selection_is_refused(self):  # R16
        for start in ({"skip": []}, {"until": []}, {"only": ["x"]},
                      {"skip": ["a"], "until": ["a"]}):
            with self.assertRaises(checks.StartRefused):
                Driver([step("a")], start=start)

    def test_a_retry_of_some_keeps_the_message_of_the_first_that_stays_failed(self):  # R12
        driver = Driver([step("a"), step("b"), step("c")])
        for ticket, message in ((3, "third"), (2, "second"), (1, "first")):
            driver.after(0, "promotion-failed", ticket=ticket, message=message)
        self.assertEqual(driver.release.release.message, "third")
        self.assertEqual(driver.after(0, "retry", environments=["a", "c", "a"]),
                         ["release Running", "environment a Running", "promote 4 a",
                          "environment c Running", "promote 5 c"])
        self.assertEqual(driver.release.release.message, "second")

    def test_phases_are_derived_from_the_chain_that_runs(self):  # R14
        driver = Driver([step("a", hooks={"onStart": "h", "onSuccess": "h", "onFail": "h"})],
                        hooks={"onStart": "h", "onFail": "h"})
        release, a = driver.release.release, driver.release.by_name["a"]

        def phases():
            return driver.release.phase(release), driver.release.phase(a)
        self.assertEqual(phases(), ("Initializing", "Pending"))
        driver.after(0, "hook-succeeded", ticket=1)
        self.assertEqual(phases(), ("Running", "Initializing"))
        driver.after(0, "hook-succeeded", ticket=2)
        self.assertEqual(phases(), ("Running", "Running"))
        driver.after(0, "promotion-succeeded", ticket=3)
        self.assertEqual(phases(), ("Running", "Finalizing"))
        driver.after(0, "terminate", reason="r")
        self.assertEqual(phases(), ("Terminating", "FinalizingTermination"))
        driver.after(0, "hook-succeeded", ticket=5)
        self.assertEqual(phases(), ("FinalizingTermination", "Terminated"))


class Generated(unittest.TestCase):
    def test_generated_cases_are_deterministic_and_end(self):
        for seed in range(200):
            flow, scenario = generate.generate(seed)
            self.assertEqual((flow, scenario), generate.generate(seed))
            lines = reference.simulate(flow, scenario)
            if lines:
                self.assertEqual(lines[0], '{"t":0,"event":"release","status":"Running"}')

    def test_an_event_delivered_twice_leaves_what_it_left_once(self):
        test = self

        class Twice(machine.Release):
            def apply(self, time, event):
                super().apply(time, event)
                if event["event"] != "tick":
                    with test.assertRaises(checks.Refused):
                        super().apply(time, event)

        for seed in range(100):
            flow, scenario = generate.generate(seed)
            once = reference.simulate(flow, scenario)
            machine_class, reference.Release = reference.Release, Twice
            try:
                self.assertEqual(reference.simulate(flow, scenario), once)
            finally:
                reference.Release = machine_class


if __name__ == "__main__":
    unittest.main()
