# SPDX-License-Identifier: Apache-2.0
"""Commands that read a store: [D2] the whole record, [D5] and [D7] what is wrong with a file,
[D9] retention, and exactly the outputs that scripts rely on."""

import json
import os
import re
import shutil
import subprocess
import unittest

from run_support import PROGRAM, wait_for
from store_support import StoreCase

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Reading(StoreCase):
    def ended(self, *options):
        flow = self.gated_flow()
        self.touch("gate")
        code, out, err = self.run_it(flow, "--set", "release.product=billing",
                                     "--set", "release.version=1.4", *options)
        self.assertEqual(code, 0, err)
        return out

    def test_run_prints_the_release_first(self):
        self.assertEqual(self.ended().splitlines()[0], "release r-1 of tested")
        self.store = self.path("other.db")
        first = json.loads(self.ended("--format", "jsonl").splitlines()[0])
        self.assertEqual(list(first), ["event", "release", "flow", "at"])
        self.assertEqual((first["event"], first["release"], first["flow"]),
                         ("started", "r-1", "tested"))
        self.assertRegex(first["at"], r"\A" + TIME + r"\Z")

    def test_export_is_what_run_printed_to_the_byte(self):  # [D2]
        printed = self.ended("--format", "jsonl")
        self.assertEqual(self.call("export", "r-1"), (0, printed, ""))
        self.assertEqual(self.call("export", "r-1", "--format", "jsonl")[1], printed)

    def test_list_prints_one_object_a_line(self):
        self.ended()
        code, out, err = self.call("list", "--format", "json")
        self.assertEqual((code, err), (0, ""))
        (release,) = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(list(release), ["id", "flow", "status", "phase", "product", "version",
                                         "createdAt", "updatedAt", "owner"])
        for key in ("createdAt", "updatedAt"):
            self.assertRegex(release.pop(key), r"\A" + TIME + r"\Z")
        self.assertEqual(release, {"id": "r-1", "flow": "tested", "status": "Succeeded",
                                   "phase": "Succeeded", "product": "billing", "version": "1.4",
                                   "owner": None})

    def test_list_chooses_and_shows_the_newest_first(self):
        flow = self.gated_flow()
        self.touch("gate")
        for release, product in (("r-1", "billing"), ("r-2", "search"), ("r-3", "billing")):
            done = self.run_it(flow, "--set", "release.id=" + release,
                               "--set", "release.product=" + product)
            self.assertEqual(done[0], 0, done[2])

        def listed(*options):
            code, out, err = self.call("list", "--format", "json", *options)
            self.assertEqual((code, err), (0, ""))
            return [json.loads(line)["id"] for line in out.splitlines()]
        self.assertEqual(listed(), ["r-3", "r-2", "r-1"])
        self.assertEqual(listed("--product", "billing"), ["r-3", "r-1"])
        self.assertEqual(listed("--limit", "2"), ["r-3", "r-2"])
        self.assertEqual(listed("--status", "Succeeded"), ["r-3", "r-2", "r-1"])
        self.assertEqual(listed("--status", "Failed"), [])
        self.assertEqual(listed("--since", "1h"), ["r-3", "r-2", "r-1"])
        self.assertEqual(listed("--since", "2099-01-01"), [])
        text = self.call("list")[1].splitlines()
        self.assertEqual(text[0].split(), ["ID", "STATUS", "PHASE", "FLOW", "PRODUCT", "VERSION",
                                           "UPDATED", "DRIVEN", "BY"])
        self.assertEqual([line.split()[0] for line in text[1:]], ["r-3", "r-2", "r-1"])

    def test_show_tells_all_that_is_known_as_one_object(self):
        self.ended()
        shown = self.show()
        self.assertEqual(list(shown)[:9], ["id", "flow", "status", "phase", "product", "version",
                                           "createdAt", "updatedAt", "owner"])
        self.assertEqual([e["name"] for e in shown["environments"]], ["dev", "a", "b"])
        for environment in shown["environments"]:
            self.assertEqual(list(environment), ["name", "status", "phase", "message", "waitsFor"])
            self.assertEqual((environment["status"], environment["waitsFor"]), ("Successful", []))
        before, promotion = shown["commands"][:2]
        log = os.path.join(self.store + ".runs", "r-1", "1.log")
        self.assertEqual(before, {"ticket": 1, "hook": "before", "environment": "a",
                                  "point": "environment.onStart", "attempt": 1,
                                  "state": "succeeded", "message": "", "log": log})
        self.assertEqual(list(promotion), ["ticket", "environment", "attempt", "state", "message",
                                           "log"])
        self.assertEqual(shown["context"], {"TICKET": "ABC-1"})
        self.assertEqual(shown["contextWriters"], {"TICKET": 1})
        self.assertEqual(shown["conflicts"], [])
        with open(promotion["log"], encoding="utf-8") as file:
            self.assertEqual(file.read(), "out-1\nout-2\n")

    def test_show_tells_it_to_people(self):
        self.ended()
        code, out, err = self.call("show", "r-1")
        self.assertEqual((code, err), (0, ""))
        for line in ("release r-1 of tested: Succeeded", "  product billing, version 1.4",
                     "Environments", "Timeline", "Commands", "Promotion context"):
            self.assertIn(line, out.splitlines())
        self.assertRegex(out, r"  store %s, SQLite \d" % re.escape(self.store))
        self.assertRegex(out, r"\n  TICKET +\"ABC-1\" +by a onStart hook before, ticket 1\n")
        self.assertRegex(out, r"\n  \+\S+ +a +promotion succeeded after ")

    def test_a_failure_is_shown_with_its_message_and_its_log(self):
        flow = self.approved_flow("echo 'no room' >&2; exit 3")
        code, _, _ = self.run_it(flow)
        self.assertEqual(code, 1)
        shown = self.show()
        self.assertEqual(shown["status"], "Failed")
        a = [e for e in shown["environments"] if e["name"] == "a"][0]
        self.assertEqual((a["status"], a["message"]), ("Failed", "no room"))
        self.assertEqual(shown["commands"][0]["state"], "failed")
        self.assertEqual(shown["commands"][0]["message"], "no room")
        out = self.call("show", "r-1")[1]
        self.assertRegex(out, r"promotion failed after \S+ \(log: \S+/1\.log\): no room")

    def test_what_waits_for_another_attempt_is_waiting(self):
        self.script("promotions/default", "exit 1")
        process = self.start(self.flow(
            "  steps:\n    - {environment: a, dependsOn: [dev], "
            "retry: {limit: 3, backoff: {duration: 1h}}}\n"))

        def waits():
            code, out, _ = self.call("show", "r-1", "--format", "json")
            return code == 0 and [c["state"] for c in json.loads(out)["commands"]] == ["waiting"]
        wait_for(waits, "a command that waits for its next attempt")
        self.assertEqual(self.call("terminate", "r-1", "--force")[0], 0)
        self.finish(process)

    def test_logs_are_those_of_all_or_of_one(self):
        self.ended()
        code, out, err = self.call("logs", "r-1")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("==> a promotion, ticket 2 <==\nout-1\nout-2\n", out)
        self.assertIn("==> b promotion, ticket 4 <==\nout-1\nout-2\n", out)
        self.assertEqual(self.call("logs", "r-1", "2")[1],
                         "==> a promotion, ticket 2 <==\nout-1\nout-2\n")
        self.assertEqual(self.call("logs", "r-1", "b")[1],
                         "==> b promotion, ticket 4 <==\nout-1\nout-2\n")
        code, out, err = self.call("logs", "r-1", "no-hook")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("has no command 'no-hook'", err)

    def test_replay_gives_the_same_trace_of_a_store_and_of_a_file(self):  # [D2]
        self.ended()
        self.assertEqual(self.call("replay", "r-1"),
                         (0, "r-1: the same trace, to the byte\n", ""))
        code, out, _ = self.call("export", "r-1", "--format", "json")
        self.assertEqual(code, 0)
        document = json.loads(out)
        file = self.path("r-1.json")
        for name, trace in ((file, None), (file, '"attempt":2')):
            if trace:
                document["events"][0]["trace"] = document["events"][0]["trace"].replace(
                    '"attempt":1', trace)
            with open(name, "w", encoding="utf-8") as target:
                json.dump(document, target)
            code, out, err = self.call("replay", file)
            if not trace:
                self.assertEqual((code, out), (0, file + ": the same trace, to the byte\n"), err)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"event 1: .*\n  stored:   .*\"attempt\":2.*\n"
                              r"  replayed: .*\"attempt\":1")

    def test_verify_names_the_first_event_that_does_not_fit(self):  # [D5]
        self.ended()
        events = len([line for line in self.lines() if "t" in line])
        self.assertGreater(events, 3)
        code, out, _ = self.call("verify")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"\Ar-1: ok \(\d+ events\)\n\Z")
        self.change("UPDATE event SET event = replace(event, 'ABC-1', 'ABC-2') WHERE sequence = 1")
        code, out, _ = self.call("verify", "r-1")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"\Ar-1: event 1: ")

    def test_prune_removes_what_has_ended_with_its_logs(self):  # [D9]
        self.ended()
        logs = self.store + ".runs/r-1"
        self.assertTrue(os.listdir(logs))
        self.assertEqual(self.call("prune", "--older-than", "1h")[1], "")
        self.assertEqual(self.call("prune", "--older-than", "0s", "--dry-run")[1], "r-1\n")
        self.assertTrue(os.listdir(logs))
        self.assertEqual(self.call("prune", "--older-than", "0s")[:2], (0, "r-1\n"))
        self.assertFalse(os.path.exists(logs))
        self.assertEqual(self.call("list", "--format", "json")[1], "")

    def test_the_page_needs_nothing_else(self):
        flow = self.approved_flow("echo '<script>alert(1)</script> & more' >&2; exit 3")
        self.assertEqual(self.run_it(flow)[0], 1)
        code, out, err = self.call("export", "r-1", "--format", "html")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith("<!doctype html>") and out.endswith("</html>\n"))
        self.assertIn("<svg", out)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more", out)
        self.assertNotIn("<script", out)
        self.assertNotRegex(out, r"(?:src|href)=|url\((?!#)|@import")


