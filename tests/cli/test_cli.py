# SPDX-License-Identifier: Apache-2.0
"""The program from outside: what it prints, on which stream, and its exit status."""

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

PROGRAM = os.environ.get("PROMOFLOW_PROGRAM", "promoflow")
SOURCE = os.environ.get(
    "PROMOFLOW_SOURCE_DIR",
    os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")))
CORPUS = os.path.join(SOURCE, "tests", "corpus")
DEMO = os.path.join(SOURCE, "examples", "demo", "flow.yaml")
DEMO_SCENARIO = os.path.join(SOURCE, "examples", "demo", "scenario.yaml")

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
  - environment: staging
    dependsOn: [dev]
    hooks: {onStart: announce, onFail: [page, open-ticket]}
"""
REGIONS = FLOW + """  - environment: eu
    dependsOn: [staging]
  - environment: us
    dependsOn: [staging]
"""
BROKEN = FLOW.replace("onFail", "onFailure").replace("[dev]", "[dve]")
WARNED = FLOW.replace("dependsOn: [dev]", "dependsOn: [dev, dev]")
ESCAPE = "\x1b["


def run(*arguments, stdin=b"", environment=None, **more):
    """Runs the program with nothing of the caller's terminal in its environment."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    clean.update(environment or {})
    if isinstance(stdin, str):
        stdin = stdin.encode("utf-8")
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([PROGRAM, *arguments], input=stdin, env=clean, timeout=60, check=False,
                          **more)
    return (done.returncode, (done.stdout or b"").decode("utf-8"),
            (done.stderr or b"").decode("utf-8"))


def in_terminal(*arguments, environment=None):
    """Runs the program with standard output and error on a pseudo terminal."""
    import pty  # pylint: disable=import-outside-toplevel
    parent, child = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    clean["TERM"] = "xterm"
    clean.update(environment or {})
    with subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=child,
                          stderr=child, env=clean) as process:
        os.close(child)
        text = b""
        while True:
            try:
                chunk = os.read(parent, 65536)
            except OSError:  # Linux says EIO when the other side is closed.
                break
            if not chunk:
                break
            text += chunk
        process.wait(timeout=60)
    os.close(parent)
    return text.decode("utf-8")


class WithFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(text.encode("utf-8") if isinstance(text, str) else text)
        return path

    def assert_one_line(self, stderr, *parts):
        self.assertEqual(stderr.count("\n"), 1, stderr)
        self.assertTrue(stderr.startswith("promoflow: "), stderr)
        for part in parts:
            self.assertIn(part, stderr)


