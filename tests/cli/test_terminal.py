# SPDX-License-Identifier: Apache-2.0
"""[H12] No text from outside controls a terminal: every code point, and bytes that are no UTF-8,
through what every command prints for people. Machine formats keep the text.

Which characters must not be printed is asked of Python's own Unicode data, not of the program."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest

PROGRAM = os.environ.get("PROMOFLOW_PROGRAM", "promoflow")
PATIENCE_S = 120
ALL = bool(os.environ.get("PROMOFLOW_EVERY_CODE_POINT"))  # Through real programs, too: a minute.

# Default_Ignorable_Code_Point of Unicode that is in none of the categories below.
IGNORABLE = ((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
             (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
             (0xE0000, 0xE0FFF))


def is_unprintable(code):
    return (unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            or any(first <= code <= last for first, last in IGNORABLE)
            or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE)


EVERY = [code for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
UNPRINTABLE = {code for code in EVERY if is_unprintable(code)}
NEVER = {chr(code) for code in UNPRINTABLE | {0}} - {"\n"}
# Each that must not be printed with its neighbours, and some of all others.
TELLING = sorted(UNPRINTABLE | {code + step for code in UNPRINTABLE for step in (-1, 1)
                                if code + step in range(1, 0x110000)
                                and not 0xD800 <= code + step <= 0xDFFF} | set(EVERY[::997]))
INVALID = [bytes([byte]) for byte in range(0x80, 0x100)] + [
    b"\xc0\x9b", b"\xc1\xbf", b"\xe0\x80\x9b", b"\xf0\x80\x80\x9b",  # Overlong.
    b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xbf\xbf",  # Surrogates.
    b"\xe2\x80", b"\xf0\x9f", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",  # Cut, or too large.
    b"\xc2\x1b[31m", b"\xe2\x80\x0a", b"\xe2\x1b]0;x\x07"]
SEQUENCES = [b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"\x1b]8;;http://x\x1b\\link", b"\x9b31m",
             b"\xc2\x9b31m", b"a\rb", b"a\x08b", b"\x1bc", b"\xe2\x80\xaeevil", b"x\xe2\x80\x8by"]


def chunks(codes, bytes_max):
    """Texts of consecutive characters, each of at most so many bytes."""
    chunk, size, found = [], 0, []
    for code in codes:
        encoded = chr(code).encode("utf-8")
        if size + len(encoded) > bytes_max:
            found.append(b"".join(chunk))
            chunk, size = [], 0
        chunk.append(encoded)
        size += len(encoded)
    return found + [b"".join(chunk)]


def run(*arguments, stdin=b"", environment=None):
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    clean.update(environment or {})
    done = subprocess.run([PROGRAM, *arguments], input=stdin, env=clean, timeout=PATIENCE_S,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout, done.stderr


def in_terminal(*arguments):
    """Everything that the program writes to a terminal, as the terminal gets it."""
    parent, child = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    environment["TERM"] = "xterm"
    with subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=child,
                          stderr=child, env=environment) as process:
        os.close(child)
        text = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # The other side is closed.
                break
            if not part:
                break
            text += part
        process.wait(timeout=PATIENCE_S)
    os.close(parent)
    return text.replace(b"\r\n", b"\n")  # The terminal's own line ends.


OWN_COLOURS = re.compile(rb"\x1b\[(?:\d+(?:;\d+)?)?m|\x1b\[\d+A\x1b\[J")


class Terminal(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="promoflow-terminal-")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def path(self, name):
        return os.path.join(os.fsencode(self.root), name if isinstance(name, bytes)
                            else os.fsencode(name))

    def file(self, name, text):
        path = self.path(name)
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    def flow(self, name="flow.json", steps=1, flow_name="tested", **spec):
        """A flow in JSON, so that its names need no quoting."""
        made = {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
                "metadata": {"name": flow_name,
                             "annotations": {"promoflow.dev/extensions": "true"}},
                "spec": {"triggerEnvironment": "dev", "failurePolicy": "continue",
                         "steps": [{"environment": "e%d" % i, "dependsOn": ["dev"]}
                                   for i in range(steps)], **spec}}
        return self.file(name, json.dumps(made))

    def assert_harmless(self, *outputs, context=""):
        for output in outputs:
            try:
                text = output.decode("utf-8")
            except UnicodeDecodeError as error:
                self.fail("%s: not UTF-8: %r" % (context, output[error.start - 40:error.end + 40]))
            for character in set(text) & NEVER:
                at = text.index(character)
                self.fail("%s: U+%04X is printed: %r"
                          % (context, ord(character), text[max(0, at - 60):at + 60]))

    def assert_shown(self, output, codes):
        """Characters that may be printed are, and the others are named."""
        text = output.decode("utf-8")
        shown, named = set(text), set(re.findall("<U\\+([0-9A-F]+)>", text))
        for code in codes:
            is_named, is_shown = "%04X" % code in named, chr(code) in shown
            if unicodedata.category(chr(code)) == "Cn":  # The program may know a newer Unicode.
                self.assertTrue(is_named or is_shown, "U+%04X is not there" % code)
            else:
                self.assertEqual((is_named, is_shown),
                                 (is_unprintable(code), not is_unprintable(code)), "U+%04X" % code)

    # --- calls ---------------------------------------------------------------------------------

    def test_paths_and_options_as_they_were_typed(self):
        flow = self.flow()
        texts = chunks(TELLING, 200) + INVALID + SEQUENCES
        calls = [(b"validate", *[self.path(b"no" + text.replace(b"/", b"")) for text in texts])]
        # One call for many texts where a call reports all; a chunk each in turn elsewhere.
        ways = [lambda text: (b"graph", self.path(b"no" + text.replace(b"/", b""))),
                lambda text: (b"simulate", flow, b"--flow", text),
                lambda text: (b"simulate", flow, b"--scenario", b"no" + text.replace(b"/", b"")),
                lambda text: (b"simulate", flow, b"--set", text),
                lambda text: (b"simulate", flow, b"--set", text + b"=x"),
                lambda text: (b"simulate", flow, b"--until", text),
                lambda text: (b"graph", flow, b"--format", text),
                lambda text: (b"graph", flow, b"--x" + text),
                lambda text: (b"graph", flow, text),
                lambda text: (b"x" + text,),
                lambda text: (b"run", flow, b"--hooks", b"no" + text),
                lambda text: (b"run", flow, b"--commands", b"no" + text.replace(b"/", b"")),
                lambda text: (b"run", flow, b"--hooks", b".", b"--grace", text),
                lambda text: (b"run", flow, b"--hooks", b".", b"--parallel", text)]
        for number, text in enumerate(INVALID[::9] + SEQUENCES + chunks(TELLING, 16000)):
            for way in ways if number < 4 or ALL else (ways[number % len(ways)],):
                calls.append(way(text))
        for call in calls:
            code, out, err = run(*call)
            self.assertEqual((code, out), (2, b""), call[:4])
            self.assert_harmless(err, context=str(call[:3])[:200])
        shown = b"".join(run(*call)[2] for call in calls[:1])
        self.assert_shown(shown.replace(b"\n", b""), [c for c in TELLING if chr(c) != "/"])

    # --- validate ------------------------------------------------------------------------------

    def test_validate_shows_names_of_files_and_excerpts(self):
        with open(self.flow(), "rb") as file:
            good = file.read()
        files = [self.file(b"g" + text.replace(b"/", b""), good)
                 for text in chunks(TELLING, 200) + SEQUENCES + INVALID[::7]]
        for number, text in enumerate(chunks(TELLING, 100) + INVALID + SEQUENCES):
            files.append(self.file("raw-%d.yaml" % number, b"kind: PromotionFlow\nx: [" + text))
            files.append(self.file("rest-%d.yaml" % number, b"kind: PromotionFlow # " + text
                                   + b"\nspec: 1\n"))
        code, out, err = run(b"validate", *files)
        self.assertEqual(code, 1)
        self.assert_harmless(out, err, context="validate")

    def test_validate_names_every_character_of_a_name(self):
        # As many as diagnostics are given for, in each file.
        files, texts = [], chunks(TELLING, 60)
        for first in range(0, len(texts), 40):
            names = [text.decode("utf-8") for text in texts[first:first + 40]]
            files.append(self.flow("names-%d.json" % first,
                                   hooks={"onStart": names, "onFail": [{"name": n} for n in names]},
                                   triggerEnvironment=names[0]))
        code, out, err = run(b"validate", *files)
        self.assertIn(code, (0, 1))
        self.assert_harmless(out, err, context="validate")

    # --- drawings ------------------------------------------------------------------------------

    def test_graph_and_simulate_with_names_of_every_kind(self):
        texts = [text.decode("utf-8") for text in chunks(TELLING, 24)]
        hooks = [{"name": "h%d" % i, "arguments": {"A": text}}
                 for i, text in enumerate(texts)]
        plain = [text for text in chunks([c for c in EVERY[::101] if c not in UNPRINTABLE], 24)]
        flow = self.flow(hooks={"onStart": hooks}, flow_name="tested")
        for format_ in ("text", "mermaid", "dot", "svg"):
            code, out, err = run(b"graph", flow, b"--format", format_.encode())
            self.assert_harmless(out, err, context="graph " + format_)
            self.assertEqual(code, 0, err[-300:])
        code, out, err = run(b"graph", flow, b"--ascii")
        self.assertTrue(out.isascii())
        named = self.flow("named.json", flow_name="n", steps=0)
        with open(named, "rb") as file:
            made = json.load(file)
        made["spec"]["steps"] = [{"environment": "e" + text.decode("utf-8"), "dependsOn": ["dev"]}
                                 for text in plain]
        named = self.file("named.json", json.dumps(made))
        for command in (b"graph", b"simulate", b"validate"):
            _, out, err = run(command, named)
            self.assert_harmless(out, err, context=str(command))

    def test_simulate_prints_every_code_point_of_messages_and_exports(self):
        messages = [text.decode("utf-8") for text in chunks(EVERY, 3900)]
        flow = self.flow(steps=len(messages),
                         hooks={"onSuccess": "s", "onFail": ["s", "t"]})
        outcomes = [{"environment": "e%d" % i, "fail": "[" + text + "]"}
                    for i, text in enumerate(messages)]
        outcomes.append({"hook": "s", "context": {"K": "".join(map(chr, sorted(UNPRINTABLE)[:40])),
                                                  "\x1b[31m\u202e": "\x9b31m"}})
        scenario = self.file("scenario.json", json.dumps(
            {"release": {"id": "r\x1b[31m\u202e", "version": "\x9b1m"}, "outcomes": outcomes}))
        code, out, err = run(b"simulate", flow, b"--scenario", scenario)
        self.assertEqual(code, 1, err[-300:])
        self.assert_harmless(out, err, context="simulate")
        # Line ends break lines, a tab becomes a blank, CRLF is one line end.
        self.assert_shown(out.replace(b"\n", b""), [c for c in EVERY if chr(c) not in "\t\n\r "])
        code, out, err = run(b"simulate", flow, b"--scenario", scenario, b"--format", b"jsonl")
        failed = {}
        for line in out.splitlines():
            record = json.loads(line)
            if record["event"] == "promotion-failed":
                failed[len(failed)] = record["message"]
        self.assertEqual(sorted(failed.values()), sorted("[" + text + "]" for text in messages))

    def test_json_is_harmless_on_a_terminal_and_means_the_same(self):
        text = "".join(map(chr, [c for c in TELLING if c not in (0x2028, 0x2029)]))[:3000]
        text += "\U000e0041\u202e\x9b\x7f\u2028"
        flow = self.flow(hooks={"onFail": "s"})
        scenario = self.file("s.json", json.dumps(
            {"outcomes": [{"environment": "e0", "fail": text[-900:]}]}))
        shown = in_terminal(b"simulate", flow, b"--scenario", scenario, b"--format", b"jsonl")
        self.assert_harmless(shown, context="jsonl on a terminal")
        piped = run(b"simulate", flow, b"--scenario", scenario, b"--format", b"jsonl")[1]
        self.assertEqual([json.loads(line) for line in shown.splitlines()],
                         [json.loads(line) for line in piped.splitlines()])
        broken = self.file(b"b\xe2\x80\xae\x1b[31m\xff.yaml", b"kind: PromotionFlow\nspec: {}\n")
        for format_ in (b"json", b"sarif"):
            shown = in_terminal(b"validate", b"--format", format_, broken)
            self.assert_harmless(shown, context="validate on a terminal")
            piped = run(b"validate", b"--format", format_, broken)[1]
            self.assertEqual([json.loads(line) for line in shown.splitlines()],
                             [json.loads(line) for line in piped.splitlines()])
            if format_ == b"json":
                self.assertIn("b\u202e\x1b[31m\ufffd.yaml",
                              json.loads(piped.splitlines()[0])["file"])

    # --- run -----------------------------------------------------------------------------------

    def has_run(self):
        if run(b"run", b"--help")[0] != 0:
            self.skipTest("built without promoflow::process")

    def program(self, name, text):
        path = self.file(name, text)
        os.chmod(path, 0o755)

    def run_of(self, texts, stream):
        """A run in which each promotion fails with one of the texts."""
        os.makedirs(self.path("hooks/promotions"), exist_ok=True)
        for number, text in enumerate(texts):
            self.file("text-%d" % number, b"[" + text + b"]")
        self.program("hooks/promotions/default",
                     b"#!/bin/sh\ncat '%s/text-'${PROMOFLOW_ENVIRONMENT#e} %s\nexit 1\n"
                     % (os.fsencode(self.root), stream))
        return (b"run", self.flow(steps=len(texts)), b"--hooks", self.path("hooks"),
                b"--work-dir", self.path("work"), b"--store", self.path("run.db"))

    def test_run_prints_what_programs_say_on_either_stream(self):
        self.has_run()
        codes = EVERY if ALL else TELLING
        texts = chunks(codes, 3900) + [b" ".join(INVALID), b" ".join(SEQUENCES)]
        for stream in (b">&2", b""):
            code, out, err = run(*self.run_of(texts, stream))
            self.assertEqual(code, 1, err[-300:])
            self.assert_harmless(out, err, context="run")
            self.assert_shown(out.replace(b"\n", b""),
                              [c for c in codes if chr(c) not in "\t\n\r "])

    def test_what_the_store_says_of_a_run(self):
        self.has_run()
        texts = chunks(TELLING, 3900) + [b" ".join(INVALID), b" ".join(SEQUENCES)]
        identity = b"release.id=\x1b[31mr\xe2\x80\xae1"
        code, _, err = run(*self.run_of(texts, b">&2"), b"--set", identity,
                           b"--set", b"release.product=\x1b]0;x\x07\x9b31m")
        self.assertEqual(code, 1, err)
        release, store = identity.split(b"=", 1)[1], (b"--store", self.path("run.db"))
        for call in ((b"list",), (b"show", release), (b"logs", release), (b"verify",),
                     (b"replay", release), (b"export", release, b"--format", b"html"),
                     (b"terminate", release), (b"prune", b"--older-than", b"0s", b"--dry-run")):
            with self.subTest(call=call[0]):
                if call[0] != b"logs":  # A pipe gets every byte of a log.
                    self.assert_harmless(*run(*call, *store)[1:], context=str(call[0]))
                self.assert_harmless(OWN_COLOURS.sub(b"", in_terminal(*call, *store)),
                                     context=str(call[0]) + " on a terminal")
        for call in ((b"list", b"--format", b"json"), (b"show", release, b"--format", b"json"),
                     (b"export", release), (b"export", release, b"--format", b"json")):
            self.assert_harmless(in_terminal(*call, *store), context=str(call))

    def test_run_on_a_terminal(self):
        self.has_run()
        texts = chunks(TELLING, 3900)[:3] + [b" ".join(INVALID), b" ".join(SEQUENCES)]
        shown = in_terminal(*self.run_of(texts, b">&2"))
        self.assert_harmless(OWN_COLOURS.sub(b"", shown), context="run on a terminal")
        shown = in_terminal(*self.run_of(texts, b">&2"), b"--format", b"jsonl")
        self.assert_harmless(shown, context="run --format jsonl on a terminal")

    def test_run_names_its_logs_so_that_a_shell_finds_them(self):
        self.has_run()
        for name in (b"plain", b"two words", b"it's", b"\x1b[31m", b"\xff\xfe0",
                     b"\xe2\x80\xaeevil", b"dollar$HOME`x`\\"):
            os.makedirs(self.path("hooks/promotions"), exist_ok=True)
            self.program("hooks/promotions/default", b"#!/bin/sh\necho gone wrong >&2\nexit 1\n")
            code, out, err = run(b"run", self.flow(), b"--hooks", self.path("hooks"), b"--work-dir",
                                 self.path(name), b"--store", self.path("run.db"))
            self.assertEqual(code, 1, err)
            self.assert_harmless(out, err, context="run")
            logged = re.search(rb"failed after \S+ \(log: (.*)\): gone wrong\n", out)
            self.assertTrue(logged, out)
            read = subprocess.run(["bash", "-c", b"cat " + logged.group(1)], timeout=PATIENCE_S,
                                  stdout=subprocess.PIPE, check=False).stdout
            self.assertEqual(read, b"gone wrong\n", logged.group(1))


if __name__ == "__main__":
    sys.exit(unittest.main())