class Problems(StoreCase):
    """[D7] A file that cannot be read is named, and left as it is."""

    def refused(self, *call, code=2):
        status, out, err = self.call(*call)
        self.assertEqual((status, out), (code, ""), err)
        self.assertEqual(err.count("\n"), 1, err)
        return err

    def test_there_is_no_store(self):
        for call in (("list",), ("show", "r-1"), ("logs", "r-1"), ("verify",), ("terminate", "r-1"),
                     ("export", "r-1"), ("replay", "r-1"), ("prune", "--older-than", "1d")):
            self.assertIn("there is no store " + self.store, self.refused(*call))
        self.assertEqual(os.listdir(self.root), ["hooks"])

    def test_the_default_store_is_where_state_belongs(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.run_it(flow)
        self.store = self.path("state", "promoflow", "promoflow.db")
        done = subprocess.run([PROGRAM, "run", flow, "--hooks", self.hooks], env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.exists(self.store))
        self.assertEqual(os.stat(os.path.dirname(self.store)).st_mode & 0o777, 0o700)
        listed = subprocess.run([PROGRAM, "list", "--format", "json"], env=self.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
                                timeout=60)
        self.assertEqual(json.loads(listed.stdout)["flow"], "tested")

    def test_a_foreign_file(self):
        for content in (b"hello, I am a text of more than a few bytes\n" * 50, b""):
            with open(self.store, "wb") as file:
                file.write(content)
            for call in (("list",), ("show", "r-1")):
                self.assertIn("no promoflow store", self.refused(*call))
            with open(self.store, "rb") as file:
                self.assertEqual(file.read(), content)

    def test_a_damaged_page(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        with open(self.store, "r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * 4096)
        before = shutil.copy(self.store, self.path("copy"))
        err = self.refused("verify", code=1)
        self.assertIn("restore a backup", err)
        self.assertIn("the file was left as it is", err)
        code, _, err = self.run_it(flow, "--set", "release.id=r-2")
        self.assertEqual(code, 2, err)
        with open(before, "rb") as old, open(self.store, "rb") as new:
            self.assertEqual(old.read(), new.read())

    def test_a_newer_schema(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        self.change("PRAGMA user_version = 99")
        before = shutil.copy(self.store, self.path("copy"))
        self.assertIn("upgrade promoflow", self.refused("list"))
        code, _, err = self.run_it(flow, "--set", "release.id=r-2")
        self.assertEqual(code, 2)
        self.assertIn("upgrade promoflow", err)
        with open(before, "rb") as old, open(self.store, "rb") as new:
            self.assertEqual(old.read(), new.read())

    def test_a_release_that_is_not_there(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        for call in (("show", "r-11"), ("logs", "r-11"), ("export", "r-11"), ("verify", "r-11"),
                     ("terminate", "r-11"), ("retry", "r-11"), ("approve", "r-11", "1")):
            err = self.refused(*call)
            self.assertIn("there is no release 'r-11' - did you mean 'r-1'?", err)

    def test_an_id_is_taken(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        code, out, err = self.run_it(flow)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("the store has a release 'r-1' already", err)

    def test_an_id_that_is_not_utf_8(self):
        flow = self.gated_flow()
        self.touch("gate")
        code, out, err = self.run_it(flow, "--set", b"release.id=caf\xe9")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("--set release.id=caf<0xE9>: it is not UTF-8; give the release an id such "
                      "as r-42", err)
        self.assertFalse(os.path.exists(self.store))

    def test_other_texts_that_are_not_utf_8_are_kept_as_such(self):
        flow = self.gated_flow()
        self.touch("gate")
        code, _, err = self.run_it(flow, "--set", b"release.version=a\xff",
                                   "--set", b"release.product=b\xff")
        self.assertEqual(code, 0, err)
        self.assertEqual(self.show()["version"], "a\ufffd")
        for call in (("list", "--format", "json"), ("export", "r-1", "--format", "json")):
            code, out, err = self.call(*call)
            self.assertEqual(code, 0, err)
            json.loads(out)
        self.assertEqual(self.call("verify")[0], 0)

    def test_calls_that_mean_nothing(self):
        flow = self.gated_flow()
        self.touch("gate")
        self.assertEqual(self.run_it(flow)[0], 0)
        for call, problem in ((("list", "--since", "yesterday"), "--since yesterday"),
                              (("list", "--status", "Succeded"), "did you mean 'Succeeded'?"),
                              (("list", "--limit", "0"), "--limit 0"),
                              (("prune", "--older-than", "soon"), "--older-than soon"),
                              (("approve", "r-1", "x"), "'x' is no ticket"),
                              (("answer", "r-1", "1"), "say one of --succeeded"),
                              (("resume",), "name the releases, or say --all")):
            self.assertIn(problem, self.refused(*call))


if __name__ == "__main__":
    unittest.main()