class Calls(WithFiles):
    def test_a_wrong_call_gets_one_line_that_says_what_to_do_and_2(self):
        flow = self.file("flow.yaml", FLOW)
        missing = os.path.join(self.folder, "missing.yaml")
        for arguments, parts in (
                ((), ("validate, simulate, run, resume, list,",
                       "prune, graph, explore, diff, resolve, manifests,",
                       "schema or completion",)),
                (("simulat", flow), ("'simulat'", "did you mean 'simulate'?")),
                (("xyzzy",), ("'xyzzy'", "the commands are")),
                (("--versoin",), ("--versoin", "did you mean '--version'?")),
                (("validate",), ("FILE is required", "promoflow validate --help")),
                (("validate", "--fromat", "json", flow), ("did you mean '--format'?",)),
                (("validate", "--format", "xml", flow), ("text, json or sarif",)),
                (("graph", "--format", "png", flow), ("text, mermaid, dot or svg",)),
                (("graph", "--format"), ("--format needs a value",)),
                (("graph", flow, flow), ("one argument too many",)),
                (("schema", "flow"), ("manifest, scenario or properties",)),
                (("validate", missing), (missing, "No such file")),
                (("simulate", self.folder), ("is a directory",)),
                (("simulate", flow, "--scenario", missing), (missing, "No such file")),
                (("simulate", flow, "--set", "release.ID=1"), ("release.ID", "use release.id, ")),
                (("simulate", flow, "--set", "release.id"), ("KEY=VALUE",)),
                (("simulate", flow, "--set", "release.id="), ("needs an id",)),
                (("simulate", "-", "--scenario", "-"), ("cannot both be read",)),
                (("simulate", flow, "--skip", "stagin"),
                 ("no environment 'stagin'", "did you mean 'staging'?")),
                (("simulate", flow, "--until", ","), ("--until: name one environment or more",)),
                (("simulate", flow, "--skip", "dev", "--only", "staging"),
                 ("only one of --skip, --until and --only",)),
                (("simulate", flow, "--skip", "nowhere", "--until", "staging"),
                 ("only one of --skip, --until and --only",)),
                (("validate", "-", "-"), ("only once",)),
                (("validate", "no\nsuch\nfile"), ("no<U+000A>such<U+000A>file",))):
            with self.subTest(arguments=arguments):
                code, stdout, stderr = run(*arguments)
                self.assertEqual((code, stdout), (2, ""))
                self.assert_one_line(stderr, *parts)

    @unittest.skipIf(not hasattr(os, "geteuid") or os.geteuid() == 0, "root reads everything")
    def test_an_unreadable_file_is_reported(self):
        flow = self.file("flow.yaml", FLOW)
        os.chmod(flow, 0)
        code, _, stderr = run("validate", flow)
        self.assertEqual(code, 2)
        self.assert_one_line(stderr, "Permission denied")

    def test_help_teaches_on_standard_output(self):
        for arguments in (("--help",), ("validate", "--help"), ("simulate", "--help"),
                          ("graph", "-h"), ("schema", "--help")):
            with self.subTest(arguments=arguments):
                code, stdout, stderr = run(*arguments)
                self.assertEqual((code, stderr), (0, ""))
                self.assertIn("Usage: promoflow", stdout)
                self.assertIn("  promoflow ", stdout)  # At least one example.

    def test_the_version_is_one_line(self):
        code, stdout, stderr = run("--version")
        self.assertEqual((code, stderr), (0, ""))
        self.assertRegex(stdout, r"\Apromoflow \d+\.\d+\.\d+( \(SQLite \d+\.\d+\.\d+\))?\n\Z")

    def test_of_several_flows_one_must_be_chosen(self):
        two = self.file("two.yaml",
                        FLOW.replace("billing", "one") + "---\n" + FLOW.replace("billing", "two"))
        for command in ("graph", "simulate"):
            code, stdout, stderr = run(command, two)
            self.assertEqual((code, stdout), (2, ""))
            self.assert_one_line(stderr, "has 2 flows", "--flow", "one, two")
            code, stdout, stderr = run(command, two, "--flow", "two")
            self.assertEqual((code, stderr), (0, ""))
            self.assertIn("two", stdout)
            code, stdout, stderr = run(command, two, "--flow", "three")
            self.assertEqual((code, stdout), (2, ""))
            self.assert_one_line(stderr, "no flow 'three'", "one, two")
        self.assertIn("2 flows, 4 environments", run("validate", two)[1])


