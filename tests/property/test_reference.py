#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference against the worked traces of SPEC.md, and against a few rules by name."""

import glob
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import generate  # noqa: E402
import reference  # noqa: E402
import reference_machine as machine  # noqa: E402
import reference_model as model  # noqa: E402

SHARED = os.environ.get("PROMOFLOW_SHARED") or os.path.join(HERE, "..", "..", "..", "shared")
TRACES = os.path.join(SHARED, "traces")
INVALID = "exported an invalid promotion context: "


def flow_of(steps, **spec):
    return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "f"},
            "spec": dict({"triggerEnvironment": "dev", "steps": steps}, **spec)}


class WorkedTraces(unittest.TestCase):
    def test_each_worked_trace_comes_out_to_the_byte(self):
        paths = sorted(glob.glob(os.path.join(TRACES, "*.flow.yaml")))
        if not paths:
            self.skipTest("no traces in " + TRACES)
        try:
            import yaml  # noqa: F401
        except ImportError:
            self.skipTest("no PyYAML")
        for path in paths:
            base = path[:-len(".flow.yaml")]
            with self.subTest(os.path.basename(base)):
                with open(base + ".trace.jsonl", "rb") as file:
                    expected = file.read()
                lines = reference.simulate(reference.load(path),
                                           reference.load(base + ".scenario.yaml"))
                got = "".join(line + "\n" for line in lines)
                if os.path.basename(base).startswith("10-"):  # the reason is left empty there
                    got = got.replace(INVALID + model.WHY_NOT_OBJECT, INVALID)
                self.assertEqual(got.encode("utf-8"), expected)


class Rules(unittest.TestCase):
    def test_durations_are_read_and_printed_as_go_does_without_zero_parts(self):  # M5
        for text, printed in (("24h", "24h"), ("90s", "1m30s"), ("0s", "0s"), ("1500ms", "1.5s"),
                              ("500ms", "500ms"), ("1h30m", "1h30m"), ("3601s", "1h1s")):
            self.assertEqual(model.print_duration(model.parse_duration(text)), printed)

    def test_the_bounds_of_an_export_are_exact(self):  # C4
        def nested(levels):
            return '{"K":' * (levels - 1) + "{}" + "}" * (levels - 1)

        def why(text):
            try:
                model.parse_context(text)
            except model.InvalidContext as error:
                return str(error)
            return None
        room = model.CONTEXT_BYTES_MAX
        self.assertIsNone(why("{}".ljust(room)))
        self.assertEqual(why("{}".ljust(room + 1)), model.WHY_TOO_LARGE)
        self.assertIsNone(why(nested(64)))
        self.assertEqual(why(nested(65)), model.WHY_TOO_DEEP)
        self.assertEqual(why(nested(100000)), model.WHY_TOO_DEEP)
        self.assertEqual(why("[]"), model.WHY_NOT_OBJECT)
        self.assertEqual(why('{"A":NaN}'), model.WHY_NOT_JSON)
        self.assertEqual(why(""), model.WHY_NOT_JSON)
        self.assertEqual(why(b'{"A":"\xff"}'), model.WHY_NOT_UTF8)

    def test_events_that_cannot_be_are_refused_by_name(self):  # R13
        release = machine.Release(flow_of([{"environment": "a", "dependsOn": ["dev"]}]))
        release.start()
        for event, error in (({"event": "resumed", "ticket": 2}, "unknown-ticket"),
                             ({"event": "hook-succeeded", "ticket": 1}, "wrong-kind"),
                             ({"event": "resumed", "ticket": 1}, "not-allowed"),
                             ({"event": "retry"}, "not-allowed")):
            with self.assertRaisesRegex(machine.Refused, error):
                release.apply(0, event)
        release.apply(0, {"event": "promotion-succeeded", "ticket": 1})
        self.assertEqual(release.release.status, "Succeeded")
        with self.assertRaisesRegex(machine.Refused, "settled-ticket"):
            release.apply(0, {"event": "promotion-succeeded", "ticket": 1})

    def test_unrelated_writers_conflict_and_defaults_are_shadowed(self):  # C5, C6
        steps = [{"environment": name, "dependsOn": ["dev"], "hooks": {"onStart": name}}
                 for name in ("a", "b")]
        release = machine.Release(flow_of(steps))
        release.start()
        release.apply(0, {"event": "hook-succeeded", "ticket": 1, "context": '{"K":1}'})
        release.apply(0, {"event": "hook-succeeded", "ticket": 2,
                          "context": '{"K":2,"VERSION":"x"}'})
        self.assertEqual(release.conflicts, [("K", "a", "b")])
        self.assertEqual(release.shadowed, [("VERSION", 2)])

    def test_generated_cases_are_deterministic_and_end(self):
        for seed in range(200):
            flow, scenario = generate.generate(seed)
            self.assertEqual((flow, scenario), generate.generate(seed))
            lines = reference.simulate(flow, scenario)
            self.assertEqual(lines[0], '{"t":0,"event":"release","status":"Running"}')


if __name__ == "__main__":
    unittest.main()
