# SPDX-License-Identifier: Apache-2.0
"""`promoflow replay FILE`: [D2] a record is taken only if it is whole, [D5] and as it was written;
what is no record is named for what it is."""

import copy
import json
import unittest

from run_support import wait_for
from store_support import StoreCase


class Replay(StoreCase):
    def setUp(self):
        super().setUp()
        self.file = self.path("record.json")

    def exported(self, *format_):
        code, out, err = self.call("export", "r-1", *(format_ or ("--format", "json")))
        self.assertEqual(code, 0, err)
        return out

    def ended(self):
        flow = self.gated_flow()
        self.touch("gate")
        code, _, err = self.run_it(flow)
        self.assertEqual(code, 0, err)

    def replayed(self, record):
        """The exit status and all that was printed of a record."""
        data = record if isinstance(record, (str, bytes)) else json.dumps(record)
        with open(self.file, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        code, out, err = self.call("replay", self.file)
        return code, out + err

    def refuse(self, record, code, *parts):
        status, said = self.replayed(record)
        self.assertEqual(status, code, said)
        for part in parts:
            self.assertIn(part, said)
        self.assertIn("promoflow export ", said)  # What to do.
        self.assertEqual(said.count("\n"), 1, said)

    def changed(self, change):
        record = copy.deepcopy(self.record)
        change(record)
        return record

    def test_a_record_that_is_not_whole_is_refused(self):
        self.ended()
        self.record = json.loads(self.exported())
        self.assertEqual(self.replayed(self.record),
                         (0, self.file + ": the same trace, to the byte\n"))
        count = len(self.record["events"])
        self.assertGreater(count, 3)
        for key, value, said in (("events", None, "'events' is null, not a list"),
                                 ("events", {}, "'events' is an object, not a list"),
                                 ("events", [], "it has 0 events, but says that its last one is "
                                                "event %d" % count),
                                 ("events", [1], "'events[0]' is a number, not an object"),
                                 ("start", [], "'start' is a list, not an object"),
                                 ("status", "Done", "'status' is 'Done', which is no status"),
                                 ("manifest", None, "'manifest' is null, not a text")):
            self.refuse({**self.record, key: value}, 2, said)
        self.refuse(self.changed(lambda r: r["events"].pop()), 2, "it has %d events" % (count - 1))
        self.refuse(self.changed(lambda r: r["events"].pop(1)), 2, "event 2 is missing")
        self.refuse(self.changed(lambda r: r["events"][2].pop("hash")), 2,
                    "'events[2].hash' is missing")
        self.refuse(self.changed(lambda r: r["start"].update(selection=None)), 2,
                    "'start.selection' is null, not an object")
        self.refuse(self.changed(lambda r: r.pop("status")), 2, "'status' is missing")

    def test_a_record_that_was_changed_is_refused(self):
        self.ended()
        self.record = json.loads(self.exported())
        for change, said in (
                (lambda r: r["events"][1].update(hash="0" * 64), "event 2: its hash does not fit"),
                (lambda r: r["events"][1].update(at=-1), "event 2: its hash does not fit"),
                (lambda r: r["start"].update(at=-1), "event 1: its hash does not fit"),
                (lambda r: r.update(fingerprint="0"), "the start: its fingerprint is '0', but"),
                (lambda r: r.update(manifest="kind: Pod"), "the start: its manifest cannot"),
                (lambda r: r.update(head="0" * 64), "the release says that its last event is"),
                (lambda r: r.update(status="Failed"),
                 "the replayed release is Succeeded there, but the record says that it is Failed")):
            self.refuse(self.changed(change), 1, said)

    def test_an_older_record_does_not_say_where_it_ends_but_its_status_does(self):
        self.ended()
        self.record = json.loads(self.exported())
        for key in ("sequence", "head"):
            del self.record[key]
        self.assertEqual(self.replayed(self.record)[0], 0)
        self.refuse(self.changed(lambda r: r.update(events=[])), 1,
                    "the start: the replayed release is Running there, but the record says that "
                    "it is Succeeded")
        self.refuse(self.changed(lambda r: r["events"].pop()), 1, "is Running there")

    def test_a_record_of_a_release_that_runs_is_replayed_as_far_as_it_goes(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        wait_for(lambda: "running" in self.call("show", "r-1")[1], "a promotion that runs")
        self.record = json.loads(self.exported())
        self.touch("gate")
        self.assertEqual(self.finish(process)[0], 0)
        self.assertEqual((self.record["status"], self.replayed(self.record)[0]), ("Running", 0))
        self.refuse(self.changed(lambda r: r["events"].pop()), 2, "says that its last one is")
        self.refuse(self.changed(lambda r: r.update(status="Suspended")), 1,
                    "is Running there, but the record says that it is Suspended")

    def test_a_release_in_a_store_ends_as_its_row_says(self):
        self.ended()
        self.change("UPDATE release SET status = (SELECT status + 1 FROM release)")
        code, out, _ = self.call("replay", "r-1")
        self.assertEqual(code, 1, out)
        self.assertIn("the replayed release is Succeeded there", out)
        self.assertIn("'promoflow verify r-1 --store %s' says" % self.store, out)

    def test_what_is_no_record_is_named_for_what_it_is(self):
        self.ended()
        whole = self.exported()
        lines = self.exported("--format", "jsonl")
        for data, said in (
                ("", "it is empty"),
                ("[1]", "not a JSON object but an array; it begins '[1]'"),
                ("{}", "'promoflowExport' is missing"),
                ('{"promoflowExport":2}', "its 'promoflowExport' is not 1"),
                ('{"promoflowExport":1}', "'start' is missing"),
                ("\ufeff" + whole.strip()[:-1], "the text ends too early: the '{' of line 1, "),
                (whole[:99], "not valid JSON (line 1, column "),
                (whole.encode("utf-16"), "UTF-16, not UTF-8: in PowerShell"),
                (whole + whole, "a second JSON text begins here"),
                ("<html><body>502</body></html>", "an HTML page, such as a server answers with"),
                (self.exported("--format", "html"), "as 'promoflow export --format html' writes"),
                (lines, "a trace, as 'promoflow export --format jsonl' writes it"),
                (lines.splitlines()[0], "a trace, as 'promoflow export --format jsonl' writes it")):
            self.refuse(data, 2, "record.json: this is no document of 'promoflow export --format "
                                 "json': ", said)


if __name__ == "__main__":
    unittest.main()