class Streams(WithFiles):
    def test_a_closed_pipe_ends_quietly_with_2(self):
        steps = "".join(f"  - environment: e{i}\n    dependsOn: [dev]\n" for i in range(20000))
        flow = self.file("wide.yaml", FLOW[:FLOW.index("  - environment")] + steps)
        with subprocess.Popen([PROGRAM, "simulate", "--format", "jsonl", flow],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(timeout=60), 2)

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_a_full_disk_is_reported_once(self):
        for arguments in (("graph", DEMO), ("simulate", DEMO), ("schema",), ("--help",),
                          ("validate", DEMO)):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                code, _, stderr = run(*arguments, stdout=full)
                self.assertEqual(code, 2)
                self.assert_one_line(stderr, "No space left")

    @unittest.skipUnless(os.path.exists("/dev/zero"), "needs /dev/zero")
    def test_an_endless_file_is_a_limit_not_a_hang(self):
        start = time.monotonic()
        code, stdout, _ = run("validate", "/dev/zero")
        self.assertEqual(code, 1)
        self.assertIn("[limit-exceeded]", stdout)
        self.assertLess(time.monotonic() - start, 20)

    def test_colour_follows_the_option_then_no_color_then_the_terminal(self):
        flow = self.file("flow.yaml", FLOW)
        broken = self.file("broken.yaml", BROKEN)
        for arguments in (("graph", flow), ("simulate", flow), ("validate", broken),
                          ("simulate", broken)):
            with self.subTest(arguments=arguments):
                self.assertNotIn(ESCAPE, "".join(map(str, run(*arguments))))
                colored = "".join(map(str, run(*arguments, "--color", "always",
                                               environment={"NO_COLOR": "1"})))
                self.assertIn(ESCAPE, colored)
                self.assertIn(ESCAPE, in_terminal(*arguments))
                self.assertNotIn(ESCAPE, in_terminal(*arguments, environment={"NO_COLOR": "1"}))
                self.assertNotIn(ESCAPE, in_terminal(*arguments, "--color", "never"))
                self.assertNotIn(ESCAPE, in_terminal(*arguments, environment={"TERM": "dumb"}))

    def test_text_keeps_to_the_width_that_columns_gives(self):
        for columns in (60, 100):
            _, stdout, _ = run("simulate", DEMO, "--scenario", DEMO_SCENARIO,
                               environment={"COLUMNS": str(columns)})
            self.assertLessEqual(max(map(len, stdout.splitlines())), columns)


class Validate(WithFiles):
    def test_good_flows_end_with_0_and_a_summary(self):
        code, stdout, stderr = run("validate", self.file("flow.yaml", FLOW))
        self.assertEqual((code, stderr), (0, ""))
        self.assertTrue(stdout.endswith("flow.yaml: ok (2 environments, 3 hooks)\n"), stdout)

    def test_wrong_flows_end_with_1_and_every_problem_on_standard_output(self):
        code, stdout, stderr = run("validate", self.file("flow.yaml", BROKEN))
        self.assertEqual((code, stderr), (1, ""))
        for part in (":8:17: error: ", ":9:32: error: ", "did you mean 'onFail'?",
                     "did you mean 'dev'?", "flow.yaml: 2 errors\n"):
            self.assertIn(part, stdout)

    def test_standard_input_is_a_file(self):
        code, stdout, _ = run("validate", "-", stdin=BROKEN)
        self.assertEqual(code, 1)
        self.assertIn("<stdin>:8:17: error: ", stdout)

    def test_strict_takes_warnings_as_errors(self):
        flow = self.file("flow.yaml", WARNED)
        code, stdout, _ = run("validate", flow)
        self.assertEqual(code, 0)
        self.assertIn("warning: ", stdout)
        self.assertIn("ok, 1 warning (", stdout)
        code, stdout, _ = run("validate", "--strict", flow)
        self.assertEqual(code, 1)
        self.assertIn("1 error\n", stdout)

    def test_all_files_are_checked_and_the_worst_decides(self):
        good, bad = self.file("good.yaml", FLOW), self.file("bad.yaml", BROKEN)
        code, stdout, _ = run("validate", bad, good)
        self.assertEqual(code, 1)
        self.assertIn("good.yaml: ok", stdout)
        code, stdout, stderr = run("validate", bad, self.folder + "/none.yaml", good)
        self.assertEqual(code, 2)
        self.assertIn("good.yaml: ok", stdout)
        self.assert_one_line(stderr, "No such file")

    def test_json_is_one_object_a_line(self):
        code, stdout, _ = run("validate", "--format", "json", "-", stdin=BROKEN)
        self.assertEqual(code, 1)
        lines = [json.loads(line) for line in stdout.splitlines()]
        self.assertEqual([(line["code"], line["line"]) for line in lines],
                         [("unknown-environment", 8), ("unknown-field", 9)])
        self.assertEqual(run("validate", "--format", "json", "-", stdin=FLOW)[:2], (0, ""))

    def test_sarif_is_one_log_of_all_files(self):
        good, bad = self.file("good.yaml", FLOW), self.file("bad.yaml", BROKEN)
        code, stdout, _ = run("validate", "--format", "sarif", good, bad)
        self.assertEqual(code, 1)
        log = json.loads(stdout)
        self.assertEqual(log["version"], "2.1.0")
        self.assertIn("$schema", log)
        (only,) = log["runs"]
        self.assertEqual(only["tool"]["driver"]["name"], "promoflow")
        rules = {rule["id"] for rule in only["tool"]["driver"]["rules"]}
        self.assertEqual(len(only["results"]), 2)
        for result in only["results"]:
            self.assertIn(result["ruleId"], rules)
            self.assertEqual(result["level"], "error")
            self.assertTrue(result["message"]["text"])
            place = result["locations"][0]["physicalLocation"]
            self.assertTrue(place["artifactLocation"]["uri"].endswith("bad.yaml"))
            self.assertGreater(place["region"]["startLine"], 0)
            self.assertGreater(place["region"]["startColumn"], 0)

    def test_every_flow_of_the_corpus_is_read(self):
        flows = sorted(glob.glob(os.path.join(CORPUS, "flows", "*.yaml")))
        self.assertTrue(flows, "tests/corpus/flows is empty")
        code, stdout, stderr = run("validate", *flows)
        self.assertEqual((code, stderr), (0, ""), stdout)


