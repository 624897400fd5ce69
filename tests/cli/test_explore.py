# SPDX-License-Identifier: Apache-2.0
"""promoflow explore and promoflow diff from outside."""

import json
import os
import signal
import subprocess
import tempfile
import unittest

from test_cli import DEMO, FLOW, PROGRAM, REGIONS, run

PROPERTIES = """properties:
- name: eu waits for staging
  before: {promotion: eu}
  requires: {promotion: staging, succeeded: true}
- name: eu never fails
  never: {environment: eu, status: Failed}
"""


def wide(count):
    """A fan-out of so many environments."""
    steps = "".join(f"  - environment: e{i}\n    dependsOn: [dev]\n" for i in range(count))
    return FLOW.split("  steps:\n")[0] + "  steps:\n" + steps


class Explore(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def file(self, name, text):
        path = os.path.join(self.directory.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_the_demo_begins_with_three_sentences(self):
        status, out, error = run("explore", DEMO)
        self.assertEqual((status, error), (0, ""))
        self.assertEqual(out.splitlines()[:3], [
            "This flow has 8 outcomes.",
            "With 1 failure, prod-eu can end Failed while prod-us is Successful.",
            "slack-fail runs in every run that does not succeed."])

    def test_json_has_every_outcome_and_its_scenario_shows_it(self):
        status, out, _ = run("explore", "-", "--format", "json", "--failures", "1", stdin=REGIONS)
        self.assertEqual(status, 0)
        found = json.loads(out)
        self.assertTrue(found["complete"])
        self.assertEqual({len(one["environments"]) for one in found["outcomes"]}, {4})
        self.assertEqual(list(found["outcomes"][0]["environments"]), ["dev", "staging", "eu", "us"])
        self.assertEqual(found["outcomes"][0]["failures"], 0)
        flow = self.file("flow.yaml", REGIONS)
        for number, outcome in enumerate(found["outcomes"]):
            scenario = self.file(f"{number}.json", json.dumps(outcome["scenario"]))
            _, lines, _ = run("simulate", flow, "--scenario", scenario, "--format", "jsonl")
            ends = dict.fromkeys(outcome["environments"], "Pending")
            for line in map(json.loads, lines.splitlines()):
                if line["event"] == "environment":
                    ends[line["environment"]] = line["status"]
                if line["event"] == "release":
                    release = line["status"]
            self.assertEqual((release, ends), (outcome["release"], outcome["environments"]))

    def test_html_is_one_page_with_every_run(self):
        hostile = REGIONS.replace("page, open-ticket", "'<b>page</b>'")
        status, out, _ = run("explore", "-", "--format", "html", "--failures", "1", stdin=hostile)
        self.assertEqual(status, 0)
        self.assertTrue(out.startswith("<!DOCTYPE html>"))
        self.assertIn("<svg", out)
        self.assertNotIn("<b>page", out)
        self.assertEqual(out.count("<details>"), out.count("</details>"))
        self.assertEqual(out.count("<details>"), out.split("This flow has ")[1].count("<summary>"))
        self.assertNotIn("http://", out.replace("http://www.w3.org/", ""))

    def test_one_scenario_is_written_for_each_outcome(self):
        target = os.path.join(self.directory.name, "new", "outcomes")
        status, _, error = run("explore", DEMO, "--scenarios", target)
        self.assertEqual(status, 0)
        self.assertIn("8 scenarios written to", error)
        names = sorted(os.listdir(target))
        self.assertEqual(names.pop(), "outcomes.json")
        self.assertEqual(len(names), 8)
        with open(os.path.join(target, "outcomes.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.assertEqual([one["scenario"] for one in index["outcomes"]], names)
        self.assertEqual(index["options"]["failures"], 2)
        self.assertIs(index["complete"], True)
        self.assertEqual(names[0], "001-succeeded.yaml")
        self.assertIn("003-failed-staging.yaml", names)
        status, _, error = run("simulate", DEMO, "--scenario", os.path.join(target, names[0]))
        self.assertEqual((status, error), (0, ""))

    def test_a_suite_that_a_bound_cut_short_says_so(self):
        target = os.path.join(self.directory.name, "cut")
        status, _, error = run("explore", DEMO, "--scenarios", target, "--states-max", "40")
        self.assertEqual(status, 0, error)
        self.assertIn("warning: not everything was looked at (", error)
        with open(os.path.join(target, "outcomes.json"), encoding="utf-8") as file:
            self.assertIs(json.load(file)["complete"], False)

    def test_the_suite_records_what_hooks_export(self):
        target = os.path.join(self.directory.name, "suite")
        exports = self.file("exports.yaml", "outcomes:\n  - {hook: slack-start, context: {A: 1}}\n")
        status, _, error = run("explore", DEMO, "--scenarios", target, "--exports", exports)
        self.assertEqual(status, 0, error)
        with open(os.path.join(target, "outcomes.json"), encoding="utf-8") as file:
            options = json.load(file)["options"]
        rule, = options["exports"]["outcomes"]
        self.assertEqual((rule["hook"], rule["contextText"]), ("slack-start", '{"A":1}'))

    def test_a_directory_that_cannot_be_made_is_said(self):
        blocked = self.file("file", "")
        status, _, error = run("explore", DEMO, "--scenarios", os.path.join(blocked, "in"))
        self.assertEqual(status, 2)
        self.assertIn("cannot make the directory", error)

    def test_properties_are_checked_and_a_violation_is_shown(self):
        flow = self.file("flow.yaml", REGIONS)
        status, out, _ = run("explore", flow, "--check", self.file("p.yaml", PROPERTIES))
        self.assertEqual(status, 1)
        self.assertIn("  holds      eu waits for staging\n", out)
        self.assertIn("  violated   eu never fails\n", out)
        self.assertIn("the promotion failed", out)
        status, out, _ = run("explore", flow, "--format", "json", "--check",
                             self.file("p.yaml", PROPERTIES))
        self.assertEqual(status, 1)
        found = json.loads(out)["properties"]
        self.assertEqual([(one["name"], one["verdict"]) for one in found],
                         [("eu waits for staging", "holds"), ("eu never fails", "violated")])
        self.assertIsNone(found[0]["scenario"])
        self.assertIsNotNone(found[1]["scenario"])

    def test_keys_that_are_written_in_an_order_left_to_chance_are_found(self):
        flow = self.file("flow.yaml", REGIONS.replace("    dependsOn: [staging]",
                                                      "    dependsOn: [staging]\n"
                                                      "    hooks: {onFail: note}"))
        rules = self.file("exports.yaml", "outcomes:\n"
                          "- {hook: note, environment: eu, context: {URL: eu}}\n"
                          "- {hook: note, environment: us, context: {URL: us}}\n")
        status, out, error = run("explore", flow, "--exports", rules, "--format", "json")
        self.assertEqual((status, error), (0, ""))
        conflict, = json.loads(out)["conflicts"]
        self.assertEqual((conflict["key"], conflict["failures"]), ("URL", 2))
        scenario = self.file("conflict.json", json.dumps(conflict["scenario"]))
        _, lines, _ = run("simulate", flow, "--scenario", scenario, "--format", "jsonl")
        self.assertIn('"conflict"', lines)
        status, out, _ = run("explore", flow, "--exports", rules)
        self.assertIn("  URL: note  environment.onFail of ", out)
        self.assertIn(", with 2 failures or more\n", out)
        bad = self.file("bad.yaml", "outcomes: [{hook: note, context: '[1]'}]\n")
        status, out, error = run("explore", flow, "--exports", bad)
        self.assertNotEqual(status, 0)
        self.assertEqual(out, "")
        self.assertIn("note", error)

    def test_a_wrong_properties_file_is_reported_with_positions(self):
        wrong = self.file("p.yaml", PROPERTIES.replace("promotion: eu", "promotion: eo"))
        status, out, error = run("explore", self.file("flow.yaml", REGIONS), "--check", wrong)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("p.yaml:3:", error)
        self.assertIn("did you mean 'eu'?", error)

    def test_wrong_calls(self):
        for arguments, words in [
                (("explore", DEMO, "--failures", "some"),
                 "--failures some: write a number from 0 to 4294967295, or all\n"),
                (("explore", DEMO, "--failures", "-1"), "--failures -1: write a number from 0 "),
                (("explore", DEMO, "--retries", "x"),
                 "--retries x: write a number from 0 to 4294967295\n"),
                (("explore", DEMO, "--retries", "-1"), "--retries -1: write a number from 0 "),
                (("explore", DEMO, "--retries", "99999999999"),
                 "--retries 99999999999: write a number from 0 to 4294967295\n"),
                (("explore", DEMO, "--states-max", "1e3"), "--states-max 1e3: write a number "),
                (("explore", DEMO, "--states-max", "abc"), "--states-max abc: write a number "),
                (("explore", DEMO, "--states-max", "0"),
                 "--states-max 0: write a number from 1 to 18446744073709551615\n"),
                (("explore", DEMO, "--terminate=some"),
                 "--terminate takes no value"),
                (("explore", DEMO, "--formt", "json"), "did you mean '--format'?"),
                (("explore", "-", "--check", "-"), "standard input"),
                (("explore", "nowhere.yaml"), "nowhere.yaml"),
                (("diff", "-", "-"), "standard input"),
                (("diff", DEMO), "NEW")]:
            with self.subTest(arguments=arguments):
                status, out, error = run(*arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(words, error)

    def test_a_bound_is_said(self):
        status, out, _ = run("explore", DEMO, "--states-max", "10")
        self.assertEqual(status, 0)
        self.assertIn("Not everything was looked at: more than 10 states.", out)
        self.assertNotIn("never", out)

    def test_a_bound_before_the_first_end_is_said_in_each_format(self):
        properties = self.file("p.yaml", "properties: [{name: p, "
                               "never: {environment: staging, status: Failed}}]\n")
        flow = self.file("flow.yaml", wide(3))
        cut = ("explore", flow, "--states-max", "3")
        status, out, _ = run(*cut)
        self.assertEqual(status, 0)
        self.assertEqual(out.splitlines()[0],
                         "No run was seen to its end, so nothing is known of how one ends.")
        status, out, _ = run(*cut, "--format", "html")
        self.assertIn("<p>No run was seen to its end, so nothing is known", out)
        self.assertIn("<h2>Outcomes</h2>\n<p>No run was seen to its end.</p>\n", out)
        self.assertNotIn("Every run", out)
        for count in (3, 5, 8, 12):
            status, out, _ = run("explore", DEMO, "--states-max", str(count), "--check", properties,
                                 "--format", "json")
            property_, = json.loads(out)["properties"]
            self.assertEqual(status, 1 if property_["verdict"] == "violated" else 0)
            self.assertEqual(property_["verdict"] == "violated", property_["scenario"] is not None)
            self.assertNotIn("forbiddenBy", property_)

    def test_an_interrupt_prints_what_is_known(self):
        import pty  # pylint: disable=import-outside-toplevel
        flow = self.file("flow.yaml", wide(13))
        terminal, their_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        with subprocess.Popen(
                [PROGRAM, "explore", flow, "--failures", "all", "--all-orders", "--format", "json",
                 "--states-max", "100000000"], stdout=subprocess.PIPE, stderr=their_end) as process:
            os.close(their_end)
            seen = b""
            while b" states, " not in seen:  # The first progress: far more is to come.
                seen += os.read(terminal, 4096)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=50)
        self.assertEqual(process.returncode, 130)
        found = json.loads(out)
        self.assertFalse(found["complete"])
        self.assertEqual(found["bound"], "it was stopped")


class Diff(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.old = os.path.join(self.directory.name, "old.yaml")
        with open(self.old, "w", encoding="utf-8") as file:
            file.write(REGIONS)

    def test_equal_flows(self):
        self.assertEqual(run("diff", self.old, self.old), (0, "The flows are equal.\n", ""))

    def test_what_waits_for_what(self):
        new = REGIONS.replace("us\n    dependsOn: [staging]", "us\n    dependsOn: [eu]")
        status, out, error = run("diff", self.old, "-", stdin=new)
        self.assertEqual((status, error), (1, ""))
        self.assertIn("  us now waits for eu\n", out)
        status, out, _ = run("diff", self.old, "-", "--format", "json", stdin=new)
        self.assertEqual(status, 1)
        changes = json.loads(out)["changes"]
        self.assertEqual(changes[0], {"kind": "waits", "environment": "us",
                                      "text": "us now waits for eu"})
        status, out, _ = run("diff", self.old, "-", "--format", "markdown", stdin=new)
        self.assertIn("- us now waits for eu\n", out)

    def test_properties_are_checked_in_both_flows(self):
        new = REGIONS.replace("us\n    dependsOn: [staging]", "us\n    dependsOn: [eu]")
        properties = os.path.join(self.directory.name, "p.yaml")
        with open(properties, "w", encoding="utf-8") as file:
            file.write(PROPERTIES + "- name: eu comes before us\n"
                       "  before: {promotion: us}\n"
                       "  requires: {promotion: eu, succeeded: true}\n")
        status, out, error = run("diff", self.old, "-", "--check", properties, stdin=new)
        self.assertEqual((status, error), (1, ""))
        self.assertIn("  eu waits for staging: still holds\n", out)
        self.assertIn("  eu never fails: is still violated\n", out)
        self.assertIn("  eu comes before us: was violated, holds now\n", out)
        status, out, _ = run("diff", self.old, self.old, "--check", properties)
        self.assertEqual(status, 1)
        self.assertIn("The flows are equal.\n", out)
        status, out, _ = run("diff", self.old, "-", "--check", properties, "--format", "json",
                             stdin=new)
        self.assertEqual([(one["before"], one["after"]) for one in json.loads(out)["properties"]],
                         [("holds", "holds"), ("violated", "violated"), ("violated", "holds")])
        status, out, error = run("diff", self.old, "-", "--check", properties,
                                 stdin=new.replace("eu", "asia"))
        self.assertEqual((status, out), (2, ""))
        self.assertIn("p.yaml:", error)

    def test_a_wrong_flow_is_no_difference(self):
        status, out, error = run("diff", self.old, "-", stdin=REGIONS.replace("steps", "stpes"))
        self.assertEqual((status, out), (2, ""))
        self.assertIn("did you mean", error)


if __name__ == "__main__":
    unittest.main()