class Simulate(WithFiles):
    def test_a_release_that_fails_ends_with_1_and_its_timeline_on_standard_output(self):
        scenario = self.file("s.yaml", "outcomes:\n- {environment: staging, fail: degraded}\n")
        code, stdout, stderr = run("simulate", self.file("f.yaml", FLOW), "--scenario", scenario)
        self.assertEqual((code, stderr), (1, ""))
        self.assertIn("promotion failed: degraded\n", stdout)
        self.assertIn("release Failed after 0s of virtual time: degraded\n", stdout)

    def test_settings_replace_what_the_scenario_says(self):
        scenario = self.file("s.yaml", "release: {id: r-1, version: 1.0.0}\n")
        _, stdout, _ = run("simulate", self.file("f.yaml", FLOW), "--scenario", scenario,
                           "--set", "release.id=r-2", "--set", "release.commitSha=3f2=a",
                           "--format", "jsonl")
        arguments = next(json.loads(line)["arguments"] for line in stdout.splitlines()
                         if '"event":"hook"' in line)
        self.assertEqual((arguments["RELEASE_ID"], arguments["VERSION"], arguments["COMMIT_SHA"]),
                         ("r-2", "1.0.0", "3f2=a"))

    def statuses(self, *arguments):
        """The last status of each environment."""
        code, stdout, stderr = run("simulate", *arguments, "--format", "jsonl")
        self.assertEqual((code, stderr), (0, ""))
        lines = [json.loads(line) for line in stdout.splitlines()]
        return {line["environment"]: line["status"] for line in lines
                if line["event"] == "environment"}

    def test_skip_until_and_only_leave_environments_out(self):
        flow = self.file("f.yaml", REGIONS)
        done, skipped = "Successful", "Skipped"
        for arguments, wanted in (
                (("--skip", "staging,eu"), (done, skipped, skipped, done)),
                (("--skip", "staging", "--skip", "eu"), (done, skipped, skipped, done)),
                (("--until", "staging"), (done, done, skipped, skipped)),
                (("--until", "eu,us"), (done, done, done, done)),
                (("--only", "us"), (skipped, skipped, skipped, done))):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.statuses(flow, *arguments),
                                 dict(zip(("dev", "staging", "eu", "us"), wanted)))

    def test_the_command_line_replaces_what_the_scenario_skips_and_keeps_its_actions(self):
        flow = self.file("f.yaml", REGIONS)
        scenario = self.file("s.yaml", "skip: [staging, us]\n"
                             "outcomes: [{environment: staging, attempt: 1, fail: once}]\n"
                             "actions: [{at: 1m, retry: true, by: ann}]\n")
        self.assertEqual(self.statuses(flow, "--scenario", scenario)["us"], "Skipped")
        statuses = self.statuses(flow, "--scenario", scenario, "--until", "staging")
        self.assertEqual(statuses, {"dev": "Successful", "staging": "Successful",
                                    "eu": "Skipped", "us": "Skipped"})

    def test_a_scenario_that_skips_what_the_flow_does_not_have_is_wrong(self):
        flow = self.file("f.yaml", FLOW)
        scenario = self.file("s.yaml", "only: [stagin]\n")
        code, stdout, stderr = run("simulate", flow, "--scenario", scenario)
        self.assertEqual((code, stdout), (1, ""))
        self.assertIn("stagin", stderr)

    def test_diagnostics_leave_standard_output_clean(self):
        broken = self.file("f.yaml", BROKEN)
        code, stdout, stderr = run("simulate", broken)
        self.assertEqual((code, stdout), (1, ""))
        self.assertIn("did you mean 'onFail'?", stderr)
        scenario = self.file("s.yaml", "outcome: []\n")
        code, stdout, stderr = run("simulate", self.file("g.yaml", FLOW), "--scenario", scenario)
        self.assertEqual((code, stdout), (1, ""))
        self.assertIn("s.yaml:1:1: error: ", stderr)
        warned = self.file("w.yaml", WARNED)
        code, stdout, stderr = run("simulate", warned, "--format", "jsonl")
        self.assertEqual(code, 0)
        self.assertIn("warning: ", stderr)
        for line in stdout.splitlines():
            json.loads(line)

    def test_the_worked_traces_come_out_to_the_byte(self):
        flows = sorted(glob.glob(os.path.join(CORPUS, "traces", "*.flow.yaml")))
        self.assertGreaterEqual(len(flows), 22)
        for flow in flows:
            base = flow[:-len(".flow.yaml")]
            with self.subTest(trace=os.path.basename(base)):
                with open(base + ".trace.jsonl", encoding="utf-8") as file:
                    expected = file.read()
                code, stdout, _ = run("simulate", flow, "--scenario", base + ".scenario.yaml",
                                      "--format", "jsonl")
                if os.path.basename(base).startswith("10-"):  # The reason is left empty there.
                    why = r"(exported an invalid promotion context: )[^\"\\]*"
                    stdout, expected = re.sub(why, r"\1", stdout), re.sub(why, r"\1", expected)
                self.assertEqual(stdout, expected)
                statuses = re.findall(r'"event":"release","status":"(\w+)"', expected)
                self.assertEqual(code, 0 if statuses[-1] == "Succeeded" else 1)

    def test_the_demonstration_shows_failure_ticket_retry_and_success(self):
        code, stdout, stderr = run("simulate", DEMO, "--scenario", DEMO_SCENARIO)
        self.assertEqual((code, stderr), (0, ""))
        found = [stdout.index(part) for part in (
            "promotion failed after 5m: ", "exported JIRA_ISSUE_URL=", "onFail hook slack-fail",
            "JIRA_ISSUE_URL=https://jira.example/browse/ABC-123\n", "the operator retries",
            "promotion (attempt 2)", "waits for a person", "release Succeeded after ")]
        self.assertEqual(found[:3] + found[4:], sorted(found[:3] + found[4:]))
        self.assertEqual(run("validate", "--strict", DEMO)[0], 0)


class Graph(WithFiles):
    def test_text_is_a_drawing_and_ascii_is_ascii(self):
        _, stdout, _ = run("graph", DEMO)
        self.assertIn("\u251c\u2500\u256e", stdout)
        _, stdout, _ = run("graph", DEMO, "--ascii")
        self.assertTrue(stdout.isascii())
        self.assertIn("+-.", stdout)

    def evil(self):
        return self.file("evil.yaml", FLOW.replace(
            "announce", "\"q\\\"uo<te>&'#x\\\\ ](n){d}|%%;`\\u00e9\""))

    def test_svg_is_well_formed_whatever_names_say(self):
        for flow in (DEMO, self.evil()):
            code, stdout, stderr = run("graph", flow, "--format", "svg")
            self.assertEqual((code, stderr), (0, ""))
            root = xml.etree.ElementTree.fromstring(stdout)
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertIsNotNone(root.find("{http://www.w3.org/2000/svg}title"))
            self.assertIsNotNone(root.find("{http://www.w3.org/2000/svg}desc"))
        self.assertIn("q\"uo<te>&'#x\\ ](n){d}|%%;`\u00e9", "".join(root.itertext()))

    @unittest.skipUnless(shutil.which("dot"), "graphviz is not installed")
    def test_graphviz_takes_the_dot_and_shows_names_as_they_are(self):
        for flow in (DEMO, self.evil()):
            _, stdout, _ = run("graph", flow, "--format", "dot")
            done = subprocess.run(["dot", "-Tsvg"], input=stdout.encode("utf-8"), timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            root = xml.etree.ElementTree.fromstring(done.stdout)
        self.assertIn("q\"uo<te>&'#x\\ ](n){d}|%%;`\u00e9", "".join(root.itertext()))

    def test_mermaid_has_a_node_an_environment_and_an_arrow_a_dependency(self):
        _, stdout, _ = run("graph", DEMO, "--format", "mermaid")
        self.assertTrue(stdout.startswith("flowchart LR\n"))
        self.assertEqual(len(re.findall(r"^  n\d+[\[(]", stdout, re.M)), 5)
        self.assertEqual(len(re.findall(r"^  n\d+ --> n\d+$", stdout, re.M)), 5)


class Schema(WithFiles):
    def check(self, schema, paths):
        try:
            import jsonschema  # pylint: disable=import-outside-toplevel
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("python3-jsonschema or python3-yaml is not installed")

        class Loader(yaml.SafeLoader):  # Versions and the like stay texts: JSON has no dates.
            pass
        Loader.yaml_implicit_resolvers = {
            key: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
            for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()}
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        seen = 0
        for path in paths:
            with open(path, encoding="utf-8") as file:
                for document in yaml.load_all(file, Loader):
                    if "scenario" in path or document.get("kind") == "PromotionFlow":
                        with self.subTest(path=path):
                            validator(schema).validate(document)
                        seen += 1
        return seen

    def test_the_manifest_schema_takes_every_flow_that_we_have(self):
        code, stdout, stderr = run("schema")
        self.assertEqual((code, stderr), (0, ""))
        self.assertEqual(stdout, run("schema", "manifest")[1])
        paths = (glob.glob(os.path.join(CORPUS, "flows", "*.yaml")) +
                 glob.glob(os.path.join(CORPUS, "traces", "*.flow.yaml")) +
                 glob.glob(os.path.join(SOURCE, "examples", "**", "*flow*.yaml"), recursive=True))
        self.assertGreater(self.check(json.loads(stdout), sorted(paths)), 0)

    def test_the_scenario_schema_takes_every_scenario_that_we_have(self):
        code, stdout, _ = run("schema", "scenario")
        self.assertEqual(code, 0)
        paths = (glob.glob(os.path.join(CORPUS, "traces", "*.scenario.yaml")) +
                 glob.glob(os.path.join(SOURCE, "examples", "**", "*scenario*.yaml"),
                           recursive=True))
        self.assertGreater(self.check(json.loads(stdout), sorted(paths)), 0)

    def test_the_manifest_schema_refuses_what_validate_refuses(self):
        try:
            import jsonschema  # pylint: disable=import-outside-toplevel
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("python3-jsonschema or python3-yaml is not installed")
        schema = json.loads(run("schema")[1])
        for text in (FLOW.replace("onFail", "onFailure"), FLOW.replace("steps:", "stpes:"),
                     FLOW.replace("dependsOn: [dev]", "dependsOn: []")):
            self.assertEqual(run("validate", "-", stdin=text)[0], 1)
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(yaml.safe_load(text), schema)


if __name__ == "__main__":
    unittest.main()
